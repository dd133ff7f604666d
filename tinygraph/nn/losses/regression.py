"""Losses of numbers: distances between targets y and predictions p, each the mean over the last axis."""

from __future__ import annotations

import math

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.losses.base import EPSILON, Loss
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import register


@register("loss", "mse", "MSE")
class MeanSquaredError(Loss):
    """mean((y - p)²).

    >>> import tinygraph as tg
    >>> from tinygraph.nn.losses import MeanSquaredError
    >>> loss = MeanSquaredError()(tg.constant([[0.0, 1.0]]), tg.constant([[2.0, 1.0]]))
    >>> float(tg.compile(loss)())
    2.0
    """

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return mean((y - p)²) of each row."""
        error = y_true - y_pred
        return ops.mean(error * error, axis=-1)


@register("loss", "mae", "MAE")
class MeanAbsoluteError(Loss):
    """mean(|y - p|)."""

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return mean(|y - p|) of each row."""
        return ops.mean(abs(y_true - y_pred), axis=-1)


@register("loss", "mape", "MAPE")
class MeanAbsolutePercentageError(Loss):
    """100 mean(|y - p| / |y|), where |y| is at least 1e-7."""

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return 100 mean(|y - p| / |y|) of each row."""
        relative = abs((y_true - y_pred) / ops.maximum(abs(y_true), EPSILON))
        return 100.0 * ops.mean(relative, axis=-1)


@register("loss", "msle", "MSLE")
class MeanSquaredLogarithmicError(Loss):
    """mean((ln(1 + y) - ln(1 + p))²), of numbers that are at least 1e-7."""

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return mean((ln(1 + y) - ln(1 + p))²) of each row."""
        error = ops.log1p(ops.maximum(y_pred, EPSILON)) - ops.log1p(ops.maximum(y_true, EPSILON))
        return ops.mean(error * error, axis=-1)


@register("loss")
class Huber(Loss):
    """mean(h(y - p)): h(e) = e²/2 where |e| <= delta, and delta |e| - delta²/2 beyond (Huber 1964).

    Args:
        delta: where the square gives way to the straight line; positive.
        reduction, name: see `Loss`.

    >>> import tinygraph as tg
    >>> from tinygraph.nn.losses import Huber
    >>> loss = Huber(delta=2.0)(tg.constant([[0.0], [0.0]]), tg.constant([[1.0], [5.0]]))
    >>> float(tg.compile(loss)())
    4.25
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ):
        super().__init__(reduction, name)
        self.delta = number_in("(0, inf)", self, "delta", delta)

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return mean(h(y - p)) of each row."""
        error = y_pred - y_true
        distance = abs(error)
        square = 0.5 * (error * error)
        line = self.delta * distance - 0.5 * self.delta**2
        return ops.mean(ops.where(distance <= self.delta, square, line), axis=-1)


@register("loss", "logcosh")
class LogCosh(Loss):
    """mean(ln cosh(p - y)): about e²/2 for small errors e and |e| - ln 2 for large ones."""

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return mean(e + ln(1 + exp(-2 e)) - ln 2) of each row, e = p - y: nothing overflows."""
        error = y_pred - y_true
        return ops.mean(error + ops.softplus(-2.0 * error) - math.log(2.0), axis=-1)


@register("loss")
class CosineSimilarity(Loss):
    """-cos(y, p) = -y·p / (|y| |p|): -1 where the rows point the same way, 1 where they are opposite.

    Args:
        axis: the axis that the vectors lie along.
        reduction, name: see `Loss`.
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ):
        super().__init__(reduction, name)
        self.axis = axis

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return -cos(y, p) of the vectors along the axis."""
        return -ops.sum(unit(y_true, self.axis) * unit(y_pred, self.axis), axis=self.axis)


def unit(x: Node, axis: int) -> Node:
    """x / |x| along an axis; a vector shorter than 1e-7 is divided by 1e-7, so that 0 stays 0."""
    square = ops.sum(x * x, axis=axis, keepdims=True)
    return x / ops.sqrt(ops.maximum(square, EPSILON**2))
