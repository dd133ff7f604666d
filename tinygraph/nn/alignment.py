"""Targets and weights brought to the axes of predictions, so that nothing broadcasts by accident.

Rows (n,) beside a column (n, 1) would broadcast to (n, n), and a loss would be quietly wrong. ``owner`` is
the loss or metric that asks, for the messages.
"""

from __future__ import annotations

import numpy as np

from tinygraph import ops
from tinygraph.defaults import floatx
from tinygraph.graph import GraphError, Node


def as_predictions(y_pred: Node) -> Node:
    """Return predictions as floats with at least two axes, (batch, ...): (n,) becomes the column (n, 1)."""
    if y_pred.dtype.kind != "f":
        y_pred = ops.cast(y_pred, dtype=floatx())
    return ops.expand_dims(y_pred, -1) if y_pred.ndim == 1 else y_pred


def made_of_ops(value: object, what: str) -> Node:
    """Return ``value``, which a function of the user's returned, or raise `GraphError` if it is no node."""
    if not isinstance(value, Node):
        raise GraphError(
            f"{what}: expected its function to return a node, got {type(value).__name__}. Use the functions "
            "of tinygraph, such as tg.mean, and tg.equal for ==."
        )
    return value


def with_axes_of(y_pred: Node, y_true: Node) -> Node:
    """Return targets in the shape of predictions where a last axis of size 1 is all that differs."""
    if y_pred.shape == (*y_true.shape, 1) or y_true.shape == (*y_pred.shape, 1):
        return ops.reshape(y_true, shape=y_pred.shape)
    return y_true


def as_targets(owner: object, y_true: Node, y_pred: Node) -> Node:
    """Return targets in the dtype and shape of predictions; raises `GraphError` for any other shape."""
    y_true = with_axes_of(y_pred, y_true)
    if y_true.shape != y_pred.shape:
        raise GraphError(
            f"{type(owner).__name__}: expected y_true of y_pred's shape {y_pred.shape}, got {y_true.shape}."
        )
    return in_dtype(y_true, y_pred.dtype)


def as_classes(owner: object, y_true: Node, y_pred: Node) -> Node:
    """Return targets as whole numbers, one for each row of ``y_pred``; they may have a last axis of size 1.

    Raises `GraphError` for any other shape.
    """
    rows = y_pred.shape[:-1]
    if y_true.shape not in (rows, (*rows, 1)):
        raise GraphError(
            f"{type(owner).__name__}: expected y_true of shape {rows}, a class for each row of y_pred "
            f"{y_pred.shape}, got {y_true.shape}. One-hot rows need the form without 'Sparse'."
        )
    classes = in_dtype(y_true, np.dtype("int64"))
    return classes if classes.shape == rows else ops.reshape(classes, shape=rows)


def as_weights(owner: object, weights: Node, values: Node) -> Node:
    """Return weights that multiply ``values`` element by element: theirs are its leading axes.

    Weights (batch,) of values (batch, time) become (batch, 1), whatever the sizes; a last axis of size 1
    too many is dropped. Raises `GraphError` where they do not fit.

    >>> import tinygraph as tg
    >>> from tinygraph.nn.alignment import as_weights
    >>> as_weights(None, tg.input("w", (4,)), tg.input("losses", (4, 3)))
    <reshape float32[4, 1]>
    """
    shape = weights.shape
    if len(shape) == values.ndim + 1 and shape[-1] == 1:
        shape = shape[:-1]
    shape = (*shape, *(1,) * (values.ndim - len(shape)))
    if len(shape) != values.ndim or any(n not in (1, m) for n, m in zip(shape, values.shape, strict=True)):
        raise GraphError(
            f"{type(owner).__name__}: expected sample weights of shape {values.shape[:1]}, or one that "
            f"broadcasts to the values {values.shape}, got {weights.shape}."
        )
    weights = weights if weights.shape == shape else ops.reshape(weights, shape=shape)
    return in_dtype(weights, values.dtype)


def in_dtype(node: Node, dtype: np.dtype) -> Node:
    """Return ``node`` in ``dtype``: itself where it is."""
    return node if node.dtype == dtype else ops.cast(node, dtype=dtype)
