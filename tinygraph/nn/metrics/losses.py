"""Losses and functions as metrics: their mean over all samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tinygraph.graph import Node
from tinygraph.nn import losses
from tinygraph.nn.alignment import as_targets
from tinygraph.nn.metrics.base import Array
from tinygraph.nn.metrics.mean import MeanMetric
from tinygraph.nn.registry import register


class LossMetric(MeanMetric):
    """The mean of ``loss`` over all samples."""

    direction: str | None = "min"

    loss: losses.Loss

    def values(self, y_true: Node, y_pred: Node) -> Node:
        """Return the loss of each row."""
        return self.loss.unreduced(y_true, y_pred)


@register("metric")
class MeanMetricWrapper(LossMetric):
    """The mean of a loss, or of what a function of two nodes returns.

    Args:
        fn: a loss, its name or config, or ``fn(y_true, y_pred)`` made of ops, which returns values of shape
            (batch, ...) or one number for the batch.
        name: the loss's or the function's by default.

    >>> import numpy as np
    >>> from tinygraph.nn import metrics
    >>> def error(y_true, y_pred):
    ...     return abs(y_true - y_pred)
    >>> metric = metrics.get(error)
    >>> metric.update_state(np.zeros((2, 1)), np.array([[1.0], [2.0]]))
    >>> metric.name, metric.result()
    ('error', 1.5)
    """

    direction = None  # a function may measure either

    def __init__(self, fn: Any, name: str | None = None):
        self.fn = self.loss = losses.get(fn)
        super().__init__(name or self.loss.name)


@register("metric", "mse", "MSE")
class MeanSquaredError(LossMetric):
    """The mean of (y - p)².

    >>> from tinygraph.nn.metrics import MeanSquaredError
    >>> metric = MeanSquaredError()
    >>> metric.update_state([[0.0], [1.0]], [[2.0], [1.0]])
    >>> metric.result()
    2.0
    """

    loss = losses.MeanSquaredError()


@register("metric", "mae", "MAE")
class MeanAbsoluteError(LossMetric):
    """The mean of |y - p|."""

    loss = losses.MeanAbsoluteError()


@register("metric", "mape", "MAPE")
class MeanAbsolutePercentageError(LossMetric):
    """The mean of 100 |y - p| / |y|."""

    loss = losses.MeanAbsolutePercentageError()


@register("metric", "msle", "MSLE")
class MeanSquaredLogarithmicError(LossMetric):
    """The mean of (ln(1 + y) - ln(1 + p))²."""

    loss = losses.MeanSquaredLogarithmicError()


@register("metric", "logcosh")
class LogCoshError(LossMetric):
    """The mean of ln cosh(p - y)."""

    loss = losses.LogCosh()


@register("metric")
class Hinge(LossMetric):
    """The mean of max(1 - y p, 0)."""

    loss = losses.Hinge()


@register("metric")
class SquaredHinge(LossMetric):
    """The mean of max(1 - y p, 0)²."""

    loss = losses.SquaredHinge()


@register("metric")
class CategoricalHinge(LossMetric):
    """The mean of max(1 + max((1 - y) p) - sum(y p), 0)."""

    loss = losses.CategoricalHinge()


@register("metric", "kld", "KLD")
class KLDivergence(LossMetric):
    """The mean of sum(y ln(y / p))."""

    loss = losses.KLDivergence()


@register("metric")
class Poisson(LossMetric):
    """The mean of p - y ln p."""

    loss = losses.Poisson()


@register("metric", "bce", "BCE")
class BinaryCrossentropy(LossMetric):
    """The mean of -(y ln p + (1 - y) ln(1 - p)); for the arguments see the loss of this name."""

    def __init__(self, name: str | None = None, from_logits: bool = False, label_smoothing: float = 0.0):
        super().__init__(name)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.loss = losses.BinaryCrossentropy(from_logits, label_smoothing)


@register("metric")
class CategoricalCrossentropy(LossMetric):
    """The mean of -sum(y ln p); for the arguments see the loss of this name."""

    def __init__(
        self,
        name: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
    ):
        super().__init__(name)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis
        self.loss = losses.CategoricalCrossentropy(from_logits, label_smoothing, axis)


@register("metric")
class SparseCategoricalCrossentropy(LossMetric):
    """The mean of -ln p[y]; for the argument see the loss of this name."""

    def __init__(self, name: str | None = None, from_logits: bool = False):
        super().__init__(name)
        self.from_logits = from_logits
        self.loss = losses.SparseCategoricalCrossentropy(from_logits)


@register("metric")
class CosineSimilarity(MeanMetric):
    """The mean of cos(y, p): 1 where the rows point the same way. (The loss of this name is negative.)"""

    direction = "max"

    def __init__(self, name: str | None = None, axis: int = -1):
        super().__init__(name)
        self.axis = axis

    def values(self, y_true: Node, y_pred: Node) -> Node:
        """Return cos(y, p)."""
        return -losses.CosineSimilarity(self.axis).unreduced(y_true, y_pred)


@register("metric")
class RootMeanSquaredError(MeanMetric):
    """√ of the mean of (y - p)²: an error in the unit of y.

    >>> from tinygraph.nn.metrics import RootMeanSquaredError
    >>> metric = RootMeanSquaredError()
    >>> metric.update_state([[0.0], [0.0]], [[1.0], [7.0]])
    >>> metric.result()
    5.0
    """

    direction = "min"

    def values(self, y_true: Node, y_pred: Node) -> Node:
        """Return (y - p)²."""
        error = y_pred - as_targets(self, y_true, y_pred)
        return error * error

    def result_of(self, statistics: Sequence[Array]) -> float:
        """Return the root of the mean."""
        return math.sqrt(super().result_of(statistics))
