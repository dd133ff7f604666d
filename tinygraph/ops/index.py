"""Choosing by index: gather, its adjoint scatter_add, and one_hot."""

from __future__ import annotations

from typing import Any

from tinygraph.graph import GraphError, Node
from tinygraph.op import op
from tinygraph.ops.rules import Inferred, axis_of, integer_shape, known_dtype
from tinygraph.ops.samples import whole


def gathered(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """Whole numbers as indices of one axis."""
    x, indices = inputs
    if indices.dtype.kind != "i":
        raise GraphError(f"needs whole numbers as indices, not {indices.dtype}")
    axis = attrs["axis"] = axis_of(attrs["axis"], x.ndim)
    size = x.shape[axis]
    known = indices.attrs.get("value")  # of others it shows when they are fed
    if known is not None and ((known < -size) | (known >= size)).any():
        raise GraphError(f"needs indices from {-size} to {size - 1} on axis {axis}, not {known.tolist()}")
    return (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]), x.dtype


@op(
    gathered,
    samples=[
        ((5, 3), whole(4, below=5)),
        ((2, 5, 3), whole(2, 2, below=5), {"axis": 1}),
        ((3,), whole(below=3)),
    ],
)
def gather(xp, x, indices, *, axis=0, out):
    """The slices of x at ``indices`` along an axis: rows of a table of embeddings, for instance.

    An index outside the axis raises IndexError on NumPy; on a GPU it wraps around.

    >>> import tinygraph as tg
    >>> table, ids = tg.input("table", (10, 4)), tg.input("ids", (2, 3), dtype="int64")
    >>> tg.gather(table, ids).shape
    (2, 3, 4)
    """
    out[...] = xp.take(x, indices, axis=axis)


@gather.vjp
def _(g, y, x, indices, axis):
    return scatter_add(g, indices, size=x.shape[axis], axis=axis), None


def scattered(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """Values with the shape of the indices at one axis."""
    x, indices = inputs
    if indices.dtype.kind != "i":
        raise GraphError(f"needs whole numbers as indices, not {indices.dtype}")
    (attrs["size"],) = integer_shape(attrs["size"])
    axis = attrs["axis"] = axis_of(attrs["axis"], max(0, x.ndim - indices.ndim) + 1)
    if x.shape[axis : axis + indices.ndim] != indices.shape:
        raise GraphError(f"needs the shape of the indices at axis {axis}")
    return (*x.shape[:axis], attrs["size"], *x.shape[axis + indices.ndim :]), x.dtype


@op(
    scattered,
    samples=[((4, 3), whole(4, below=3), {"size": 3}), ((2, 4), whole(4, below=2), {"size": 2, "axis": 1})],
)
def scatter_add(xp, x, indices, *, size, axis=0, out):
    """Zeros with x added at ``indices`` of an axis; an index that repeats gets the sum."""
    out[...] = 0
    xp.add.at(out, (slice(None),) * axis + (indices,), x)


@scatter_add.vjp
def _(g, y, x, indices, size, axis):
    return gather(g, indices, axis=axis), None


def classes(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """Whole numbers as classes."""
    (x,) = inputs
    if x.dtype.kind != "i":
        raise GraphError(f"needs whole numbers as classes, not {x.dtype}")
    (size,) = integer_shape(attrs["size"])
    attrs["dtype"] = known_dtype(attrs["dtype"])
    return (*x.shape, size), attrs["dtype"]


@op(classes, samples=[(whole(4, below=3), {"size": 3, "dtype": "float64"})])
def one_hot(xp, x, *, size, dtype=None, out):
    """A new last axis that is 1 at the class and 0 elsewhere; all 0 for a class outside ``size``.

    >>> import tinygraph as tg
    >>> tg.compile(tg.one_hot(tg.constant([2, 0]), 3))()
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    xp.equal(x[..., None], xp.arange(size), out=out, casting="unsafe")
