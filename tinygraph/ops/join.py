"""Arrays put together: concat, stack and pad."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from tinygraph.graph import GraphError, Node, Shape
from tinygraph.op import op
from tinygraph.ops.layout import expand_dims
from tinygraph.ops.rules import Inferred, axis_of, integer_shape
from tinygraph.ops.slicing import slice, split


def joined(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """Inputs that differ in size along one axis only."""
    if not inputs:
        raise GraphError("needs at least one input")
    first = inputs[0]
    axis = attrs["axis"] = axis_of(attrs["axis"], first.ndim)
    rest = {node.shape[:axis] + node.shape[axis + 1 :] for node in inputs if node.ndim == first.ndim}
    if len(rest) != 1 or any(node.ndim != first.ndim for node in inputs):
        raise GraphError(f"needs inputs whose shapes differ on axis {axis} only")
    if len({node.dtype for node in inputs}) != 1:
        raise GraphError("needs inputs of one dtype")
    size = builtins.sum(node.shape[axis] for node in inputs)
    return (*first.shape[:axis], size, *first.shape[axis + 1 :]), first.dtype


@op(joined, samples=[((3, 4), (1, 4)), ((2, 3), (2, 0), (2, 1), {"axis": 1}), ((2, 1), (2, 2), {"axis": -1})])
def concat(xp, *inputs, axis=0, out):
    """The inputs one after another along an axis.

    >>> import tinygraph as tg
    >>> tg.concat([tg.input("x", (2, 3)), tg.input("y", (2, 1))], axis=1).shape
    (2, 4)
    """
    xp.concatenate(inputs, axis=axis, out=out)


@concat.made_of
def _(shapes, attrs):
    before = (builtins.slice(None),) * attrs["axis"]
    ends = list(accumulate(shape[attrs["axis"]] for shape in shapes))
    return [(*before, builtins.slice(start, end)) for start, end in zip([0, *ends], ends, strict=False)]


@concat.vjp
def _(g, y, *inputs, axis):
    return split(g, [node.shape[axis] for node in inputs], axis)


def stack(inputs: Sequence[Node], axis: int = 0) -> Node:
    """The inputs, all of one shape, side by side along a new axis.

    >>> import tinygraph as tg
    >>> tg.stack([tg.input("x", (2, 3)), tg.input("y", (2, 3))], axis=1).shape
    (2, 2, 3)
    """
    if not inputs:
        raise GraphError("stack: needs at least one input.")
    axis = axis_of(axis, inputs[0].ndim + 1)
    return concat([expand_dims(node, axis) for node in inputs], axis=axis)


def padded(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """A pair (before, after) for each axis."""
    (x,) = inputs
    widths = tuple(integer_shape(pair) for pair in attrs["widths"])
    if len(widths) != x.ndim or any(len(pair) != 2 for pair in widths):
        raise GraphError(f"needs a pair (before, after) for each of {x.ndim} axes")
    attrs["widths"] = widths
    sizes = zip(x.shape, widths, strict=True)
    return tuple(size + before + after for size, (before, after) in sizes), x.dtype


@op(padded, samples=[((3, 4), {"widths": ((1, 2), (0, 1))}), ((2,), {"widths": ((0, 3),), "value": 1.5})])
def pad(xp, x, *, widths, value=0.0, out):
    """x with ``value`` before and after it on each axis."""
    out[...] = value
    out[_inside(widths, x.shape)] = x


@pad.vjp
def _(g, y, x, widths, value):
    return (slice(g, index=_inside(widths, x.shape)),)


def _inside(widths: tuple[tuple[int, int], ...], shape: Shape) -> tuple[builtins.slice, ...]:
    pairs = zip(widths, shape, strict=True)
    return tuple(builtins.slice(before, before + size) for (before, _), size in pairs)
