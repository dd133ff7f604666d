"""Accuracies: how often the prediction is right."""

from __future__ import annotations

from tinygraph import ops
from tinygraph.graph import Node, Shape
from tinygraph.nn.alignment import as_classes, as_targets
from tinygraph.nn.checks import whole_number
from tinygraph.nn.losses import Loss
from tinygraph.nn.metrics.mean import MeanMetric
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import register


@register("metric", "acc")
class Accuracy(MeanMetric):
    """How often y = p exactly: for predictions that are labels themselves."""

    direction = "max"

    def values(self, y_true: Node, y_pred: Node) -> Node:
        """Return whether y = p."""
        return ops.equal(as_targets(self, y_true, y_pred), y_pred)


@register("metric")
class BinaryAccuracy(MeanMetric):
    """How often y, which is 0 or 1, says whether p is above a threshold.

    Args:
        name: see `Metric`.
        threshold: p above it means 1.

    >>> from tinygraph.nn.metrics import BinaryAccuracy
    >>> metric = BinaryAccuracy()
    >>> metric.update_state([[1], [0], [0], [1]], [[0.9], [0.2], [0.7], [0.5]])
    >>> metric.result()
    0.5
    """

    direction = "max"

    def __init__(self, name: str | None = None, threshold: float = 0.5):
        super().__init__(name)
        self.threshold = number_in("(-inf, inf)", self, "threshold", threshold)

    def values(self, y_true: Node, y_pred: Node) -> Node:
        """Return whether y is 1 where p > threshold and 0 elsewhere."""
        chosen = ops.cast(y_pred > self.threshold, dtype=y_pred.dtype)
        return ops.equal(as_targets(self, y_true, y_pred), chosen)


@register("metric")
class CategoricalAccuracy(MeanMetric):
    """How often the class of the largest p is the one that the one-hot y names.

    >>> from tinygraph.nn.metrics import CategoricalAccuracy
    >>> metric = CategoricalAccuracy()
    >>> metric.update_state([[0, 1], [1, 0]], [[0.2, 0.8], [0.4, 0.6]])
    >>> metric.result()
    0.5
    """

    direction = "max"

    def values(self, y_true: Node, y_pred: Node) -> Node:
        """Return whether the largest y and the largest p are in the same place."""
        return ops.equal(ops.argmax(as_targets(self, y_true, y_pred)), ops.argmax(y_pred))


@register("metric")
class SparseCategoricalAccuracy(MeanMetric):
    """How often the class of the largest p is y, a whole number.

    >>> from tinygraph.nn.metrics import SparseCategoricalAccuracy
    >>> metric = SparseCategoricalAccuracy()
    >>> metric.update_state([1, 0], [[0.2, 0.8], [0.4, 0.6]])
    >>> metric.result()
    0.5
    """

    direction = "max"

    def values(self, y_true: Node, y_pred: Node) -> Node:
        """Return whether the largest p is in place y."""
        return ops.equal(as_classes(self, y_true, y_pred), ops.argmax(y_pred))


class TopKAccuracy(MeanMetric):
    """The base of accuracies for which the k best guesses are right."""

    direction = "max"

    def __init__(self, k: int = 5, name: str | None = None):
        super().__init__(name)
        self.k = whole_number(type(self).__name__, "k", k)


@register("metric")
class TopKCategoricalAccuracy(TopKAccuracy):
    """How often the class that the one-hot y names is among the k largest p.

    Args:
        k: how many; classes that tie with the k-th count.
        name: see `Metric`.
    """

    def values(self, y_true: Node, y_pred: Node) -> Node:
        """Return whether the class is among the k largest."""
        return in_top_k(ops.argmax(as_targets(self, y_true, y_pred)), y_pred, self.k)


@register("metric")
class SparseTopKCategoricalAccuracy(TopKAccuracy):
    """How often y, a whole number, is among the classes of the k largest p.

    Args:
        k: how many; classes that tie with the k-th count.
        name: see `Metric`.
    """

    def values(self, y_true: Node, y_pred: Node) -> Node:
        """Return whether the class is among the k largest."""
        return in_top_k(as_classes(self, y_true, y_pred), y_pred, self.k)


def accuracy_for(loss: Loss | None, shape: Shape, name: str = "accuracy") -> MeanMetric:
    """Return what ``"accuracy"`` means for an output of ``shape``, as Keras chooses.

    One number is a yes or no: `BinaryAccuracy`. Several are classes: `SparseCategoricalAccuracy` where the
    loss takes whole numbers as targets, `CategoricalAccuracy` where it takes one-hot rows.

    >>> from tinygraph.nn import losses, metrics
    >>> type(metrics.accuracy_for(losses.get("sparse_categorical_crossentropy"), (10,))).__name__
    'SparseCategoricalAccuracy'
    """
    if shape[-1:] in ((), (1,)):
        return BinaryAccuracy(name)
    if loss is not None and loss.target_kind == "classes":
        return SparseCategoricalAccuracy(name)
    return CategoricalAccuracy(name)


def in_top_k(classes: Node, y_pred: Node, k: int) -> Node:
    """Return whether fewer than k scores are above that of the class; NaN never is among the largest."""
    places = ops.one_hot(classes, y_pred.shape[-1], dtype=y_pred.dtype) > 0.5
    score = ops.sum(ops.where(places, y_pred, 0.0), axis=-1, keepdims=True)
    above = ops.logical_not(y_pred <= score)
    return ops.sum(above, axis=-1) < k
