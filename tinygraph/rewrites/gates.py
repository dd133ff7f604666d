"""σ(z[:, a]), tanh(z[:, b]), ... -> slices of tanh(z · s) · p + q: the gates of a cell by one tanh.

σ(x) = tanh(x / 2) / 2 + 1/2, so s, p and q are 1/2 in the columns of a σ, and 1, 1 and 0 in those of a tanh.
A σ loses digits below 1e-7, which do not count in a gate; one that stands alone is left as it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain

import numpy as np

from tinygraph.graph import Graph, Node, Shape, absolute_scope
from tinygraph.ops import constant, sigmoid, slice as part_of, tanh
from tinygraph.rewrites.scales import scaled
from tinygraph.rewrites.shares import Span, span_of

#: the columns of one array, and the activations of them
Gates = Sequence[tuple[Span, Node]]


def gates(graph: Graph) -> Graph:
    """Return ``graph`` with the gates of each array computed together, where they are all its columns."""
    found: dict[Node, list[tuple[Span, Node]]] = defaultdict(list)
    for node in graph.nodes:
        if (node.op is sigmoid or node.op is tanh) and node.inputs[0].op is part_of:
            span = span_of(node.inputs[0])
            if span is not None:
                found[node.inputs[0].inputs[0]].append((span, node))
    alike: dict[object, dict[Node, Gates]] = defaultdict(dict)
    for z, members in found.items():
        members.sort(key=lambda member: member[0])
        if _is_all(z, [span for span, _ in members]) and any(node.op is sigmoid for _, node in members):
            kind = tuple((span, node.op) for span, node in members)
            alike[z.dtype, kind][z] = members
    if not alike:
        return graph
    uses = Counter(chain(graph.roots, *(node.inputs for node in graph.nodes)))
    new: dict[Node, Node] = {}
    for several in alike.values():
        new |= _together(several, uses)
    return graph.substitute(new)


def _is_all(z: Node, spans: Sequence[Span]) -> bool:
    """Whether two or more spans are, one after another, all columns."""
    ends = [0, *(stop for _, stop in spans)]
    return len(spans) > 1 and [start for start, _ in spans] == ends[:-1] and ends[-1] == z.shape[-1]


def _together(several: dict[Node, Gates], uses: Counter[Node]) -> dict[Node, Node]:
    """Return what stands for the gates of arrays that are alike."""
    first = next(iter(several.values()))
    halves = np.concatenate([np.full(b - a, 0.5 if node.op is sigmoid else 1.0) for (a, b), node in first])
    alone = all(
        uses[z] == len(members) and all(uses[node.inputs[0]] == 1 for _, node in members)
        for z, members in several.items()
    )
    half = scaled(list(several), halves, uses) if alone else None
    known: dict[Shape, tuple[Node, Node]] = {}
    new: dict[Node, Node] = {}
    for z, members in several.items():
        if z.shape not in known:
            # Of z's whole shape: repeating a row costs NumPy more than twice the time of reading an array.
            p, q = (constant(np.broadcast_to(row, z.shape), z.dtype) for row in (halves, 1.0 - halves))
            known[z.shape] = p, q
        p, q = known[z.shape]
        with absolute_scope(z.scope):
            y = tanh(half[z] if half else z * p) * p + q
            for _, node in members:
                new[node] = part_of(y, **node.inputs[0].attrs)
    return new
