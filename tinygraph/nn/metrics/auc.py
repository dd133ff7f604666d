"""The area under a curve of rates at many thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinygraph import ops
from tinygraph.graph import GraphError, Node
from tinygraph.nn.alignment import as_predictions, as_targets, as_weights
from tinygraph.nn.checks import whole_number
from tinygraph.nn.metrics.base import Array, Metric, ratio
from tinygraph.nn.metrics.confusion import above, split_labels
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import register
from tinygraph.nn.signatures import did_you_mean

CURVES = ("ROC", "PR", "PRGAIN")
METHODS = ("interpolation", "minoring", "majoring")

#: what the first and last thresholds lie beyond 0 and 1
MARGIN = 1e-7


@register("metric")
class AUC(Metric):
    """The area under the ROC or precision-recall curve, from counts at many thresholds.

    ROC is the rate of true positives over that of false positives: the area is the probability that a
    positive scores higher than a negative. PR is precision over recall; its interpolation is that of
    Davis and Goadrich (2006). PRGAIN is precision gain over recall gain, 1 - (1 / p - 1) P / N of both
    (Flach and Kull 2015).

    Args:
        num_thresholds: how many thresholds, evenly from 0 to 1.
        curve: ``"ROC"``, ``"PR"`` or ``"PRGAIN"``.
        summation_method: ``"interpolation"``; ``"minoring"`` and ``"majoring"`` sum rectangles from below
            and from above.
        name: see `Metric`.
        thresholds: numbers in [0, 1] to use in place of even ones; 0 and 1 are added.
        multi_label: whether the columns of y (batch, labels) are curves of their own; the result is the
            mean of the areas.
        label_weights: the weight of each column.
        from_logits: whether y_pred is the logit of the score.

    >>> from tinygraph.nn.metrics import AUC
    >>> metric = AUC()
    >>> metric.update_state([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9])
    >>> round(metric.result(), 3)
    0.75
    """

    direction = "max"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ):
        super().__init__(name)
        if curve not in CURVES:
            raise ValueError(f"AUC: unknown curve {curve!r}{did_you_mean(curve, CURVES)}")
        if summation_method not in METHODS:
            hint = did_you_mean(summation_method, METHODS)
            raise ValueError(f"AUC: unknown summation_method {summation_method!r}{hint}")
        self.num_thresholds = whole_number("AUC", "num_thresholds", num_thresholds, least=2)
        self.curve = curve
        self.summation_method = summation_method
        self.thresholds = thresholds
        self.multi_label = multi_label
        self.label_weights = label_weights
        self.from_logits = from_logits
        for each in [] if thresholds is None else thresholds:
            number_in("[0, 1]", self, "thresholds", each)

    def statistics(self, y_true: Node, y_pred: Node, sample_weight: Node | None = None) -> list[Node]:
        """Return true and false positives, (thresholds, labels), all positives and negatives, (labels,)."""
        y_pred = as_predictions(y_pred)
        y_true = as_targets(self, y_true, y_pred)
        weights = self._weights(y_pred, sample_weight)
        scores = ops.sigmoid(y_pred) if self.from_logits else ops.clip(y_pred, 0.0, 1.0)
        if self.multi_label and y_pred.ndim != 2:
            raise GraphError(f"AUC: multi_label needs y_pred of shape (batch, labels), got {y_pred.shape}.")
        rows = y_pred.shape if self.multi_label else (-1, 1)
        positives, negatives = (ops.reshape(n, shape=rows) for n in split_labels(y_true, weights))
        counts = above(self._all_thresholds(), ops.reshape(scores, shape=rows), [positives, negatives])
        return [*counts, ops.sum(positives, axis=0), ops.sum(negatives, axis=0)]

    def result_of(self, statistics: Sequence[Array]) -> float:
        """Return the area, or the weighted mean of the areas of all labels."""
        areas = self._areas(*statistics)
        if self.multi_label and self.label_weights is not None:
            weights = np.asarray(self.label_weights, dtype="float64")
            return float(ratio(areas @ weights, weights.sum()))
        return float(areas.mean())

    def _areas(self, true: Array, false: Array, positives: Array, negatives: Array) -> Array:
        if (self.curve, self.summation_method) == ("PR", "interpolation"):
            return interpolated_pr(true, true + false, positives)
        recall = ratio(true, positives)
        if self.curve == "ROC":
            x, y = ratio(false, negatives), recall
        elif self.curve == "PR":
            x, y = recall, ratio(true, true + false)
        else:
            odds = ratio(positives, negatives)
            x = np.where(true == 0, 0.0, np.maximum(1.0 - odds * ratio(positives - true, true), 0.0))
            y = 1.0 - odds * ratio(false, true)
        left, right = y[:-1], y[1:]
        heights = {
            "interpolation": (left + right) / 2.0,
            "minoring": np.minimum(left, right),
            "majoring": np.maximum(left, right),
        }[self.summation_method]
        return ((x[:-1] - x[1:]) * heights).sum(axis=0)

    def _weights(self, y_pred: Node, sample_weight: Node | None) -> Node | None:
        """Return sample weights times, where all labels make one curve, label weights."""
        weights = None if sample_weight is None else as_weights(self, sample_weight, y_pred)
        if self.label_weights is None or self.multi_label:
            return weights
        of_labels = ops.constant(np.asarray(self.label_weights, dtype="float64"), dtype=y_pred.dtype)
        return of_labels if weights is None else weights * of_labels

    def _all_thresholds(self) -> Array:
        if self.thresholds is None:
            inner = np.arange(1, self.num_thresholds - 1) / (self.num_thresholds - 1)
        else:
            inner = np.sort(self.thresholds)
        return np.array([-MARGIN, *inner, 1.0 + MARGIN])


def interpolated_pr(true: Array, predicted: Array, positives: Array) -> Array:
    """The area under precision over recall, true positives being linear in predictions between thresholds.

    With slope s = Δtp / Δp and intercept i = tp - s p, the piece between two thresholds adds
    s (Δtp + i ln(p1 / p2)) / positives.
    """
    gained, p1, p2 = true[:-1] - true[1:], predicted[:-1], predicted[1:]
    slope = ratio(gained, np.maximum(p1 - p2, 0.0))
    intercept = true[1:] - slope * p2
    growth = np.log(np.where((p1 > 0) & (p2 > 0), ratio(p1, p2), 1.0))
    return ratio(slope * (gained + intercept * growth), positives).sum(axis=0)
