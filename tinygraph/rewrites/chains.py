"""c(a(x), b(x)) -> fused(x) of elementwise a, b, c: runs of small operations as one call.

A region is one call of several results, so no value may leave it and come back. Levels see to that: along
an edge inside a region the level stays, along every other one it rises; and so it would on a way back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tinygraph.graph import Graph, Node, Shape, absolute_scope
from tinygraph.ops import concat, copy, input
from tinygraph.ops.fused import fused, has_formula, part
from tinygraph.ops.same import number_of

#: The most operands that the operations of a region have together, and of one of them: compiling takes time
#: that grows with them. A step of an LSTM has about 60.
LARGEST, WIDEST = 200, 64


def chains(graph: Graph) -> Graph:
    """Return ``graph`` with every region of elementwise operations as one `Fused` node."""
    regions = _Regions(graph).found()
    new: dict[Node, Node] = {}
    known: dict[Any, Graph] = {}
    for nodes, results in regions:
        inputs, inner = _inner(nodes, results, known)
        with absolute_scope(nodes[-1].scope):
            whole = fused(*inputs, graph=inner)
            for index, node in enumerate(results):
                new[node] = part(whole, index=index)
    return graph.substitute(new) if new else graph


def space(node: Node) -> Shape | None:
    """The shape that an operation runs over element by element, or None if it is not of that kind.

    A concat of equal shares along the last axis runs over the shape of a share.
    """
    if node.op is concat:
        share = node.inputs[0]
        alike = all(source.shape == share.shape for source in node.inputs)
        last = node.attrs["axis"] == node.ndim - 1
        return share.shape if alike and last and len(node.inputs) > 1 else None
    return node.shape if has_formula(node) and len(node.inputs) <= WIDEST else None


class _Regions:
    """Finds regions in a few passes, each linear in the number of nodes, which are numbers here."""

    def __init__(self, graph: Graph):
        self.nodes = graph.nodes
        number = {node: k for k, node in enumerate(self.nodes)}
        self.roots = {number[root] for root in graph.roots}
        self.inputs = [[number[source] for source in node.inputs] for node in self.nodes]
        self.users: list[list[int]] = [[] for _ in self.nodes]
        for k, sources in enumerate(self.inputs):
            for source in sources:
                self.users[source].append(k)
        # An edge may lie in a region if what its source offers is what its end takes: the same space.
        spaces: dict[Shape, int] = {}
        own = [space(node) if node.inputs else None for node in self.nodes]
        self.takes = [-1 if wide is None else spaces.setdefault(wide, len(spaces)) for wide in own]
        ends = [taken < 0 or node.op is concat for taken, node in zip(self.takes, self.nodes, strict=True)]
        self.offers = [-2 if end else taken for end, taken in zip(ends, self.takes, strict=True)]
        self.level = [0] * len(self.nodes)
        self._rise()
        self._sink()

    def together(self, source: int, node: int) -> bool:
        """Whether an edge lies in a region."""
        return self.level[source] == self.level[node] and self.offers[source] == self.takes[node]

    def _rise(self) -> None:
        """Each node as early as its inputs allow."""
        level, offers = self.level, self.offers
        for k, sources in enumerate(self.inputs):
            taken, highest = self.takes[k], 0
            for source in sources:
                highest = max(highest, level[source] + (offers[source] != taken))
            level[k] = highest

    def _sink(self) -> None:
        """What only one later region needs moves there, where that makes no more values cross over.

        So 1 - y², which a gradient asks for, is computed of y where it is needed, and not kept since.
        """
        level, offers, takes = self.level, self.offers, self.takes
        # how many users of a value stand outside of its region
        leaving = [sum([not self.together(k, u) for u in users]) for k, users in enumerate(self.users)]
        for k in range(len(self.nodes) - 1, -1, -1):
            users = self.users[k]
            if takes[k] < 0 or k in self.roots or not users or level[users[0]] == level[k]:
                continue
            later = level[users[0]]
            if all(level[u] == later and takes[u] == offers[k] for u in users):
                left = {source for source in self.inputs[k] if self.together(source, k)}
                if sum(not leaving[source] and source not in self.roots for source in left) <= 1:
                    level[k], leaving[k] = later, 0
                    for source in left:
                        leaving[source] += 1

    def found(self) -> list[tuple[list[Node], list[Node]]]:
        """Return each region's nodes in order, and those of them that are wanted outside."""
        parts = [part for nodes in self._connected() for part in self._split(nodes)]
        regions = [part for part in parts if len(part) > 1 or not self._is_copy(*part)]
        home = [-1] * len(self.nodes)
        for number, region in enumerate(regions):
            for k in region:
                home[k] = number
        named = []
        for number, region in enumerate(regions):
            wanted = [k for k in region if k in self.roots or any(home[u] != number for u in self.users[k])]
            named.append(([self.nodes[k] for k in region], [self.nodes[k] for k in wanted]))
        return named

    def _is_copy(self, k: int) -> bool:
        """Whether this only puts numbers elsewhere, which takes no arithmetic."""
        return self.nodes[k].op in (copy, concat)

    def _connected(self) -> Iterable[list[int]]:
        """The nodes that edges within a region hold together."""
        leader = list(range(len(self.nodes)))
        for k, sources in enumerate(self.inputs):
            for source in sources:
                if self.together(source, k):
                    leader[_find(leader, source)] = _find(leader, k)
        regions: dict[int, list[int]] = defaultdict(list)
        for k, taken in enumerate(self.takes):
            if taken >= 0:
                regions[_find(leader, k)].append(k)
        return regions.values()

    def _split(self, region: list[int]) -> Iterator[list[int]]:
        """Parts of a region that are not too large; nothing leads from a later one back to an earlier one."""
        part: list[int] = []
        size = 0
        for k in region:
            operands = len(self.inputs[k])
            if part and size + operands > LARGEST:
                yield part
                part, size = [], 0
            part.append(k)
            size += operands
        yield part


