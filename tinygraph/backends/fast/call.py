"""Binding: a fused operation on given arrays -> one call of a machine function on a block of addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tinygraph.backends.scalar.lowering import split
from tinygraph.backends.scalar.space import joined
from tinygraph.graph import Graph

Array = np.ndarray[Any, Any]
Call = Callable[[], Any]


class Space(NamedTuple):
    """Rows and columns that several arrays are walked through in: (bytes a row, bytes a column) of each."""

    rows: int
    cols: int
    strides: list[tuple[int, int]]


class Bound(NamedTuple):
    """Arrays laid out for a kernel; ``copies`` are (from, to), for inputs that stand in no order to walk."""

    space: Space
    arrays: list[Array]
    copies: list[tuple[Array, Array]]


def bound(graph: Graph, inputs: Sequence[Array], out: Sequence[Array]) -> Bound | None:
    """Find the rows and columns of a fused operation's inputs and of the pieces of its outputs, or None."""
    parts = [part for array, y in zip(out, graph.outputs.values(), strict=True) for part in split(array, y)]
    shape = parts[0].shape
    wide = [np.broadcast_to(array, shape) for array in inputs]
    space = _walk(shape, [*wide, *parts])
    if space is not None:
        return Bound(space, [*wide, *parts], [])
    tidy = [array if _tidy(array) else np.empty(shape, array.dtype) for array in wide]
    copies = [(array, copy) for array, copy in zip(wide, tidy, strict=True) if array is not copy]
    space = _walk(shape, [*tidy, *parts])
    return None if space is None else Bound(space, [*tidy, *parts], copies)


def call(bound: Bound, function: Callable[[int], None]) -> Call:
    """Return the call of ``function`` on the arrays: their addresses do not change."""
    space = bound.space
    if not space.rows * space.cols:
        return _nothing
    words = [space.rows, space.cols]
    for array, (step, _) in zip(bound.arrays, space.strides, strict=True):
        words += [array.ctypes.data, step]
    block = np.array(words, dtype=np.int64)
    if bound.copies:
        return partial(_copied, bound.copies, function, block.ctypes.data, bound.arrays, block)
    return kept(function, block, bound.arrays)


def kept(function: Callable[[int], None], block: Array, arrays: list[Array]) -> Call:
    """A call of one argument that keeps what it points to."""
    run = partial(function, block.ctypes.data)
    run.keeps = (block, arrays)  # type: ignore[attr-defined]
    return run


def _copied(
    copies: Sequence[tuple[Array, Array]], function: Callable[[int], None], at: int, *kept: Any
) -> None:
    for array, copy in copies:
        np.copyto(copy, array)
    function(at)


def _nothing() -> None:
    """Of arrays without elements there is nothing to compute."""


def _tidy(array: Array) -> bool:
    """Whether an array has no gaps, or is one number."""
    return array.flags.c_contiguous or not any(array.strides)


def _walk(shape: tuple[int, ...], arrays: Sequence[Array]) -> Space | None:
    """Join axes until rows and columns are left; None where that cannot be."""
    sizes, steps = joined(shape, [array.strides for array in arrays])
    last = steps[-1] if steps else [0] * len(arrays)
    along = all(step in (0, array.itemsize) for step, array in zip(last, arrays, strict=True))
    if len(sizes) <= 1 and not along:
        sizes, steps, along = [*sizes, 1], [*steps, [0] * len(arrays)], True
    while len(sizes) < 2:
        sizes, steps = [1, *sizes], [[0] * len(arrays), *steps]
    if len(sizes) > 2 or not along:
        return None
    return Space(sizes[0], sizes[1], list(zip(*steps, strict=True)))
