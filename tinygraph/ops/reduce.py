"""Many elements into one along axes: mean, max, min, prod, variance, argmax, cumsum (sum: `broadcast`)."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from tinygraph.defaults import floatx
from tinygraph.graph import GraphError, Node
from tinygraph.op import op
from tinygraph.ops.arithmetic import cast
from tinygraph.ops.broadcast import sum, widen
from tinygraph.ops.compare import equal
from tinygraph.ops.join import concat
from tinygraph.ops.layout import reshape, transpose
from tinygraph.ops.leaf import ones
from tinygraph.ops.rules import Inferred, axes_of, axis_of, reduced
from tinygraph.ops.samples import whole
from tinygraph.ops.slicing import flip

SAMPLES = [((3, 4),), ((2, 3, 4), {"axis": (0, 2)}), ((2, 3), {"axis": -1, "keepdims": True})]


def reduced_any(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """Axes to reduce, with at least one element along them."""
    (x,) = inputs
    attrs["axis"] = axes_of(attrs["axis"], x.ndim)
    if x.size == 0 and any(x.shape[axis] == 0 for axis in attrs["axis"]):
        raise GraphError("needs at least one element along the axes")
    return reduced(x.shape, attrs["axis"], attrs["keepdims"]), x.dtype


def reduced_float(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """Axes to reduce; the result is of a float dtype."""
    shape, dtype = reduced_any(inputs, attrs)
    return shape, dtype if dtype.kind == "f" else floatx()


def extent(x: Node, axis: tuple[int, ...]) -> int:
    """The number of elements that are reduced into one."""
    return math.prod(x.shape[a] for a in axis)


@op(reduced_float, samples=SAMPLES)
def mean(xp, x, *, axis=None, keepdims=False, out):
    """The arithmetic mean over one, several or all axes.

    >>> import tinygraph as tg
    >>> tg.compile(tg.mean(tg.constant([[1.0, 2.0], [3.0, 6.0]]), axis=0))()
    array([2., 4.], dtype=float32)
    """
    x.mean(axis=axis, keepdims=keepdims, out=out)


@mean.vjp
def _(g, y, x, axis, keepdims):
    return (widen(g * (1.0 / extent(x, axis)), x, axis),)


@op(reduced_any, samples=[*SAMPLES, (whole(3, 4, below=3), {"axis": 1})])
def max_(xp, x, *, axis=None, keepdims=False, out):
    """The largest element over the axes; elements that tie share the gradient evenly."""
    x.max(axis=axis, keepdims=keepdims, out=out)


@op(reduced_any, samples=[*SAMPLES, (whole(3, 4, below=3), {"axis": 1})])
def min_(xp, x, *, axis=None, keepdims=False, out):
    """The smallest element over the axes; elements that tie share the gradient evenly."""
    x.min(axis=axis, keepdims=keepdims, out=out)


def share_ties(g, y, x, axis, keepdims):
    """Give g to the elements equal to y, evenly."""
    winners = cast(equal(x, widen(y, x, axis)), dtype=x.dtype)
    return (winners * widen(g, x, axis) / widen(sum(winners, axis=axis), x, axis),)


max_.vjp(share_ties)
min_.vjp(share_ties)


@op(reduced_any, samples=SAMPLES)
def prod(xp, x, *, axis=None, keepdims=False, out):
    """The product over the axes. Its gradient is right with zeros among the elements."""
    x.prod(axis=axis, keepdims=keepdims, out=out)


@prod.vjp
def _(g, y, x, axis, keepdims):
    return (widen(g, x, axis) * product_of_others(x, axis),)


def product_of_others(x: Node, axis: tuple[int, ...]) -> Node:
    """For each element the product of the others along ``axis``: of those before times those after.

    Dividing the whole product by the element would fail at 0.
    """
    order = [a for a in range(x.ndim) if a not in axis] + list(axis)
    kept = [x.shape[a] for a in order[: x.ndim - len(axis)]]
    rows = reshape(transpose(x, axes=order), shape=(math.prod(kept), extent(x, axis)))
    before = exclusive_product(rows)
    after = flip(exclusive_product(flip(rows, 1)), 1)
    moved = reshape(before * after, shape=tuple(x.shape[a] for a in order))
    return transpose(moved, axes=sorted(range(x.ndim), key=order.__getitem__))


def exclusive_product(rows: Node) -> Node:
    """For each element of a row the product of those before it, one multiplication at a time."""
    columns = [ones((rows.shape[0], 1), dtype=rows.dtype)]
    for k in range(rows.shape[1] - 1):
        columns.append(columns[-1] * rows[:, k : k + 1])
    return concat(columns, axis=1)


def variance(x: Node, axis: Any = None, keepdims: bool = False) -> Node:
    """The mean squared distance from the mean over the axes (the biased, or population, variance).

    >>> import tinygraph as tg
    >>> tg.compile(tg.variance(tg.constant([1.0, 3.0])))()
    array(1., dtype=float32)
    """
    centred = x - mean(x, axis=axis, keepdims=True)
    return mean(centred * centred, axis=axis, keepdims=keepdims)


def argument(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """One axis with at least one element."""
    (x,) = inputs
    attrs["axis"] = axis_of(attrs["axis"], x.ndim)
    if x.shape[attrs["axis"]] == 0:
        raise GraphError("needs at least one element along the axis")
    return reduced(x.shape, (attrs["axis"],), False), np.dtype("int64")


@op(argument, samples=[((3, 4),), ((3, 4), {"axis": 0})])
def argmax(xp, x, *, axis=-1, out):
    """The index of the largest element along one axis, the first of those that tie."""
    xp.argmax(x, axis=axis, out=out)


@op(argument, samples=[((3, 4),), ((3, 4), {"axis": 0})])
def argmin(xp, x, *, axis=-1, out):
    """The index of the smallest element along one axis, the first of those that tie."""
    xp.argmin(x, axis=axis, out=out)


def scanned(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """One axis to run along."""
    (x,) = inputs
    attrs["axis"] = axis_of(attrs["axis"], x.ndim)
    return x.shape, x.dtype if x.dtype.kind == "f" else np.dtype("int64")


@op(scanned, samples=[((3, 4),), ((3, 4), {"axis": 0}), ((2, 0),)])
def cumsum(xp, x, *, axis=-1, out):
    """The sum of the elements up to and with each one along an axis.

    >>> import tinygraph as tg
    >>> tg.compile(tg.cumsum(tg.constant([1.0, 2.0, 3.0])))()
    array([1., 3., 6.], dtype=float32)
    """
    xp.cumsum(x, axis=axis, out=out)


@cumsum.vjp
def _(g, y, x, axis):
    return (flip(cumsum(flip(g, axis), axis=axis), axis),)


def truth_of_all(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """One truth value of everything."""
    return (), np.dtype(bool)


@op(truth_of_all, samples=[((3, 4), (2,)), ((0,),)])
def all_finite(xp, *inputs, out):
    """Whether no element of any input is NaN or infinite: what guards an update."""
    squares = builtins.sum(xp.vdot(x, x) for x in inputs)  # a quarter of the time of looking at each element
    out[...] = xp.isfinite(squares) or builtins.all(xp.isfinite(x).all() for x in inputs)  # 1e20² overflows
