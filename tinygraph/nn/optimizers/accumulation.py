"""Gradient accumulation: several batches make one step, that of the mean of their gradients."""

from __future__ import annotations

from collections.abc import Mapping

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.checks import whole_number
from tinygraph.ops import Parameter

#: the name of the slot that gradients are added up in
TOTAL = "gradient_accumulator"


class Accumulation:
    """Adds up gradients; every ``steps`` batches their mean makes a step, and between them nothing changes.

    Args:
        owner: the optimizer, for messages.
        steps: how many batches make a step, 2 or more.
        count: an int64 parameter, how many gradients are in the sum.
    """

    slots: Mapping[str, float] = {TOTAL: 0.0}

    def __init__(self, owner: object, steps: int, count: Parameter):
        name = type(owner).__name__
        self.steps = whole_number(name, "gradient_accumulation_steps", steps, least=2)
        self.count = count

    def mean(self, g: Node, total: Node) -> Node:
        """Return the mean of the gradients so far and of this one, over as many as make a step."""
        return (total + g) / float(self.steps)

    def full(self) -> Node:
        """Return whether this batch is the last one before a step."""
        return ops.equal(self.count, self.steps - 1)

    def held(self, full: Node, new: Mapping[Parameter, Node]) -> dict[Parameter, Node]:
        """Return new values that are the old ones unless the sum is ``full``."""
        return {leaf: ops.where(full, node, leaf) for leaf, node in new.items()}

    def added(self, full: Node, g: Node, total: Parameter) -> dict[Parameter, Node]:
        """Return the sum with this gradient, or 0 where it was used up."""
        return {total: ops.where(full, 0.0, total + g)}

    def counted(self, full: Node) -> dict[Parameter, Node]:
        """Return how many gradients the sum has then."""
        return {self.count: ops.where(full, 0, self.count + 1)}
