"""Gradient accumulation: several batches make one step, that of the mean of their gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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

    def updates(
        self,
        gradients: Sequence[Node],
        totals: Sequence[Parameter],
        step: Callable[[Sequence[Node]], Mapping[Parameter, Node]],
    ) -> dict[Parameter, Node]:
        """Return new values: those of a step by the mean gradients, if this batch is the last one before a
        step, and else the old ones; the sums and their count.

        Args:
            gradients: those of this batch.
            totals: the sum of each.
            step: what makes new values of mean gradients.
        """
        full = ops.equal(self.count, self.steps - 1)
        sums = [total + g for g, total in zip(gradients, totals, strict=True)]
        stepped = step([each / float(self.steps) for each in sums])
        new = {leaf: ops.where(full, node, leaf) for leaf, node in stepped.items()}
        new |= {total: ops.where(full, 0.0, each) for total, each in zip(totals, sums, strict=True)}
        return new | {self.count: ops.where(full, 0, self.count + 1)}
