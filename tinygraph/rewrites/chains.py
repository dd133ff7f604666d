"""c(a(x), b(x)) -> fused(x) of elementwise a, b, c: runs of small operations as one call.

A region is one call of several results, so no value may leave it and come back. Levels see to that: along
an edge inside a region the level stays, along every other one it rises; and so it would on a way back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tinygraph.graph import Graph, Node, Shape, absolute_scope
from tinygraph.ops import concat, input
from tinygraph.ops.fused import fused, part

#: The most operands that the operations of a region have together, and of one of them: compiling takes time
#: that grows with them. A step of an LSTM has about 60.
LARGEST, WIDEST = 200, 64


def chains(graph: Graph) -> Graph:
    """Return ``graph`` with every region of two or more elementwise operations as one `Fused` node."""
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
    if not node.op.scalar or len(node.inputs) > WIDEST:
        return None
    to_whole = node.dtype.kind == "i" and any(source.dtype.kind == "f" for source in node.inputs)
    return None if to_whole else node.shape  # of NaN as a whole number every processor has another idea


class _Regions:
    """Finds regions in a few passes over the nodes, each linear in their number."""

    def __init__(self, graph: Graph):
        self.nodes = graph.nodes
        self.roots = set(graph.roots)
        self.space = {node: space(node) if node.inputs else None for node in self.nodes}
        self.users: dict[Node, list[Node]] = defaultdict(list)
        for node in self.nodes:
            for source in node.inputs:
                self.users[source].append(node)
        self.level: dict[Node, int] = {}
        self.leaving: dict[Node, int] = {}  # how many users of a value stand outside of its region
        self._rise()
        self._sink()

    def joined(self, source: Node, node: Node) -> bool:
        """Whether an edge may lie within a region."""
        wide = self.space[source]
        return wide is not None and wide == self.space[node] and source.op is not concat

    def together(self, source: Node, node: Node) -> bool:
        """Whether an edge does."""
        return self.level[source] == self.level[node] and self.joined(source, node)

    def _rise(self) -> None:
        """Each node as early as its inputs allow."""
        for node in self.nodes:
            levels = [self.level[s] + (not self.joined(s, node)) for s in node.inputs]
            self.level[node] = max(levels, default=0)
        for node in self.nodes:
            self.leaving[node] = sum(not self.together(node, u) for u in self.users[node])
            self.leaving[node] += node in self.roots

    def _sink(self) -> None:
        """What only one later region needs moves there, where that makes no more values cross over.

        So 1 - y², which a gradient asks for, is computed of y where it is needed, and not kept since.
        """
        for node in reversed(self.nodes):
            users = self.users[node]
            if self.space[node] is None or node in self.roots or not users:
                continue
            later = self.level[users[0]]
            if later == self.level[node]:
                continue
            if all(self.level[u] == later and self.joined(node, u) for u in users):
                left = {s for s in node.inputs if self.together(s, node)}
                if sum(not self.leaving[s] for s in left) <= 1:
                    self.level[node] = later
                    self.leaving[node] = 0
                    for source in left:
                        self.leaving[source] += 1

    def found(self) -> list[tuple[list[Node], list[Node]]]:
        """Return each region's nodes in order, and those of them that are wanted outside."""
        regions = [part for nodes in self._connected() for part in _split(nodes) if len(part) > 1]
        home = {node: number for number, nodes in enumerate(regions) for node in nodes}
        return [
            (nodes, [n for n in nodes if n in self.roots or any(home.get(u) != k for u in self.users[n])])
            for k, nodes in enumerate(regions)
        ]

    def _connected(self) -> Iterable[list[Node]]:
        """The nodes that edges within a region hold together."""
        leader: dict[Node, Node] = {}
        for node in self.nodes:
            if self.space[node] is not None:
                leader[node] = node
                for source in node.inputs:
                    if source in leader and self.together(source, node):
                        leader[_find(leader, source)] = _find(leader, node)
        regions: dict[Node, list[Node]] = defaultdict(list)
        for node in leader:
            regions[_find(leader, node)].append(node)
        return regions.values()


def _split(nodes: list[Node]) -> Iterator[list[Node]]:
    """Parts of a region that are not too large. Nothing leads from a later part back to an earlier one."""
    part: list[Node] = []
    size = 0
    for node in nodes:
        if part and size + len(node.inputs) > LARGEST:
            yield part
            part, size = [], 0
        part.append(node)
        size += len(node.inputs)
    yield part


def _find(leader: dict[Node, Node], node: Node) -> Node:
    while leader[node] is not node:
        leader[node] = leader[leader[node]]
        node = leader[node]
    return node


def _inner(
    nodes: Sequence[Node], results: Iterable[Node], known: dict[Any, Graph]
) -> tuple[list[Node], Graph]:
    """Return the inputs of a region and its graph; regions that are alike share one graph."""
    place: dict[Node, int] = {}
    inputs: list[Node] = []
    members = {node: k for k, node in enumerate(nodes)}
    recipe: list[Any] = []
    for node in nodes:
        sources: list[Any] = []
        for source in node.inputs:
            if source in members:
                sources.append((members[source],))
            elif _is_number(source):
                sources.append(
                    (
                        repr(source.attrs.get("number", source.attrs["value"].flat[0])),
                        source.dtype,
                        source.shape,
                    )
                )
            else:
                if source not in place:
                    place[source] = len(inputs)
                    inputs.append(source)
                sources.append(place[source])
        recipe.append((node.op, tuple(sources), repr(sorted(node.attrs.items())), node.shape, node.dtype))
    wanted = tuple(members[node] for node in results)
    key = (tuple(recipe), tuple((node.shape, node.dtype) for node in inputs), wanted)
    if key not in known:
        new: dict[Node, Node] = {n: input(str(k), n.shape, n.dtype) for k, n in enumerate(inputs)}
        for node in nodes:
            new[node] = node.with_inputs(tuple(new.get(source, source) for source in node.inputs))
        known[key] = Graph({str(k): new[nodes[w]] for k, w in enumerate(wanted)})
    return inputs, known[key]


def _is_number(node: Node) -> bool:
    """Whether a leaf is one fixed number everywhere."""
    if node.inputs or "value" not in node.attrs:
        return False
    value = node.attrs["value"]
    return value.size == 1 or (value.size > 0 and not any(value.strides))
