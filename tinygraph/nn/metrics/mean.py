"""Metrics that are the mean of a value for each sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.alignment import as_predictions, as_weights, with_axes_of
from tinygraph.nn.metrics.base import Array, Metric, ratio, wide
from tinygraph.nn.registry import register


class MeanMetric(Metric):
    """sum(w l) / sum(w) over samples; a subclass has ``values(y_true, y_pred)``, l of shape (batch, ...).

    Each sample counts the same: where it has several values, their weighted mean is its value.
    """

    def values(self, y_true: Node, y_pred: Node) -> Node:
        """Return the values that the mean is taken of, (batch, ...)."""
        raise NotImplementedError(f"{type(self).__name__} must define values(self, y_true, y_pred).")

    def statistics(self, y_true: Node, y_pred: Node, sample_weight: Node | None = None) -> list[Node]:
        """Return sum(w l) and sum(w), w being 1 without weights."""
        values = wide(self.values(y_true, as_predictions(y_pred)))
        if sample_weight is None:
            weights = ops.ones(values.shape, dtype=values.dtype)
        else:
            weights = ops.broadcast_to(as_weights(self, sample_weight, values), shape=values.shape)
            values = values * weights
        return [ops.sum(per_sample(values)), ops.sum(per_sample(weights))]

    def result_of(self, statistics: Sequence[Array]) -> float:
        """Return sum(w l) / sum(w), 0 of nothing."""
        return float(ratio(*statistics))


@register("metric")
class MeanMetricWrapper(MeanMetric):
    """The mean of what a function of two nodes returns.

    Args:
        fn: ``fn(y_true, y_pred)``, made of ops; values of shape (batch, ...), or one for the batch.
        name: the function's by default.

    >>> import numpy as np
    >>> from tinygraph.nn import metrics
    >>> def largest(y_true, y_pred):
    ...     return abs(y_true - y_pred)
    >>> metric = metrics.get(largest)
    >>> metric.update_state(np.zeros((2, 1)), np.array([[1.0], [2.0]]))
    >>> metric.name, metric.result()
    ('largest', 1.5)
    """

    def __init__(self, fn: Callable[[Node, Node], Node], name: str | None = None):
        super().__init__(name or getattr(fn, "__name__", None))
        if not callable(fn):
            raise ValueError(f"MeanMetricWrapper: expected a function of (y_true, y_pred), got {fn!r}.")
        self.fn = fn

    def values(self, y_true: Node, y_pred: Node) -> Node:
        """Return what the function returns."""
        return self.fn(with_axes_of(y_pred, y_true), y_pred)


def per_sample(values: Node) -> Node:
    """Return the mean over all axes but the batch's."""
    return ops.mean(values, axis=tuple(range(1, values.ndim))) if values.ndim > 1 else values
