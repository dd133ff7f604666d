"""The level ``ops``: a box for every operation and every leaf."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from tinygraph.graph import Graph, Node
from tinygraph.ops.leaf import Parameter
from tinygraph.viz.levels.adoption import adopted_steps
from tinygraph.viz.levels.labels import (
    attributes,
    folded,
    number_of,
    operation,
    output_names,
    result_shape,
    weight_of,
)
from tinygraph.viz.levels.scopes import type_of, where
from tinygraph.viz.levels.timeline import timeline
from tinygraph.viz.outline import Box, Edge, Group, Outline

#: What a box stands for: a node, or (pass, layer, column) for steps that are left out.
Owner = Node | tuple[str, str, int]


def operations(
    graph: Graph, *, steps: int | None = None, types: Mapping[str, str] | None = None, title: str = ""
) -> Outline:
    """Return the outline of a graph, node by node.

    A number is no box: the operation that reads it says it, as in ``multiply(·, 0.125)``. So it is with
    the weights that the steps of an unrolled layer share.
    """
    return _Operations(graph, steps, types or {}).outline(title)


class _Operations:
    """Boxes and edges of one graph."""

    def __init__(self, graph: Graph, steps: int | None, types: Mapping[str, str]):
        self.types = types
        self.nodes = graph.nodes
        self.position = {node: number for number, node in enumerate(self.nodes)}
        self.names = output_names(graph)
        self.readers: dict[Node, list[Node]] = defaultdict(list)
        for node in self.nodes:
            for source in dict.fromkeys(node.inputs):
                self.readers[source].append(node)
        self.step = adopted_steps(self.nodes, self.readers)
        lengths: Counter[str] = Counter()
        for node, step in self.step.items():
            lengths[where(node.scope).layer] = max(lengths[where(node.scope).layer], step + 1)
        self.stepped = set(lengths)
        self.time = timeline(lengths.values(), steps)
        self.said = self._said()
        self.owner = {node: self._owner(node) for node in self.nodes if node not in self.said}
        self.groups = self._groups()

    def outline(self, title: str) -> Outline:
        """Put the records together."""
        members: dict[Owner, list[Node]] = defaultdict(list)
        for node, owner in self.owner.items():
            members[owner].append(node)
        ids = {owner: f"b{number}" for number, owner in enumerate(members)}
        boxes = tuple(self._box(ids[owner], owner, nodes) for owner, nodes in members.items())
        groups = tuple(self.groups.values())
        edges = tuple(self._edges(ids))
        return Outline("ops", title, boxes, edges, groups, self.time.headings, self.time.notes())

    def _said(self) -> dict[Node, str]:
        """The leaves that their readers say: numbers, and weights that several steps share."""
        said: dict[Node, str] = {}
        for node in self.nodes:
            if node.inputs or node in self.names or not self.readers[node]:
                continue
            if folded(node):
                said[node] = number_of(node) or ""
            steps = {self.step.get(reader) for reader in self.readers[node]} - {None}
            if isinstance(node, Parameter) and len(steps) > 1:
                said[node] = node.name
        return said

    def _owner(self, node: Node) -> Owner:
        """What has the box of a node: itself; of one of several values, what computes them all."""
        node = node.inputs[0] if node.op.picks else node
        column = self._column(node)
        return (*where(node.scope)[:2], column) if column in self.time.runs and column is not None else node

    def _column(self, node: Node) -> int | None:
        """The column of time; before it stand initial states, and what adds up over a backward pass."""
        step = self.step.get(node)
        if step is not None:
            return -1 if step == 0 and not node.inputs else self.time.column[step]
        place = where(node.scope)
        inputs = [source for source in node.inputs if source not in self.said]
        sums = place.pass_ == "backward" and place.layer in self.stepped and len(inputs) > 1
        within = all(source in self.step and where(source.scope)[:2] == place[:2] for source in inputs)
        return -1 if sums and within else None

    def _groups(self) -> dict[str, Group]:
        """The layers of a graph with time steps, and the weights that steps share."""
        groups: dict[str, Group] = {}
        for node in self.nodes if self.stepped else ():
            layer = where(node.scope).layer
            if layer and layer not in groups and node not in self.said:
                shared = (p for p in self.said if isinstance(p, Parameter) and where(p.scope).layer == layer)
                weights = tuple(weight_of(p, layer) for p in shared)
                type_ = type_of(layer, self.types)
                groups[layer] = Group(f"g{len(groups)}", layer, type_, weights=weights)
        return groups

    def _box(self, id: str, owner: Owner, nodes: list[Node]) -> Box:
        node = nodes[0]
        members = tuple(self.position[member] for member in nodes)
        pass_, layer, _ = where(node.scope)
        group = self.groups[layer].id if layer in self.groups else ""
        if isinstance(owner, tuple):
            note = f"{len(self.time.runs[owner[2]])} steps"
            return Box(
                id, "⋯", "ellipsis", pass_, group, owner[2], note=note, scope=node.scope, members=members
            )
        if node.inputs:
            label, kind = operation(node, self.said), "op"
        else:
            label = number_of(node) or node.label
            kind = "param" if isinstance(node, Parameter) else node.op.name
        return Box(
            id,
            label,
            kind,
            pass_,
            group,
            self._column(node),
            result_shape(node),
            node.dtype.name,
            note=attributes(node) if node.inputs else "",
            scope=node.scope,
            outputs=tuple(name for member in nodes for name in self.names.get(member, ())),
            shared=any(isinstance(source, Parameter) and source in self.said for source in node.inputs),
            members=members,
        )

    def _edges(self, ids: dict[Owner, str]) -> Iterator[Edge]:
        values: dict[tuple[Owner, Owner], dict[Node, Node]] = defaultdict(dict)
        for node, target in self.owner.items():
            for source in node.inputs:
                owner = self.owner.get(source, target)
                if owner != target:
                    values[owner, target].setdefault(source, node)
        for (owner, target), readers in values.items():
            source, reader = next(iter(readers.items()))
            pass_ = where(source.scope).pass_
            saved = pass_ == "forward" and where(reader.scope).pass_ == "backward"
            members = tuple(self.position[each] for each in readers)
            yield Edge(ids[owner], ids[target], "", pass_, saved, members)
