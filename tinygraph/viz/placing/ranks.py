"""How deep each thing of a graph lies: its rank, the longest path that leads to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

V = TypeVar("V", bound=Hashable)


def ranks(order: Sequence[V], edges: Iterable[tuple[V, V]]) -> dict[V, int]:
    """Return the rank of each of ``order``: 0 without a source, else one more than its deepest source.

    Edges that go back in ``order``, as boxes that stand for several nodes may have them, do not count.
    What has no more sources than targets then sinks as deep as its targets let it: an input stands
    above what reads it, not at the top.

    >>> ranks("abcd", [("a", "b"), ("b", "d"), ("c", "d")])
    {'a': 0, 'b': 1, 'c': 1, 'd': 2}
    """
    position = {vertex: index for index, vertex in enumerate(order)}
    sources: dict[V, set[V]] = defaultdict(set)
    targets: dict[V, set[V]] = defaultdict(set)
    for source, target in edges:
        if position[source] < position[target]:
            sources[target].add(source)
            targets[source].add(target)
    rank: dict[V, int] = {}
    for vertex in order:
        rank[vertex] = max((rank[source] + 1 for source in sources[vertex]), default=0)
    for vertex in reversed(order):
        if targets[vertex] and len(sources[vertex]) <= len(targets[vertex]):
            rank[vertex] = min(rank[target] for target in targets[vertex]) - 1
    return rank
