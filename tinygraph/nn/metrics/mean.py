"""Metrics that are the mean of a value for each sample."""

from __future__ import annotations

from collections.abc import Sequence

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.alignment import as_predictions, as_weights
from tinygraph.nn.metrics.base import Array, Metric, ratio, wide


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
            samples = values.shape[0] if values.shape else 1
            return [ops.sum(per_sample(values)), ops.full((), samples, dtype=values.dtype)]
        weights = ops.broadcast_to(as_weights(self, sample_weight, values), shape=values.shape)
        return [ops.sum(per_sample(values * weights)), ops.sum(per_sample(weights))]

    def result_of(self, statistics: Sequence[Array]) -> float:
        """Return sum(w l) / sum(w), 0 of nothing."""
        return float(ratio(*statistics))


def per_sample(values: Node) -> Node:
    """Return the mean over all axes but the batch's."""
    return ops.mean(values, axis=tuple(range(1, values.ndim))) if values.ndim > 1 else values
