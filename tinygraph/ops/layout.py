"""Where elements stand: views (transpose, reshape, slices), and concat, pad and place, which copy.

A view costs nothing: the planner aliases its input. Its kernel copies, for the case that it cannot.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.graph import GraphError, Node, Shape
from tinygraph.op import op
from tinygraph.ops.rules import Inferred, axes_of, axis_of, integer_shape


def permuted(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """An order of all axes."""
    (x,) = inputs
    axes = attrs["axes"]
    axes = tuple(range(x.ndim))[::-1] if axes is None else tuple(axis_of(a, x.ndim) for a in axes)
    if sorted(axes) != list(range(x.ndim)):
        raise GraphError(f"needs an order of all {x.ndim} axes, not {attrs['axes']}")
    attrs["axes"] = axes
    return tuple(x.shape[axis] for axis in axes), x.dtype


@op(permuted, samples=[((3, 4),), ((2, 3, 4), {"axes": (1, 2, 0)}), ((2, 1, 0, 3), {"axes": (3, 0, 2, 1)})])
def transpose(xp, x, *, axes=None, out):
    """The axes in another order, reversed unless ``axes`` says which.

    >>> import tinygraph as tg
    >>> tg.transpose(tg.input("x", (2, 3, 4)), (1, 0, 2)).shape
    (3, 2, 4)
    """
    xp.copyto(out, x.transpose(axes))


@transpose.view_of()
def _(xp, x, axes):
    return x.transpose(axes)


@transpose.vjp
def _(g, y, x, axes):
    return (transpose(g, axes=tuple(sorted(range(len(axes)), key=axes.__getitem__))),)


def reshaped(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """A shape of as many elements; one size may be -1."""
    (x,) = inputs
    given = attrs["shape"] if isinstance(attrs["shape"], (tuple, list)) else (attrs["shape"],)
    known = math.prod(size for size in given if size != -1)
    if list(given).count(-1) == 1 and known > 0 and x.size % known == 0:
        given = tuple(x.size // known if size == -1 else size for size in given)
    if math.prod(given) != x.size or any(size < 0 for size in given):
        raise GraphError(f"needs {math.prod(given)} elements for {tuple(given)}")
    attrs["shape"] = integer_shape(given)
    return attrs["shape"], x.dtype


@op(reshaped, samples=[((3, 4), {"shape": (2, 6)}), ((2, 0), {"shape": (0, 5)}), ((1,), {"shape": ()})])
def reshape(xp, x, *, shape, out):
    """The same elements in another shape; one size may be -1, which is then found.

    >>> import tinygraph as tg
    >>> tg.reshape(tg.input("x", (2, 6)), (3, -1)).shape
    (3, 4)
    """
    xp.copyto(out.reshape(x.shape), x)


@reshape.view_of(strided=False, contiguous=lambda shape, attrs: True)
def _(xp, x, shape):
    return x.reshape(shape)


@reshape.vjp
def _(g, y, x, shape):
    return (reshape(g, shape=x.shape),)


def sliced(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """An index of whole numbers and slices within the shape."""
    (x,) = inputs
    attrs["index"], shape = _indexed(x.shape, attrs["index"])
    return shape, x.dtype


def _indexed(whole: Shape, index: Any) -> tuple[tuple[Any, ...], Shape]:
    """Return ``index`` in normal form, and the shape of what it selects of an array of shape ``whole``."""
    shape: list[int] = []
    normal: list[Any] = []
    axis = 0
    for item in _without_ellipsis(index if isinstance(index, tuple) else (index,), len(whole)):
        if item is None:
            shape.append(1)
            normal.append(None)
            continue
        if isinstance(item, builtins.slice):
            span = range(*item.indices(whole[axis]))
            shape.append(len(span))
            normal.append(item)
        elif isinstance(item, (int, np.integer)) and not isinstance(item, bool):
            if not -whole[axis] <= item < whole[axis]:
                raise GraphError(f"needs an index below {whole[axis]} on axis {axis}, not {item}")
            normal.append(int(item) % whole[axis])
        else:
            raise GraphError(f"needs whole numbers and slices as index, not {item!r}; see gather")
        axis += 1
    return tuple(normal), (*shape, *whole[axis:])


def _without_ellipsis(index: tuple[Any, ...], ndim: int) -> tuple[Any, ...]:
    """Write an ellipsis out as the full slices it stands for."""
    named = builtins.sum(item is not None and item is not Ellipsis for item in index)
    if named > ndim:
        raise GraphError(f"needs at most {ndim} indices, not {named}")
    places = [place for place, item in enumerate(index) if item is Ellipsis]
    if not places:
        return index
    if len(places) > 1:
        raise GraphError("needs at most one ellipsis as index")
    full = (builtins.slice(None),) * (ndim - named)
    return index[: places[0]] + full + index[places[0] + 1 :]


def _one_block(shape: Shape, attrs: dict[str, Any]) -> bool:
    """Whether a slice is one run of memory: whole numbers, then one slice of step 1, then all."""
    index = [item for item in attrs["index"] if item is not None]
    while index and not isinstance(index[0], builtins.slice):
        index = index[1:]
        shape = shape[1:]
    steps_of_one = all(isinstance(item, builtins.slice) and item.step in (None, 1) for item in index)
    return steps_of_one and all(
        item.indices(size) == (0, size, 1) for item, size in list(zip(index, shape, strict=False))[1:]
    )


@op(
    sliced,
    samples=[
        ((3, 4), {"index": (1,)}),
        ((5, 4), {"index": (builtins.slice(1, 5, 2), builtins.slice(None, None, -1))}),
        ((2, 3, 4), {"index": (Ellipsis, builtins.slice(1, 3))}),
        ((2, 3), {"index": (None, 0, builtins.slice(0, 0))}),
    ],
)
def slice(xp, x, *, index, out):
    """Part of x by NumPy's basic index: whole numbers, slices, None and an ellipsis; also ``x[1, ::2]``.

    >>> import tinygraph as tg
    >>> tg.input("x", (5, 4))[1:, ::-2].shape
    (4, 2)
    """
    xp.copyto(out, x[index])


@slice.view_of(contiguous=_one_block)
def _(xp, x, index):
    all_of_it = (*index, Ellipsis)  # without the ellipsis one element would be a number, not a view
    return x[all_of_it]


@slice.vjp
def _(g, y, x, index):
    return (place(g, shape=x.shape, index=index),)


def placed(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """A shape, and an index into it that has the shape of the input."""
    (x,) = inputs
    attrs["shape"] = integer_shape(attrs["shape"])
    attrs["index"], selected = _indexed(attrs["shape"], attrs["index"])
    if x.shape != selected:
        raise GraphError(f"needs an input of shape {selected}, which the index selects")
    return attrs["shape"], x.dtype


@op(
    placed,
    samples=[
        ((2,), {"shape": (3, 2), "index": (1,)}),
        ((2, 2), {"shape": (4, 2), "index": (builtins.slice(None, None, 2),)}),
    ],
)
def place(xp, x, *, shape, index, out):
    """Zeros of ``shape`` with x at ``index``: the gradient of `slice`."""
    out[...] = 0
    out[index] = x


@place.vjp
def _(g, y, x, shape, index):
    return (slice(g, index=index),)


def flip(x: Node, axis: Any = None) -> Node:
    """The elements of one, several or all axes in reverse order: a `slice` of step -1."""
    axes = axes_of(axis, x.ndim)
    back, all_ = builtins.slice(None, None, -1), builtins.slice(None)
    return slice(x, index=tuple(back if a in axes else all_ for a in range(x.ndim)))


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


@concat.vjp
def _(g, y, *inputs, axis):
    return split(g, [node.shape[axis] for node in inputs], axis)


def split(x: Node, sections: int | Sequence[int], axis: int = 0) -> list[Node]:
    """Slices of x along an axis: so many equal ones, or of the sizes given. The inverse of `concat`.

    >>> import tinygraph as tg
    >>> [part.shape for part in tg.split(tg.input("x", (4, 6)), 3, axis=1)]
    [(4, 2), (4, 2), (4, 2)]
    """
    axis = axis_of(axis, x.ndim)
    size = x.shape[axis]
    if isinstance(sections, (int, np.integer)):
        if sections < 1 or size % sections:
            raise GraphError(f"split: {size} on axis {axis} of {x.label} is not {sections} equal parts.")
        sections = [size // sections] * sections
    if builtins.sum(sections) != size:
        raise GraphError(f"split: {list(sections)} do not add up to {size} on axis {axis} of {x.label}.")
    ends = np.cumsum(sections).tolist()
    before = (builtins.slice(None),) * axis
    spans = zip(sections, ends, strict=True)
    return [slice(x, index=(*before, builtins.slice(end - n, end))) for n, end in spans]


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


def expand_dims(x: Node, axis: int) -> Node:
    """x with a new axis of size 1."""
    axis = axis_of(axis, x.ndim + 1)
    return reshape(x, shape=(*x.shape[:axis], 1, *x.shape[axis:]))


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
