"""concat(x[0], x[1], ...) -> x; f(x[0], b), f(x[1], b), ... -> slices of f(x, b): rows that belong together.

What is taken apart row by row, into time steps, and put together again needs no copy; and what is done to
each part alike, such as adding a bias, is done to all of them in one call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from tinygraph.graph import Graph, Node, absolute_scope, common_scope
from tinygraph.ops import add_n, concat, reshape


class Rows(NamedTuple):
    """Whole rows of an array, from ``start`` to before ``stop``."""

    source: Node
    start: int
    stop: int


def rows_of(node: Node) -> Rows | None:
    """Return what rows of its input a slice is, or None where it is none."""
    if node.op.name != "slice" or not node.attrs["index"]:
        return None
    (source,) = node.inputs
    first, *others = node.attrs["index"]
    for item, size in zip(others, source.shape[1:], strict=False):
        if not isinstance(item, slice) or item.indices(size) != (0, size, 1):
            return None
    if isinstance(first, int):
        return Rows(source, first, first + 1)
    start, stop, step = first.indices(source.shape[0]) if first is not None else (0, 0, 0)
    return Rows(source, start, stop) if step == 1 and start < stop else None


def pieces_of(node: Node) -> Iterator[tuple[Node, Rows]]:
    """Yield what a node joins along the first axis, each piece with the rows that it is; else nothing."""
    if node.op is concat and node.attrs["axis"] == 0:
        start = 0
        for piece in node.inputs:
            yield piece, Rows(node, start, start + piece.shape[0])
            start += piece.shape[0]


def rows(graph: Graph) -> Graph:
    """Return ``graph`` with parts of an array as the array they are of, where all are treated alike."""
    new = _whole(graph) | _alike(graph)
    return graph.substitute(new) if new else graph


def _whole(graph: Graph) -> dict[Node, Node]:
    """Return for rows that are put together again one slice of their source."""
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.op is concat and node.attrs["axis"] == 0:
            source = together([rows_of(part) for part in node.inputs])
            if source is not None:
                new[node] = source if source.shape == node.shape else reshape(source, shape=node.shape)
    return new


def together(parts: Sequence[Rows | None]) -> Node | None:
    """Return the rows of one array that the parts are, in order or one by one in reverse."""
    rows = [part for part in parts if part is not None and parts[0] and part.source is parts[0].source]
    if len(rows) < len(parts):
        return None
    source, start, stop = rows[0].source, rows[0].start, rows[-1].stop
    if all(one.stop == other.start for one, other in pairwise(rows)):
        return source if (start, stop) == (0, source.shape[0]) else source[start:stop]
    if all(one.start == other.stop and other.stop - other.start == 1 for one, other in pairwise(rows)):
        end = rows[-1].start - 1
        return source[start : end if end >= 0 else None : -1] if rows[0].stop == start + 1 else None
    return None


def _alike(graph: Graph) -> dict[Node, Node]:
    """Return for what is done to all rows of an array, part by part, slices of what is done to the array."""
    groups: dict[tuple[Any, ...], dict[Node, Rows]] = defaultdict(dict)
    for node in graph.nodes:
        if node.inputs and node.op.scalar and node.op is not add_n:  # which takes inputs of one shape
            for k, source in enumerate(node.inputs):
                rows = rows_of(source) if source.shape == node.shape else None
                if rows is None:
                    continue
                others = (*node.inputs[:k], *node.inputs[k + 1 :])
                alone = rows.source.ndim > node.ndim  # an element of the first axis, not a part of it
                if all(alone or other.ndim < node.ndim or other.shape[0] == 1 for other in others):
                    groups[node.op, rows.source, alone, k, others, tuple(node.attrs.items())][node] = rows
    new: dict[Node, Node] = {}
    for (*_, k, others, _), members in groups.items():
        spans = sorted((rows.start, rows.stop) for rows in members.values())
        first, rows = next(iter(members.items()))
        ends = [0, *(stop for _, stop in spans)]
        if len(spans) < 2 or [start for start, _ in spans] != ends[:-1] or ends[-1] != rows.source.shape[0]:
            continue
        inputs = [*others[:k], rows.source, *others[k:]]  # others may show the same rows: x[t] · x[0]
        with absolute_scope(common_scope(list(members))):
            made = first.op(*inputs, **first.attrs)
            for member, part in members.items():
                new[member] = made[part.start] if made.ndim > member.ndim else made[part.start : part.stop]
    return new
