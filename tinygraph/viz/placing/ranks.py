"""How deep each thing of a graph lies: its rank, the longest path that leads to it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from heapq import heappop, heappush
from typing import TypeVar

V = TypeVar("V", bound=Hashable)


def ranks(order: Sequence[V], edges: Iterable[tuple[V, V]]) -> dict[V, int]:
    """Return the rank of each of ``order``: 0 without a source, else one more than its deepest source.

    Of a circle, as boxes that stand for several nodes may make, the edges that go back in ``order`` do not
    count. What has no more sources than targets then sinks as deep as its targets let it: an input stands
    above what reads it, not at the top.

    >>> ranks("abcd", [("a", "b"), ("b", "d"), ("c", "d")])
    {'a': 0, 'b': 1, 'c': 1, 'd': 2}
    """
    edges = list(edges)
    order = sources_first(order, edges)
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


def sources_first(order: Sequence[V], edges: Iterable[tuple[V, V]]) -> list[V]:
    """Return ``order`` with everything behind its sources, as far as there are no circles (Kahn 1962).

    >>> sources_first("dab", [("a", "d"), ("d", "b"), ("b", "d")])
    ['a', 'd', 'b']
    """
    position = {vertex: index for index, vertex in enumerate(order)}
    targets: dict[V, set[V]] = defaultdict(set)
    for source, target in edges:
        targets[source].add(target)
    missing = Counter(target for found in targets.values() for target in found)
    ready = [index for index, vertex in enumerate(order) if not missing[vertex]]
    waiting = iter(order)
    found: dict[V, None] = {}
    while len(found) < len(order):
        if not ready:  # only circles are left: the first of them waits for nothing
            ready = [next(position[vertex] for vertex in waiting if vertex not in found)]
        vertex = order[heappop(ready)]
        if vertex in found:
            continue
        found[vertex] = None
        for target in targets[vertex]:
            missing[target] -= 1
            if not missing[target]:
                heappush(ready, position[target])
    return list(found)
