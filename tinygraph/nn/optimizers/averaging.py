"""The moving average of weights, which often generalizes better than the last ones (Polyak 1992)."""

from __future__ import annotations

from collections.abc import Mapping

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.alignment import in_dtype
from tinygraph.nn.checks import whole_number
from tinygraph.nn.ranges import number_in

#: the name of the slot that has the average
AVERAGE = "average"


class Averaging:
    """a <- β a + (1 - β) w after each step; the first average is the weight itself.

    Args:
        owner: the optimizer, for messages.
        momentum: β, how much of the old average stays; in [0, 1].
        overwrite_frequency: after how many steps, each time, the weights become their averages; None for
            the end of training only.
    """

    slots: Mapping[str, float] = {AVERAGE: 0.0}

    def __init__(self, owner: object, momentum: float, overwrite_frequency: int | None):
        self.momentum = number_in("[0, 1]", owner, "ema_momentum", momentum)
        self.frequency = (
            None
            if overwrite_frequency is None
            else whole_number(type(owner).__name__, "ema_overwrite_frequency", overwrite_frequency)
        )

    def kept(self, iterations: Node) -> Node:
        """Return β, and 0 before the first step was made."""
        return ops.where(ops.equal(iterations, 0), 0.0, ops.constant(self.momentum, dtype="float64"))

    def average(self, w: Node, old: Node, kept: Node) -> Node:
        """Return β a + (1 - β) w."""
        kept = in_dtype(kept, w.dtype)
        return kept * old + (1.0 - kept) * w

    def due(self, iterations: Node) -> Node | None:
        """Return whether this step is one whose weights become their averages; None if there is none."""
        if self.frequency is None:
            return None
        share = ops.cast(iterations + 1, dtype="float64") / float(self.frequency)
        return ops.equal(ops.floor(share), share)
