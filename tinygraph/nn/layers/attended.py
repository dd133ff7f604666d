"""The axes that multi-head attention goes over: as the rows of a matrix for each head, and back.

Here ``x`` is a query, key or value after its linear map, (batch, ..., heads, features), and ``axes`` are
those that are attended over.
"""

from __future__ import annotations

from tinygraph import ops
from tinygraph.graph import Node, Shape


def rows(x: Node, axes: Shape) -> Node:
    """The axes as one, row by row: (batch, the other axes, heads, rows, features)."""
    moved = ops.transpose(x, axes=_order(x.ndim, axes))
    return ops.reshape(moved, shape=(*moved.shape[: -1 - len(axes)], -1, x.shape[-1]))


def back(y: Node, axes: Shape, sizes: Shape) -> Node:
    """The inverse of `rows`, for axes of these sizes."""
    moved = ops.reshape(y, shape=(*y.shape[:-2], *sizes, y.shape[-1]))
    order = _order(moved.ndim, axes)
    return ops.transpose(moved, axes=sorted(range(moved.ndim), key=order.__getitem__))


def _order(ndim: int, axes: Shape) -> list[int]:
    """The other axes first, then those attended over, then the features."""
    return [n for n in range(ndim - 1) if n not in axes] + [*axes, ndim - 1]
