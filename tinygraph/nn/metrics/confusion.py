"""Precision and recall, and the counts that they are made of, at several thresholds at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.graph import GraphError, Node
from tinygraph.nn.alignment import as_predictions, as_targets, as_weights
from tinygraph.nn.checks import whole_number
from tinygraph.nn.metrics.base import Array, Metric, ratio, wide
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import register

#: what scores outside of the k largest are set to
NEVER = -1e10


class ThresholdMetric(Metric):
    """What `Precision` and `Recall` share: y is 0 or 1, and p above a threshold is a prediction of 1.

    Args:
        thresholds: one number in [0, 1] or several; 0.5 by default, and none with top_k.
        top_k: only the k largest scores of each row can be predictions of 1. It compares all pairs of
            classes.
        class_id: only this class, an index of the last axis, is looked at.
        name: see `Metric`.
    """

    direction = "max"

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
    ):
        super().__init__(name)
        if thresholds is not None:
            for each in np.atleast_1d(thresholds).tolist():
                number_in("[0, 1]", self, "thresholds", each)
        self.thresholds = thresholds
        self.top_k = None if top_k is None else whole_number(type(self).__name__, "top_k", top_k)
        self.class_id = (
            None if class_id is None else whole_number(type(self).__name__, "class_id", class_id, 0)
        )

    def counts(self, y_true: Node, y_pred: Node, sample_weight: Node | None) -> tuple[Node, Node, Node]:
        """Return true positives and false positives at each threshold, and all positives."""
        y_pred = as_predictions(y_pred)
        weights = None if sample_weight is None else as_weights(self, sample_weight, y_pred)
        labels = split_labels(as_targets(self, y_true, y_pred), weights)
        scores = y_pred
        if self.top_k is not None:
            scores = ops.where(among_largest(y_pred, self.top_k), y_pred, NEVER)
        default = 0.5 if self.top_k is None else NEVER
        thresholds = np.atleast_1d(default if self.thresholds is None else self.thresholds)
        positives, negatives, scores = (self._column(node) for node in (*labels, scores))
        true, false = above(thresholds, scores, [positives, negatives])
        return ops.reshape(true, shape=(-1,)), ops.reshape(false, shape=(-1,)), ops.sum(positives)

    def _column(self, node: Node) -> Node:
        """Return all elements, or those of the one class, below one another."""
        if self.class_id is not None:
            count = node.shape[-1]
            if self.class_id >= count:
                title = type(self).__name__
                raise GraphError(f"{title}: class_id {self.class_id} is not one of {count} classes.")
            node = node[..., self.class_id]
        return ops.reshape(node, shape=(-1, 1))


@register("metric")
class Precision(ThresholdMetric):
    """How many of the predictions of 1 are right: true positives / (true positives + false positives).

    >>> from tinygraph.nn.metrics import Precision
    >>> metric = Precision(thresholds=[0.3, 0.6])
    >>> metric.update_state([[0], [1], [1]], [[0.5], [0.4], [0.9]])
    >>> metric.result().round(3).tolist()
    [0.667, 1.0]
    """

    def statistics(self, y_true: Node, y_pred: Node, sample_weight: Node | None = None) -> list[Node]:
        """Return true positives and false positives, (thresholds,)."""
        true, false, _ = self.counts(y_true, y_pred, sample_weight)
        return [true, false]

    def result_of(self, statistics: Sequence[Array]) -> Any:
        """Return a float, or with several thresholds an array; 0 where nothing was predicted."""
        true, false = statistics
        return one_or_all(ratio(true, true + false))


@register("metric")
class Recall(ThresholdMetric):
    """How many of the true 1 are found: true positives / all positives.

    >>> from tinygraph.nn.metrics import Recall
    >>> metric = Recall()
    >>> metric.update_state([[0], [1], [1]], [[0.5], [0.4], [0.9]])
    >>> metric.result()
    0.5
    """

    def statistics(self, y_true: Node, y_pred: Node, sample_weight: Node | None = None) -> list[Node]:
        """Return true positives, (thresholds,), and all positives."""
        true, _, positives = self.counts(y_true, y_pred, sample_weight)
        return [true, positives]

    def result_of(self, statistics: Sequence[Array]) -> Any:
        """Return a float, or with several thresholds an array; 0 where there are no positives."""
        return one_or_all(ratio(*statistics))


def split_labels(y_true: Node, weights: Node | None) -> tuple[Node, Node]:
    """Return the weights of positive labels, which are not 0, and of negative ones, 0 elsewhere."""
    positive = ops.not_equal(y_true, 0.0)
    if weights is None:
        return wide(positive), wide(ops.logical_not(positive))
    weights = ops.broadcast_to(wide(weights), shape=y_true.shape)
    return ops.where(positive, weights, 0.0), ops.where(positive, 0.0, weights)


def above(thresholds: Array, scores: Node, amounts: Sequence[Node]) -> list[Node]:
    """Return for each of ``amounts`` (n, m) the sum over n where the score is above the threshold.

    The result is (thresholds, m). Thresholds are compared in the dtype of the scores.
    """
    cuts = ops.constant(thresholds.reshape(-1, 1, 1), dtype=scores.dtype)
    chosen = ops.expand_dims(scores, 0) > cuts
    return [ops.sum(ops.where(chosen, amount, 0.0), axis=1) for amount in amounts]


def among_largest(scores: Node, k: int) -> Node:
    """Return whether each score is one of the k largest of its row; of those that tie, the first are."""
    other, one = ops.expand_dims(scores, -2), ops.expand_dims(scores, -1)
    places = np.arange(scores.shape[-1])
    earlier = ops.constant(places[None, :] < places[:, None])
    ahead = ops.logical_or(other > one, ops.logical_and(ops.equal(other, one), earlier))
    return ops.sum(ahead, axis=-1) < k


def one_or_all(values: Array) -> Any:
    """Return the one value as a float, or all of several."""
    return float(values[0]) if values.size == 1 else values
