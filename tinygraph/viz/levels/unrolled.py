"""The level ``unrolled``: a box for each time step of an unrolled layer, and one for every other layer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from tinygraph.graph import Graph, Node
from tinygraph.ops.leaf import Parameter
from tinygraph.viz.levels.labels import output_names
from tinygraph.viz.levels.links import Links
from tinygraph.viz.levels.origins import whole
from tinygraph.viz.levels.owners import Key, Owners, badges
from tinygraph.viz.levels.scopes import where, without_use
from tinygraph.viz.levels.states import state_names
from tinygraph.viz.levels.timeline import timeline
from tinygraph.viz.levels.wording import Wording
from tinygraph.viz.outline import Box, Edge, Group, Outline
from tinygraph.viz.text import shape_text


def unrolled(
    graph: Graph, *, steps: int | None = None, types: Mapping[str, str] | None = None, title: str = ""
) -> Outline:
    """Return the outline of a graph by layers and time steps, which are read from the nodes' scopes.

    Args:
        graph: an op graph; forward, backward and update are told apart by scope too.
        steps: how many time steps to draw; see `timeline`.
        types: the types of layers by name, for the boxes to say.
        title: the heading.
    """
    return _Unrolled(graph, steps, types or {}).outline(title)


class _Unrolled:
    """Boxes and edges of one graph. In the key of a box the step is the column that it is drawn in."""

    def __init__(self, graph: Graph, steps: int | None, types: Mapping[str, str]):
        self.owners = Owners(graph)
        self.links = Links(self.owners)
        self.time = timeline(self.links.lengths(), steps)
        self.badges = badges(self.owners)
        self.wording = Wording(self.links, self.time, types)
        self.members = self._members()
        self.ids = {key: f"b{number}" for number, key in enumerate(self.members)}
        self.flows = self._flows()
        self.names = output_names(graph)
        self.outputs = self._outputs()
        self.groups = self._groups()

    def outline(self, title: str) -> Outline:
        """Put the records together."""
        return Outline(
            "unrolled",
            title,
            tuple(self._box(key, nodes) for key, nodes in self.members.items()),
            tuple(self._edges()),
            tuple(self.groups.values()),
            self.time.headings,
            self.time.notes(),
        )

    def _members(self) -> dict[Key, list[Node]]:
        """The nodes of each box; the boxes layer by layer, and in a layer by time."""
        members: dict[Key, list[Node]] = {}
        for node in self.owners.nodes:
            if self.owners.key[node] is not None:
                for key in self.links.sources(node, whole(node)):
                    members.setdefault(self._drawn(key), []).append(node)
        first: dict[Key, int] = {}
        for number, key in enumerate(members):
            first.setdefault(key._replace(step=None), number)
        order = sorted(members, key=lambda key: (first[key._replace(step=None)], _time(key)))
        return {key: members[key] for key in order}

    def _drawn(self, key: Key) -> Key:
        return key if key.step is None else key._replace(step=self.time.column[key.step])

    def _flows(self) -> dict[tuple[Key, Key], list[tuple[Node, Node]]]:
        """The values, and their readers, between each two boxes."""
        flows: dict[tuple[Key, Key], list[tuple[Node, Node]]] = defaultdict(list)
        for link in self.links.all:
            target = self._drawn(self.links.key(link.reader))
            for key in self.links.sources(link.value, link.region):
                if self._drawn(key) != target:
                    flows[self._drawn(key), target].append((link.value, link.reader))
        return flows

    def _edges(self) -> Iterator[Edge]:
        for (source, target), values in self.flows.items():
            ends = self.ids[source], self.ids[target]
            if source.kind == target.kind == "cell" and source[1:3] == target[1:3]:
                value, reader = values[0]
                step = where((reader if source.pass_ == "backward" else value).scope).step or 0
                names = state_names(values, source.pass_, step)
                for value, name in sorted(names.items(), key=lambda named: named[1], reverse=True):
                    yield Edge(*ends, name, source.pass_, members=(self.owners.position[value],))
            else:
                saved = source.pass_ == "forward" and target.pass_ == "backward"
                members = tuple(dict.fromkeys(self.owners.position[value] for value, _ in values))
                yield Edge(*ends, "", source.pass_, saved, members)

    def _outputs(self) -> dict[Key, tuple[str, ...]]:
        """The names under which the values of each box are given out."""
        found: dict[Key, tuple[str, ...]] = {}
        for node, given in self.names.items():
            for value, region in self.links.origins(node):
                for key in map(self._drawn, self.links.sources(value, region)):
                    found[key] = tuple(dict.fromkeys((*found.get(key, ()), *given)))
        return found

    def _groups(self) -> dict[str, Group]:
        """The layers, and the inputs that have a box for each step."""
        groups: dict[str, Group] = {}
        for key, (node, *_) in self.members.items():
            name = _group_of(key)
            if not name or name in groups:
                continue
            id = f"g{len(groups)}"
            if key.kind == "input":
                groups[name] = Group(id, node.name, "Input", f"{node.dtype.name} {shape_text(node.shape)}")
            else:
                weights = self.badges.get(("forward", key.layer), ())
                first = without_use(key.layer)
                note = f"shares the weights of {first}" if first != key.layer and not weights else ""
                groups[name] = Group(id, key.layer, self.wording.type(key), note, weights)
        return groups

    def _box(self, key: Key, nodes: list[Node]) -> Box:
        group = self.groups.get(_group_of(key))
        badge = key.kind == "layer" and (key.layer not in self.owners.stepped or key.pass_ == "update")
        values = self._values(key, nodes)
        shapes = {self.wording.shape(key, value) for value in values}
        return Box(
            self.ids[key],
            self.wording.label(key, nodes),
            "ellipsis" if key.step in self.time.runs else key.kind,
            key.pass_,
            group.id if group else "",
            self._column(key, nodes),
            shape_text(shapes.pop()) if len(shapes) == 1 else "",
            values[-1].dtype.name,
            self.wording.box_type(key),
            self.wording.note(key, nodes),
            nodes[0].scope,
            self.outputs.get(key, ()),
            self.badges.get((key.pass_, key.layer), ()) if badge else (),
            shared=key.kind == "cell" and key.step not in self.time.runs and self._reads_weights(nodes),
            members=tuple(dict.fromkeys(self.owners.position[node] for node in nodes)),
        )

    @staticmethod
    def _reads_weights(nodes: list[Node]) -> bool:
        """Whether any of the nodes reads a weight."""
        return any(isinstance(source, Parameter) for node in nodes for source in node.inputs)

    def _column(self, key: Key, nodes: list[Node]) -> int | None:
        """The column of a step; sums over a backward pass stand where it ends, before the first."""
        if key.kind == "layer" and key.part == "after" and key.pass_ == "backward":
            return -1
        return key.step if key.step is not None else self.wording.begins(key, nodes)

    def _values(self, key: Key, nodes: list[Node]) -> list[Node]:
        """The values whose shape a box shows: what the graph gives out, or other boxes read."""
        inside = set(nodes)
        outside = {node: [r for r in self.owners.readers[node] if r not in inside] for node in nodes}
        given = [node for node in nodes if node in self.names]
        mine = [
            n for n, readers in outside.items() if any(where(r.scope).pass_ == key.pass_ for r in readers)
        ]
        return given or mine or [node for node in nodes if outside[node]] or nodes[-1:]


def _group_of(key: Key) -> str:
    """What a box is grouped by: its layer, or the input whose steps have a box each."""
    if key.kind == "input":
        return f"input {key.part}" if key.step is not None else ""
    return f"layer {key.layer}" if key.kind in ("cell", "layer", "constant") and key.layer else ""


def _time(key: Key) -> int:
    """When a step comes: going backward the last comes first."""
    step = key.step or 0
    return -step if key.pass_ == "backward" else step
