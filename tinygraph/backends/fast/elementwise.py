"""A fused operation on given arrays: the rows and columns in which a kernel walks through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from tinygraph.backends.fast import copying, kernel
from tinygraph.backends.fast.call import Array, Call, Run, in_turn, nothing
from tinygraph.backends.fast.kernel import Host
from tinygraph.backends.fast.library import function
from tinygraph.backends.scalar.lowering import split
from tinygraph.backends.scalar.space import joined
from tinygraph.backends.scalar.texts import kept_with_graph
from tinygraph.graph import Graph


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
    wide = [array if array.shape == shape else np.broadcast_to(array, shape) for array in inputs]
    space = _walk(shape, [*wide, *parts])
    if space is not None:
        return Bound(space, [*wide, *parts], [])
    tidy = [array if _tidy(array) else np.empty(shape, array.dtype) for array in wide]
    copies = [(array, copy) for array, copy in zip(wide, tidy, strict=True) if array is not copy]
    space = _walk(shape, [*tidy, *parts])
    return None if space is None else Bound(space, [*tidy, *parts], copies)


def call(graph: Graph, inputs: Sequence[Array], out: Sequence[Array], host: Host) -> Run | None:
    """Return what runs a fused operation on given arrays; None if they stand in no order to walk."""
    found = bound(graph, inputs, out)
    if found is None:
        return None
    space = found.space
    if not space.rows * space.cols:
        return nothing
    words = [space.rows, space.cols]
    for array, (step, _) in zip(found.arrays, space.strides, strict=True):
        words += [array.ctypes.data, step]
    varies = tuple(step != 0 for _, step in space.strides[: len(inputs)])
    run = Call(function(source(graph, varies, space.cols == 1, host)), words, found.arrays)
    first = [copying.call(y, x, host) or partial(np.copyto, y, x) for x, y in found.copies]
    return in_turn([*first, run])


@kept_with_graph
def source(graph: Graph, varies: tuple[bool, ...], one_column: bool, host: Host) -> str:
    """The text of a kernel."""
    return kernel.source(graph, varies, one_column, host)


def _tidy(array: Array) -> bool:
    """Whether an array has no gaps, or is one number."""
    return array.flags.c_contiguous or not any(array.strides)


def _walk(shape: tuple[int, ...], arrays: Sequence[Array]) -> Space | None:
    """Join axes until rows and columns are left; None where that cannot be."""
    none = (1, [0] * len(arrays))
    axes = joined(shape, [array.strides for array in arrays]) or [none]
    along = all(step in (0, array.itemsize) for step, array in zip(axes[-1][1], arrays, strict=True))
    if len(axes) == 1:
        axes, along = [none, *axes] if along else [*axes, none], True
    if len(axes) > 2 or not along:
        return None
    (rows, row_steps), (cols, steps) = axes
    return Space(rows, cols, list(zip(row_steps, steps, strict=True)))
