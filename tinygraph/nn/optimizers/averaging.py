"""The moving average of weights, which often generalizes better than the last ones (Polyak 1992)."""

from __future__ import annotations

from collections.abc import Mapping

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.alignment import in_dtype
from tinygraph.nn.checks import whole_number
from tinygraph.nn.ranges import number_in
from tinygraph.ops import Parameter

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

    def updates(
        self, slots: Mapping[Parameter, Parameter], new: Mapping[Parameter, Node], iterations: Node
    ) -> dict[Parameter, Node]:
        """Return the averages of the new values, and these where they become their averages.

        Args:
            slots: the average of each parameter.
            new: the new value of each parameter.
            iterations: how many steps were made before this one.
        """
        momentum = ops.constant(self.momentum, dtype="float64")
        kept, found = ops.where(ops.equal(iterations, 0), 0.0, momentum), {}
        for w, slot in slots.items():
            share = in_dtype(kept, w.dtype)
            found[slot] = share * slot + (1.0 - share) * new[w]
        if self.frequency is not None:
            periods = ops.cast(iterations + 1, dtype="float64") / float(self.frequency)
            due = ops.equal(ops.floor(periods), periods)
            found |= {w: ops.where(due, found[slot], new[w]) for w, slot in slots.items()}
        return found
