"""Sliding windows and their adjoint: what convolution and pooling are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygraph.graph import GraphError, Node
from tinygraph.op import op
from tinygraph.ops.layout import transpose
from tinygraph.ops.rules import Inferred, axis_of, integer_shape


def spans(size: int, width: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return how many windows fit into ``size`` elements, and how many elements one spans."""
    span = (width - 1) * dilation + 1
    return (size - span) // stride + 1, span


def margins(size: int, width: int, stride: int, dilation: int, padding: str) -> tuple[int, int]:
    """Return how many elements ``padding`` puts before and after the ``size`` elements of an axis.

    ``"valid"`` puts none. ``"same"`` makes a window for every ``stride`` elements; what that takes stands
    half before and half after, an odd one after, as TensorFlow has it. ``"causal"`` lets the window number
    k end at element k ``stride``.
    """
    _, span = spans(size, width, stride, dilation)
    if padding == "causal":
        return span - 1, 0
    if padding == "same":
        missing = max(0, (-(-size // stride) - 1) * stride + span - size)
        return missing // 2, missing - missing // 2
    if padding == "valid":
        return 0, 0
    raise GraphError(f"padding must be 'valid', 'same' or 'causal', got {padding!r}.")


def windowed(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """An axis at least as long as one window."""
    (x,) = inputs
    axis = attrs["axis"] = axis_of(attrs["axis"], x.ndim)
    width, stride, dilation = attrs["width"], attrs["stride"], attrs["dilation"]
    if min(width, stride, dilation) < 1:
        raise GraphError("needs width, stride and dilation of at least 1")
    count, span = spans(x.shape[axis], width, stride, dilation)
    if count < 1:
        raise GraphError(f"needs at least {span} elements on axis {axis}")
    return (*x.shape[:axis], count, width, *x.shape[axis + 1 :]), x.dtype


def windows_of(xp, x, width, stride, dilation, axis):
    """A view of x: the axis becomes two, which window and where in it."""
    count, _ = spans(x.shape[axis], width, stride, dilation)
    step = x.strides[axis]
    return xp.lib.stride_tricks.as_strided(
        x,
        (*x.shape[:axis], count, width, *x.shape[axis + 1 :]),
        (*x.strides[:axis], step * stride, step * dilation, *x.strides[axis + 1 :]),
    )


@op(windowed, samples=[((2, 7), {"width": 3, "axis": 1}), ((8, 2), {"width": 2, "stride": 3, "dilation": 2})])
def windows(xp, x, *, width, stride=1, dilation=1, axis=0, out):
    """Sliding windows along an axis, which becomes two: which window, and where in it.

    >>> import tinygraph as tg
    >>> tg.windows(tg.input("x", (2, 10, 3)), width=4, stride=2, axis=1).shape
    (2, 4, 4, 3)
    """
    xp.copyto(out, windows_of(xp, x, width, stride, dilation, axis))


@windows.view_of()
def _(xp, x, width, stride, dilation, axis):
    return windows_of(xp, x, width, stride, dilation, axis)


@windows.vjp
def _(g, y, x, width, stride, dilation, axis):
    return (fold(g, size=x.shape[axis], stride=stride, dilation=dilation, axis=axis),)


def folded(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """Windows that fit into ``size`` elements."""
    (x,) = inputs
    (size,) = integer_shape(attrs["size"])
    axis = attrs["axis"] = axis_of(attrs["axis"], max(0, x.ndim - 1))
    if min(attrs["stride"], attrs["dilation"]) < 1:
        raise GraphError("needs stride and dilation of at least 1")
    count, _ = spans(size, x.shape[axis + 1], attrs["stride"], attrs["dilation"])
    if count != x.shape[axis]:
        raise GraphError(f"needs the {count} windows of {size} elements")
    return (*x.shape[:axis], size, *x.shape[axis + 2 :]), x.dtype


@op(
    folded,
    samples=[((2, 5, 3), {"size": 7, "axis": 1}), ((2, 2, 2), {"size": 8, "stride": 3, "dilation": 2})],
)
def fold(xp, x, *, size, stride=1, dilation=1, axis=0, out):
    """Zeros with each window added where it stood: the adjoint of `windows`."""
    out[...] = 0
    before = (slice(None),) * axis
    count, width = x.shape[axis : axis + 2]
    for k in range(width):
        start = k * dilation
        target = (*before, slice(start, start + (count - 1) * stride + 1, stride))
        source = (*before, slice(None), k)
        out[target] += x[source]


@fold.vjp
def _(g, y, x, size, stride, dilation, axis):
    return (windows(g, width=x.shape[axis + 1], stride=stride, dilation=dilation, axis=axis),)


def patches(x: Node, widths: Sequence[int], strides: Sequence[int], dilations: Sequence[int]) -> Node:
    """Windows along several axes, those before the last one: (..., space.., c) -> (..., where.., width.., c).

    >>> import tinygraph as tg
    >>> from tinygraph.ops.window import patches
    >>> patches(tg.input("x", (2, 9, 8, 3)), (3, 2), (2, 1), (1, 1)).shape
    (2, 4, 7, 3, 2, 3)
    """
    rank = len(widths)
    first = x.ndim - rank - 1
    for k in reversed(range(rank)):
        x = windows(x, width=widths[k], stride=strides[k], dilation=dilations[k], axis=first + k)
    where = range(first, first + 2 * rank, 2)
    return transpose(x, axes=(*range(first), *where, *(axis + 1 for axis in where), x.ndim - 1))
