"""Schedules that fall by a power, a polynomial, the inverse of time, or in steps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import register
from tinygraph.nn.schedules.base import LearningRateSchedule


class PeriodicDecay(LearningRateSchedule):
    """The base of decays that go by how many times ``decay_steps`` have passed."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ):
        super().__init__(name)
        self.initial_learning_rate = number_in(
            "[0, inf)", self, "initial_learning_rate", initial_learning_rate
        )
        self.decay_steps = number_in("(0, inf)", self, "decay_steps", decay_steps)
        self.decay_rate = number_in("[0, inf)", self, "decay_rate", decay_rate)
        self.staircase = staircase


@register("schedule")
class ExponentialDecay(PeriodicDecay):
    """initial · rate^(step / steps): the learning rate is multiplied by ``decay_rate`` every ``decay_steps``.

    Args:
        initial_learning_rate: the learning rate of step 0.
        decay_steps: how many steps one factor takes; positive.
        decay_rate: the factor.
        staircase: whether step / steps is rounded down, so that the rate falls at once.
        name: see `LearningRateSchedule`.

    >>> from tinygraph.nn.schedules import ExponentialDecay
    >>> ExponentialDecay(0.5, decay_steps=10, decay_rate=0.25)(5)
    0.25
    """

    def call(self, step: Node) -> Node:
        """Return initial · rate^(step / steps)."""
        periods = elapsed(step, self.decay_steps, self.staircase)
        return self.initial_learning_rate * self.decay_rate**periods


@register("schedule")
class InverseTimeDecay(PeriodicDecay):
    """initial / (1 + rate · step / steps).

    Args:
        initial_learning_rate, decay_steps, staircase, name: see `ExponentialDecay`.
        decay_rate: how much the divisor grows every ``decay_steps``.

    >>> from tinygraph.nn.schedules import InverseTimeDecay
    >>> InverseTimeDecay(0.5, decay_steps=10, decay_rate=2.0)(5)
    0.25
    """

    def call(self, step: Node) -> Node:
        """Return initial / (1 + rate · step / steps)."""
        periods = elapsed(step, self.decay_steps, self.staircase)
        return self.initial_learning_rate / (1.0 + self.decay_rate * periods)


@register("schedule")
class PolynomialDecay(LearningRateSchedule):
    """(initial - end) (1 - step / steps)^power + end, and ``end`` after that.

    Args:
        initial_learning_rate: the learning rate of step 0.
        decay_steps: the step that ``end_learning_rate`` is reached at; positive.
        end_learning_rate: the last learning rate.
        power: 1 is a straight line.
        cycle: whether to begin again instead of staying: the next descents take 2, 3, ... times as long.
        name: see `LearningRateSchedule`.

    >>> from tinygraph.nn.schedules import PolynomialDecay
    >>> PolynomialDecay(0.5, decay_steps=10, end_learning_rate=0.25, power=2.0)(5)
    0.3125
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str | None = None,
    ):
        super().__init__(name)
        self.initial_learning_rate = number_in(
            "[0, inf)", self, "initial_learning_rate", initial_learning_rate
        )
        self.decay_steps = number_in("(0, inf)", self, "decay_steps", decay_steps)
        self.end_learning_rate = number_in("[0, inf)", self, "end_learning_rate", end_learning_rate)
        self.power = number_in("(0, inf)", self, "power", power)
        self.cycle = cycle

    def call(self, step: Node) -> Node:
        """Return (initial - end) (1 - step / steps)^power + end."""
        if self.cycle:
            descents = -ops.floor(-(step / self.decay_steps))  # rounded up
            done = step / (self.decay_steps * ops.maximum(descents, 1.0))
        else:
            done = ops.minimum(step, self.decay_steps) / self.decay_steps
        fall = self.initial_learning_rate - self.end_learning_rate
        return fall * (1.0 - done) ** self.power + self.end_learning_rate


@register("schedule")
class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] up to and with step boundaries[0], then values[1], and so on.

    Args:
        boundaries: the last step of each value but the last, in rising order.
        values: the learning rates, one more than boundaries.
        name: see `LearningRateSchedule`.

    >>> from tinygraph.nn.schedules import PiecewiseConstantDecay
    >>> rate = PiecewiseConstantDecay([3, 5], [0.5, 0.25, 0.125])
    >>> [rate(step) for step in (0, 3, 4, 6)]
    [0.5, 0.5, 0.25, 0.125]
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str | None = None):
        super().__init__(name)
        if len(values) != len(boundaries) + 1:
            raise ValueError(
                f"PiecewiseConstantDecay: expected one value more than the {len(boundaries)} boundaries, "
                f"got {len(values)}."
            )
        if any(low >= high for low, high in pairwise(boundaries)):
            raise ValueError(f"PiecewiseConstantDecay: boundaries must rise, got {list(boundaries)}.")
        self.boundaries = list(boundaries)
        self.values = [number_in("[0, inf)", self, "values", value) for value in values]

    def call(self, step: Node) -> Node:
        """Return the value of the piece that the step is in."""
        first, *later = (ops.constant(value, dtype=step.dtype) for value in self.values)
        rate = first
        for boundary, value in zip(self.boundaries, later, strict=True):
            rate = ops.where(step > float(boundary), value, rate)
        return rate


def elapsed(step: Node, decay_steps: float, staircase: bool) -> Node:
    """step / steps, rounded down for a staircase."""
    periods = step / decay_steps
    return ops.floor(periods) if staircase else periods
