"""place(a, 0:k) + place(b, k:n) + rest -> concat(a, b) + rest: slices of a gradient beside one another.

A value that is used slice by slice, such as a sequence step by step or the gates of an LSTM, gets its
gradient as a sum of zeros with one slice filled each: T arrays of size T where one array will do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import add_n, concat, reshape, zeros


def tiles(graph: Graph) -> Graph:
    """Return ``graph`` with sums of placed slices joined, where the slices do not overlap."""
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.op is add_n:
            with absolute_scope(node.scope):
                joined = _joined(node)
            if joined is not None:
                new[node] = joined
    return graph.substitute(new) if new else graph


def _joined(total: Node) -> Node | None:
    """Return the sum with its placed slices joined along each axis, or None where there are none to join."""
    found: dict[int, list[tuple[int, int, Node]]] = defaultdict(list)
    rest: list[Node] = []
    for term in total.inputs:
        tile = _tile(term)
        if tile is None:
            rest.append(term)
        else:
            axis, *span = tile
            found[axis].append((*span, term))  # type: ignore[arg-type]
    parts = []
    for axis, spans in found.items():
        spans.sort(key=lambda span: span[:2])
        apart = all(a[1] <= b[0] for a, b in pairwise(spans))
        if len(spans) > 1 and apart:
            parts.append(_row(total, axis, spans))
        else:
            rest += [term for _, _, term in spans]
    if not parts:
        return None
    terms = parts + rest
    return terms[0] if len(terms) == 1 else add_n(*terms)


def _tile(term: Node) -> tuple[int, int, int] | None:
    """Return (axis, start, stop) of a placed slice that is full along every other axis."""
    if term.op.name != "place":
        return None
    partial = []
    for axis, item in enumerate(term.attrs["index"]):
        if item is None:
            return None
        size = term.shape[axis]
        start, stop, step = (item, item + 1, 1) if isinstance(item, int) else item.indices(size)
        if step != 1 or stop < start:
            return None
        if (start, stop) != (0, size):
            partial.append((axis, start, stop))
    return partial[0] if len(partial) == 1 else None


def _row(total: Node, axis: int, spans: Sequence[tuple[int, int, Node]]) -> Node:
    """Return the slices one after another along ``axis``, with zeros where there is none."""
    row: list[Node] = []
    end = 0
    for start, stop, term in [*spans, (total.shape[axis], total.shape[axis], None)]:
        if start > end:
            row.append(zeros(_sized(total, axis, start - end), dtype=total.dtype))
        if term is not None:
            (part,) = term.inputs
            shape = _sized(total, axis, stop - start)
            row.append(part if part.shape == shape else reshape(part, shape=shape))
        end = stop
    return concat(row, axis=axis)


def _sized(node: Node, axis: int, size: int) -> tuple[int, ...]:
    return (*node.shape[:axis], size, *node.shape[axis + 1 :])
