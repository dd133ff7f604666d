"""Parts of an array: slice, which is a view, its adjoint place, and flip and split, which are slices."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from tinygraph.graph import GraphError, Node, Shape
from tinygraph.op import op
from tinygraph.ops.rules import Inferred, axes_of, axis_of, integer_shape


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
            span = _span(item, whole[axis])
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


def _span(item: builtins.slice, size: int) -> range:
    """The places that a slice takes of so many."""
    try:
        return range(*item.indices(size))
    except (TypeError, ValueError):
        raise GraphError(f"needs slices of whole numbers, whose step is not 0, not {item}") from None


def _without_ellipsis(index: tuple[Any, ...], ndim: int) -> tuple[Any, ...]:
    """Write an ellipsis out as the full slices it stands for."""
    named, places = 0, []
    for place, item in enumerate(index):
        if item is Ellipsis:
            places.append(place)
        elif item is not None:
            named += 1
    if named > ndim:
        raise GraphError(f"needs at most {ndim} indices, not {named}")
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
    if not isinstance(sections, (list, tuple)) or not all(isinstance(n, (int, np.integer)) for n in sections):
        raise GraphError(f"split: expected a number of parts or a list of their sizes, got {sections!r}.")
    if builtins.sum(sections) != size:
        raise GraphError(f"split: {list(sections)} do not add up to {size} on axis {axis} of {x.label}.")
    before = (builtins.slice(None),) * axis
    spans = zip(sections, accumulate(sections), strict=True)
    return [slice(x, index=(*before, builtins.slice(end - n, end))) for n, end in spans]
