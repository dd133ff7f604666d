"""Hinge losses: they want scores p on the right side by a margin of 1, and no more."""

from __future__ import annotations

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.losses.base import Loss
from tinygraph.nn.registry import register


@register("loss")
class Hinge(Loss):
    """mean(max(1 - y p, 0)), the targets y being -1 or 1; a batch of only 0 and 1 is taken as -1 and 1.

    >>> import tinygraph as tg
    >>> from tinygraph.nn.losses import Hinge
    >>> loss = Hinge()(tg.constant([[0.0, 1.0]]), tg.constant([[-0.5, 3.0]]))
    >>> float(tg.compile(loss)())
    0.25
    """

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return mean(max(1 - y p, 0)) of each row."""
        return ops.mean(shortfall(y_true, y_pred), axis=-1)


@register("loss")
class SquaredHinge(Loss):
    """mean(max(1 - y p, 0)²); targets as in `Hinge`."""

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return mean(max(1 - y p, 0)²) of each row."""
        missing = shortfall(y_true, y_pred)
        return ops.mean(missing * missing, axis=-1)


@register("loss")
class CategoricalHinge(Loss):
    """max(1 + max((1 - y) p) - sum(y p), 0): the score of the class that y names, above all others by 1."""

    def call(self, y_true: Node, y_pred: Node) -> Node:
        """Return max(1 + max((1 - y) p) - sum(y p), 0) of each row."""
        right = ops.sum(y_true * y_pred, axis=-1)
        wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
        return ops.maximum(wrong - right + 1.0, 0.0)


def shortfall(y: Node, p: Node) -> Node:
    """max(1 - y p, 0), with targets 0 and 1 as signs."""
    is_binary = ops.min(ops.logical_or(ops.equal(y, 0.0), ops.equal(y, 1.0)))
    signs = ops.where(is_binary, 2.0 * y - 1.0, y)
    return ops.maximum(1.0 - signs * p, 0.0)
