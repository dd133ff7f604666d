"""Losses of probabilities p, from logits or from p itself, which is kept 1e-7 away from 0 and 1."""

from __future__ import annotations

import sys

from tinygraph import ops
from tinygraph.graph import GraphError, Node
from tinygraph.nn.alignment import as_classes, as_predictions
from tinygraph.nn.checks import flag, whole_number
from tinygraph.nn.losses.base import EPSILON, Loss
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import register


class Crossentropy(Loss):
    """The base of the cross-entropies of probabilities, whose targets can be smoothed."""

    target_range = (0.0, 1.0)

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ):
        super().__init__(reduction, name)
        self.from_logits = flag(type(self).__name__, "from_logits", from_logits)
        self.label_smoothing = number_in("[0, 1]", self, "label_smoothing", label_smoothing)
        self.axis = whole_number(type(self).__name__, "axis", axis, least=-sys.maxsize)


@register("loss", "bce", "BCE")
class BinaryCrossentropy(Crossentropy):
    """mean(-(y ln p + (1 - y) ln(1 - p))): how unexpected the truth y is under the probability p.

    Args:
        from_logits: whether y_pred is the logit z of p = sigmoid(z). It is exact for large z, too.
        label_smoothing: y becomes (1 - s) y + s/2: targets that never ask for a certain p; 0 to 1.
        axis: the axis that the mean is over.
        reduction, name: see `Loss`.

    >>> import tinygraph as tg
    >>> from tinygraph.nn.losses import BinaryCrossentropy
    >>> loss = BinaryCrossentropy()(tg.constant([[1.0], [0.0]]), tg.constant([[0.5], [0.5]]))
    >>> round(float(tg.compile(loss)()), 4)
    0.6931
    """

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return the mean of -(y ln p + (1 - y) ln(1 - p)) over the axis."""
        y = smoothed(y_true, self.label_smoothing, 2)
        if self.from_logits:
            return ops.mean(ops.sigmoid_cross_entropy(y, y_pred), axis=self.axis)
        p = ops.clip(y_pred, EPSILON, 1.0 - EPSILON)
        return ops.mean(-(y * ops.log(p) + (1.0 - y) * ops.log1p(-p)), axis=self.axis)


@register("loss")
class CategoricalCrossentropy(Crossentropy):
    """-sum(y ln p) over the classes: how unexpected the class is that the one-hot y names.

    Args:
        from_logits: whether y_pred is the logits z of p = softmax(z). Otherwise p is y_pred / sum(y_pred).
        label_smoothing: y becomes (1 - s) y + s / classes; 0 to 1.
        axis: the axis of the classes.
        reduction, name: see `Loss`.

    >>> import tinygraph as tg
    >>> from tinygraph.nn.losses import CategoricalCrossentropy
    >>> loss = CategoricalCrossentropy()(tg.constant([[0.0, 1.0]]), tg.constant([[0.75, 0.25]]))
    >>> round(float(tg.compile(loss)()), 4)
    1.3863
    """

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return -sum(y ln p) over the classes."""
        if not -y_pred.ndim <= self.axis < y_pred.ndim:
            raise GraphError(f"CategoricalCrossentropy: axis {self.axis} is none of y_pred {y_pred.shape}.")
        y = smoothed(y_true, self.label_smoothing, y_pred.shape[self.axis])
        return cross_entropy(y, y_pred, self.from_logits, self.axis)


@register("loss")
class SparseCategoricalCrossentropy(Loss):
    """-ln p[y]: how unexpected the class y is, a whole number from 0 to classes - 1.

    Args:
        from_logits: whether y_pred is the logits z of p = softmax(z). Otherwise p is y_pred / sum(y_pred).
        ignore_class: a label, which may be one that is none of the classes, such as -1, whose rows do not
            count: their loss is 0, and a mean is over the others.
        reduction, name: see `Loss`.

    >>> import tinygraph as tg
    >>> from tinygraph.nn.losses import SparseCategoricalCrossentropy
    >>> loss = SparseCategoricalCrossentropy()(tg.constant([1]), tg.constant([[0.75, 0.25]]))
    >>> round(float(tg.compile(loss)()), 4)
    1.3863
    """

    target_kind = "classes"

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ):
        super().__init__(reduction, name)
        self.from_logits = flag(type(self).__name__, "from_logits", from_logits)
        least = -sys.maxsize
        none = ignore_class is None
        self.ignore_class = (
            None
            if none
            else whole_number("SparseCategoricalCrossentropy", "ignore_class", ignore_class, least)
        )

    def counted(self, y_true: Node, y_pred: Node) -> Node | None:
        """Return where y is another class than the one to ignore."""
        if self.ignore_class is None:
            return None
        return ops.not_equal(as_classes(self, y_true, as_predictions(y_pred)), self.ignore_class)

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return -ln p[y] of each row."""
        y = ops.one_hot(y_true, y_pred.shape[-1], dtype=y_pred.dtype)
        if self.ignore_class is not None:
            y = y * ops.expand_dims(ops.not_equal(y_true, self.ignore_class), -1)
        return cross_entropy(y, y_pred, self.from_logits, -1)


@register("loss", "kld", "KLD", "kullback_leibler_divergence")
class KLDivergence(Loss):
    """sum(y ln(y / p)): how far the distribution p is from y (Kullback and Leibler 1951)."""

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return sum(y ln(y / p)) of each row."""
        y, p = ops.clip(y_true, EPSILON, 1.0), ops.clip(y_pred, EPSILON, 1.0)
        return ops.sum(y * ops.log(y / p), axis=-1)


@register("loss")
class Poisson(Loss):
    """mean(p - y ln p): of counts y under Poisson distributions with the means p, up to a constant."""

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return mean(p - y ln(p + 1e-7)) of each row."""
        return ops.mean(y_pred - y_true * ops.log(y_pred + EPSILON), axis=-1)


def smoothed(y: Node, amount: float, classes: int) -> Node:
    """(1 - s) y + s / classes (Szegedy et al. 2016)."""
    return y * (1.0 - amount) + amount / classes if amount else y


def cross_entropy(y: Node, y_pred: Node, from_logits: bool, axis: int) -> Node:
    """-sum(y ln p) over the classes, p = softmax(y_pred) or y_pred / sum(y_pred)."""
    if from_logits:
        return ops.softmax_cross_entropy(y, y_pred, axis=axis)
    p = y_pred / ops.sum(y_pred, axis=axis, keepdims=True)
    return -ops.sum(y * ops.log(ops.clip(p, EPSILON, 1.0 - EPSILON)), axis=axis)