def _find(leader: list[int], k: int) -> int:
    while leader[k] != k:
        leader[k] = leader[leader[k]]
        k = leader[k]
    return k


def _inner(
    nodes: Sequence[Node], results: Iterable[Node], known: dict[Any, Graph]
) -> tuple[list[Node], Graph]:
    """Return the inputs of a region and its graph; regions that are alike share one graph."""
    place: dict[Node, int] = {}
    inputs: list[Node] = []
    members = {node: k for k, node in enumerate(nodes)}
    recipe: list[Any] = []
    outside = [source for node in nodes for source in node.inputs if source not in members]
    # of numbers alone it would be a node without inputs, which is a leaf
    some = any(number_of(source) is None for source in outside)
    for node in nodes:
        sources: list[Any] = []
        for source in node.inputs:
            if source in members:
                sources.append((members[source],))
            elif some and (value := number_of(source)) is not None:
                number = repr(source.attrs.get("number", value))
                sources.append((number, source.dtype, source.shape))
            else:
                if source not in place:
                    place[source] = len(inputs)
                    inputs.append(source)
                sources.append(place[source])
        attrs = repr(sorted(node.attrs.items())) if node.attrs else ""
        recipe.append((node.op, tuple(sources), attrs, node.shape, node.dtype))
    wanted = tuple(members[node] for node in results)
    key = (tuple(recipe), tuple((node.shape, node.dtype) for node in inputs), wanted)
    if key not in known:
        new: dict[Node, Node] = {n: input(str(k), n.shape, n.dtype) for k, n in enumerate(inputs)}
        for node in nodes:
            new[node] = node.with_inputs(tuple(new.get(source, source) for source in node.inputs))
        known[key] = Graph({str(k): new[nodes[w]] for k, w in enumerate(wanted)})
    return inputs, known[key]
