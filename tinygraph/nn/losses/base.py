"""`Loss`: values for each sample from targets and predictions, and their reduction to one number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import ClassVar

from tinygraph import ops
from tinygraph.graph import GraphError, Node, scope
from tinygraph.nn.alignment import (
    as_classes,
    as_predictions,
    as_targets,
    as_weights,
    made_of_ops,
    with_axes_of,
)
from tinygraph.nn.registry import Configurable, get, register, snake_case
from tinygraph.nn.signatures import did_you_mean

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)

#: the smallest probability that a logarithm is taken of, and the smallest divisor
EPSILON = 1e-7


class Loss(Configurable):
    """The base of all losses: a subclass has ``call(y_true, y_pred)``, one value for each row.

    A loss called on nodes multiplies these values l by the sample weights w and reduces them:

    - ``"sum_over_batch_size"`` or ``"mean"``: sum(w l) / (number of values l), the default
    - ``"sum"``: sum(w l)
    - ``"mean_with_sample_weight"``: sum(w l) / sum(w)
    - ``"none"`` or None: the values w l themselves

    Args:
        reduction: one of these names.
        name: the scope of its nodes; made from the class if not given.

    Raises:
        ValueError: an unknown reduction.

    >>> import tinygraph as tg
    >>> from tinygraph.nn import losses
    >>> class Quartic(losses.Loss):
    ...     def call(self, y_true, y_pred):
    ...         return tg.mean((y_true - y_pred) ** 4, axis=-1)
    >>> y_true, y_pred = tg.constant([[0.0], [0.0]]), tg.constant([[1.0], [2.0]])
    >>> float(tg.compile(Quartic()(y_true, y_pred))())
    8.5
    """

    #: what y_true must be: "same", of y_pred's shape; "classes", whole numbers of y_pred's shape without its
    #: last axis; None, whatever `call` takes
    target_kind: ClassVar[str | None] = "same"
    #: the smallest and the largest value that y_true may have; None for any
    target_range: ClassVar[tuple[float, float] | None] = None

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None):
        if reduction not in REDUCTIONS:
            hint = did_you_mean(str(reduction), REDUCTIONS)
            raise ValueError(f"{type(self).__name__}: unknown reduction {reduction!r}{hint}")
        self.reduction = reduction
        self.name = name or snake_case(type(self).__name__)

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return the loss of each row: the last axis of ``y_pred`` is gone."""
        raise NotImplementedError(f"{type(self).__name__} must define call(self, y_true, y_pred).")

    def __call__(
        self, y_true: Node, y_pred: Node, sample_weight: Node | None = None, mask: Node | None = None
    ) -> Node:
        """Return the reduced loss.

        Args:
            y_true: the targets; see `target_kind`. They take the dtype of y_pred, or int64 for classes.
            y_pred: the predictions, (batch, ..., outputs).
            sample_weight: (batch,), or what broadcasts to (batch, ...) axis by axis.
            mask: True where a value counts, (batch, ...). A mean is then over the values that count.

        Raises:
            GraphError: shapes that do not fit.
        """
        with scope(self.name):
            values = self.unreduced(y_true, y_pred)
            masks = [each for each in (mask, self.counted(y_true, y_pred)) if each is not None]
            weights = self._weights(values, sample_weight, masks)
            return self._reduced(values, weights)

    def unreduced(self, y_true: Node, y_pred: Node) -> Node:
        """Return the loss of each row, (batch, ...), after checking and aligning the targets."""
        for each in (y_true, y_pred):
            if not isinstance(each, Node):
                got = type(each).__name__
                raise GraphError(f"{type(self).__name__}: expected nodes, got {got}; see tg.constant.")
        y_pred = as_predictions(y_pred)
        if self.target_kind == "classes":
            return self.call(as_classes(self, y_true, y_pred), y_pred)
        if self.target_kind == "same":
            return self.call(as_targets(self, y_true, y_pred), y_pred)
        return self.call(with_axes_of(y_pred, y_true), y_pred)

    def counted(self, y_true: Node, y_pred: Node) -> Node | None:
        """Return a mask of the loss's own, of the values that count; None where all do."""
        return None

    def _weights(self, values: Node, sample_weight: Node | None, masks: Sequence[Node]) -> Node | None:
        """Return the weight of each value; in a mean masks weigh total / valid, which undoes their zeros."""
        weights = None if sample_weight is None else as_weights(self, sample_weight, values)
        if not masks:
            return weights
        counts = reduce(ops.multiply, [as_weights(self, mask, values) for mask in masks])
        if self.reduction in ("sum_over_batch_size", "mean"):
            counts = counts * (counts.size / ops.maximum(ops.sum(counts), 1.0))
        return counts if weights is None else counts * weights

    def _reduced(self, values: Node, weights: Node | None) -> Node:
        weighted = values if weights is None else values * weights
        if self.reduction in ("none", None):
            return weighted
        total = ops.sum(weighted)
        if self.reduction == "sum":
            return total
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            weight = ops.sum(weights)
            nothing = ops.equal(weight, 0.0)
            return ops.where(nothing, 0.0, total / ops.where(nothing, 1.0, weight))  # a slope of 0, not NaN
        return total / values.size


@register("loss")
class LossFunctionWrapper(Loss):
    """The loss that a function of two nodes returns, for each row or as one number.

    Args:
        fn: ``fn(y_true, y_pred)``, made of ops; or its name among the ``custom_objects`` of `deserialize`.
        reduction, name: see `Loss`; the name is the function's by default.

    >>> import tinygraph as tg
    >>> from tinygraph.nn import losses
    >>> loss = losses.get(lambda y_true, y_pred: tg.mean(abs(y_true - y_pred), axis=-1))
    >>> float(tg.compile(loss(tg.constant([[1.0, 2.0]]), tg.constant([[2.0, 4.0]])))())
    1.5
    """

    target_kind = None

    def __init__(
        self,
        fn: Callable[[Node, Node], Node] | str,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ):
        self.fn = get("loss", fn)
        super().__init__(reduction, name or getattr(self.fn, "__name__", None))

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return what the function returns, which must be a node."""
        return made_of_ops(self.fn(y_true, y_pred), f"the loss {self.name!r}")
