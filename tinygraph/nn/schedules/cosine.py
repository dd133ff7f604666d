"""Schedules that fall along half a cosine (Loshchilov and Hutter, "SGDR", 2017)."""

from __future__ import annotations

import math

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import register
from tinygraph.nn.schedules.base import LearningRateSchedule


@register("schedule")
class CosineDecay(LearningRateSchedule):
    """peak · ((1 - alpha) (1 + cos(pi · step / steps)) / 2 + alpha), perhaps after a straight warm-up.

    Args:
        initial_learning_rate: the learning rate of step 0.
        decay_steps: how many steps the fall takes, without those of the warm-up; positive.
        alpha: the last learning rate as a fraction of the peak.
        name: see `LearningRateSchedule`.
        warmup_target: the peak, which the learning rate first rises to; without it there is no warm-up,
            and the peak is ``initial_learning_rate``.
        warmup_steps: how many steps the rise takes.

    >>> from tinygraph.nn.schedules import CosineDecay
    >>> rate = CosineDecay(0.0, decay_steps=100, warmup_target=0.5, warmup_steps=10)
    >>> [round(rate(step), 3) for step in (0, 5, 10, 60, 110, 999)]
    [0.0, 0.25, 0.5, 0.25, 0.0, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str | None = None,
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ):
        super().__init__(name)
        self.initial_learning_rate = number_in(
            "[0, inf)", self, "initial_learning_rate", initial_learning_rate
        )
        self.decay_steps = number_in("(0, inf)", self, "decay_steps", decay_steps)
        self.alpha = number_in("[0, 1]", self, "alpha", alpha)
        self.warmup_steps = number_in("[0, inf)", self, "warmup_steps", warmup_steps)
        if warmup_target is not None:
            number_in("[0, inf)", self, "warmup_target", warmup_target)
        elif warmup_steps:
            raise ValueError("CosineDecay: warmup_steps needs a warmup_target, the learning rate to rise to.")
        self.warmup_target = warmup_target

    def call(self, step: Node) -> Node:
        """Return the rising line before ``warmup_steps``, the falling cosine after."""
        start, rise = self.initial_learning_rate, self.warmup_steps
        peak = start if self.warmup_target is None else self.warmup_target
        done = ops.minimum(step - rise, self.decay_steps) / self.decay_steps
        fall = peak * ((1.0 - self.alpha) * half_cosine(done) + self.alpha)
        return ops.where(step < rise, start + (peak - start) * (step / rise), fall) if rise else fall


@register("schedule")
class CosineDecayRestarts(LearningRateSchedule):
    """Falls along half a cosine, again and again: period i takes t_mul^i as long and begins at m_mul^i.

    Args:
        initial_learning_rate: the learning rate of step 0.
        first_decay_steps: how many steps the first period takes; positive.
        t_mul: how many times longer each period is than the one before; at least 1.
        m_mul: how many times higher each period begins than the one before.
        alpha: the lowest learning rate as a fraction of the initial one.
        name: see `LearningRateSchedule`.

    >>> from tinygraph.nn.schedules import CosineDecayRestarts
    >>> rate = CosineDecayRestarts(0.5, first_decay_steps=10, t_mul=1.0, m_mul=0.5)
    >>> [round(rate(step), 3) for step in (0, 5, 10, 15)]
    [0.5, 0.25, 0.25, 0.125]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str | None = None,
    ):
        super().__init__(name)
        self.initial_learning_rate = number_in(
            "[0, inf)", self, "initial_learning_rate", initial_learning_rate
        )
        self.first_decay_steps = number_in("(0, inf)", self, "first_decay_steps", first_decay_steps)
        self.t_mul = number_in("[1, inf)", self, "t_mul", t_mul)
        self.m_mul = number_in("[0, inf)", self, "m_mul", m_mul)
        self.alpha = number_in("[0, 1]", self, "alpha", alpha)

    def call(self, step: Node) -> Node:
        """Return the falling cosine of the period that the step is in."""
        period, done = self._position(step / self.first_decay_steps)
        fall = self.m_mul**period * half_cosine(done)
        return self.initial_learning_rate * ((1.0 - self.alpha) * fall + self.alpha)

    def _position(self, elapsed: Node) -> tuple[Node, Node]:
        """Return which period it is, and which part of it is done, after ``elapsed`` first periods.

        With t = t_mul, the periods before period i take 1 + t + ... + t^(i-1) = (1 - t^i) / (1 - t).
        """
        t = float(self.t_mul)
        if t == 1.0:
            period = ops.floor(elapsed)
            return period, elapsed - period
        period = ops.floor(ops.log(1.0 - elapsed * (1.0 - t)) / math.log(t))
        length = t**period
        return period, (elapsed - (1.0 - length) / (1.0 - t)) / length


def half_cosine(done: Node) -> Node:
    """(1 + cos(pi x)) / 2: from 1 at x = 0 down to 0 at x = 1."""
    return 0.5 * (1.0 + ops.cos(math.pi * done))
