"""Targets and weights brought to the axes of predictions, so that nothing broadcasts by accident.

Rows (n,) beside a column (n, 1) would broadcast to (n, n), and a loss would be quietly wrong.
"""

from __future__ import annotations

from tinygraph import ops
from tinygraph.defaults import floatx
from tinygraph.graph import GraphError, Node, Shape


def as_predictions(y_pred: Node) -> Node:
    """Return predictions as floats with at least two axes, (batch, ...): (n,) becomes the column (n, 1)."""
    if y_pred.dtype.kind != "f":
        y_pred = ops.cast(y_pred, dtype=floatx())
    return ops.expand_dims(y_pred, -1) if y_pred.ndim == 1 else y_pred


def as_targets(y_true: Node, y_pred: Node) -> Node:
    """Return targets in the dtype and shape of predictions; they may lack a last axis of size 1, or have it.

    Raises `GraphError` for any other shape.
    """
    y_true = same_axes(y_true, y_pred)
    if y_true.shape != y_pred.shape:
        raise GraphError(f"expected y_true of y_pred's shape {y_pred.shape}, got {y_true.shape}")
    return y_true if y_true.dtype == y_pred.dtype else ops.cast(y_true, dtype=y_pred.dtype)


def same_axes(y_true: Node, y_pred: Node) -> Node:
    """Return targets with the axes of predictions where a last axis of size 1 is all that differs."""
    if y_pred.shape == (*y_true.shape, 1) or y_true.shape == (*y_pred.shape, 1):
        return ops.reshape(y_true, shape=y_pred.shape)
    return y_true


def as_classes(y_true: Node, y_pred: Node) -> Node:
    """Return targets as whole numbers, one for each row of ``y_pred``; they may have a last axis of size 1.

    Raises `GraphError` for any other shape.
    """
    rows = y_pred.shape[:-1]
    if y_true.shape not in (rows, (*rows, 1)):
        raise GraphError(
            f"expected y_true of shape {rows}, a class for each row of y_pred {y_pred.shape}, "
            f"got {y_true.shape}; one-hot rows need the metric or loss without 'Sparse'"
        )
    return ops.reshape(ops.cast(y_true, dtype="int64"), shape=rows)


def as_weights(weights: Node, values: Node) -> Node:
    """Return weights that multiply ``values`` element by element: theirs are the leading axes.

    Weights (batch,) of values (batch, time) become (batch, 1), whatever the sizes; a last axis of size 1
    too many is dropped. Raises `GraphError` where they do not fit.

    >>> import tinygraph as tg
    >>> from tinygraph.nn.alignment import as_weights
    >>> as_weights(tg.input("w", (4,)), tg.input("losses", (4, 3)))
    <reshape float32[4, 1]>
    """
    shape = weights.shape
    if len(shape) == values.ndim + 1 and shape[-1] == 1:
        shape = shape[:-1]
    shape = (*shape, *(1,) * (values.ndim - len(shape)))
    if len(shape) != values.ndim or any(n not in (1, m) for n, m in zip(shape, values.shape, strict=True)):
        raise GraphError(
            f"expected sample weights with the leading axes of {values.shape}, got {weights.shape}"
        )
    weights = ops.reshape(weights, shape=shape) if shape != weights.shape else weights
    return weights if weights.dtype == values.dtype else ops.cast(weights, dtype=values.dtype)
