"""The level ``cell``: the operations of one time step, and what comes in and goes out on all sides.

States come in from the left and leave to the right; going backward, their gradients come from the right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tinygraph.graph import Graph, Node
from tinygraph.ops.leaf import Parameter
from tinygraph.viz.levels.borders import Borders, Port
from tinygraph.viz.levels.labels import attributes, folded, number_of, operation, output_names, weight_of
from tinygraph.viz.levels.links import Links
from tinygraph.viz.levels.owners import Owners
from tinygraph.viz.levels.scopes import part, type_of, where
from tinygraph.viz.levels.steps import chosen_step, steps_of
from tinygraph.viz.outline import Box, Edge, Group, Outline
from tinygraph.viz.text import shape_text

_GROUP = "g0"


def every_cell(
    graph: Graph, *, passes: Sequence[str], types: Mapping[str, str] | None = None
) -> Iterator[tuple[str, int, Outline]]:
    """Yield the layer, the number and the outline of every time step that has something of ``passes``."""
    links = Links(Owners(graph))
    for layer, steps in steps_of(links).items():
        for step in steps:
            borders = Borders(links, layer, step, passes)
            yield layer, step, _Cell(graph, links, borders, types or {}).outline("")


def cell(
    graph: Graph,
    *,
    layer: str | None = None,
    step: int | None = None,
    passes: Sequence[str] = ("forward",),
    types: Mapping[str, str] | None = None,
    title: str = "",
) -> Outline:
    """Return the outline of one time step of a recurrent layer.

    Args:
        graph: an op graph; layers and steps are read from the nodes' scopes, and so are gates and states.
        layer: the layer's scope, or its name; by default the first one that has steps.
        step: the number of the step; by default one in the middle, so that a state comes in.
        passes: of "forward" and "backward", those that are drawn.
        types: the types of layers by scope.
        title: the heading.

    Raises:
        ValueError: no such layer or step, or nothing of it in these passes.
    """
    links = Links(Owners(graph))
    layer, step = chosen_step(links, layer, step)
    outline = _Cell(graph, links, Borders(links, layer, step, passes), types or {}).outline(title)
    if "update" in passes and any(where(node.scope).pass_ == "update" for node in graph.nodes):
        note = "The update belongs to no step; level='unrolled' draws it."
        return replace(outline, notes=(*outline.notes, note))
    return outline


class _Cell:
    """Boxes and edges of one step."""

    def __init__(self, graph: Graph, links: Links, borders: Borders, types: Mapping[str, str]):
        self.links, self.borders, self.types = links, borders, types
        self.outputs = self._outputs(output_names(graph))
        self.said = {
            source: weight_of(source, borders.layer).name
            if isinstance(source, Parameter)
            else number_of(source) or ""
            for node in borders.inside
            for source in node.inputs
            if isinstance(source, Parameter) or folded(source)
        }
        self.incoming = borders.incoming(self.said)
        self.outgoing = list(borders.outgoing())
        self.position = links.owners.position
        nodes = [*self.incoming, *borders.inside]
        self.ids: dict[Node, str] = {node: f"b{number}" for number, node in enumerate(nodes)}

    def outline(self, title: str) -> Outline:
        """Put the records together."""
        ports = [self._port(self.ids[node], port, "input", [node]) for node, port in self.incoming.items()]
        ops = [self._box(node) for node in self.borders.inside]
        first = len(self.ids)
        outs = [
            self._port(f"b{first + k}", port, "output", values)
            for k, (port, values) in enumerate(self.outgoing)
        ]
        edges = [*self._edges()]
        for out, (_, values) in zip(outs, self.outgoing, strict=True):
            edges += [self._edge(value, out.id) for value in values]
        heading = (f"t = {self.borders.step}",)
        boxes = (*ports, *ops, *outs)
        return Outline("cell", title, boxes, tuple(edges), (self._group(),), heading, self._notes())

    def _notes(self) -> tuple[str, ...]:
        """Which step it is, and how to see others."""
        layer, layers = self.borders.layer, steps_of(self.links)
        steps = layers[layer]
        note = f"Step {self.borders.step} of the steps {min(steps)} to {max(steps)} of {layer}"
        others = [name for name in layers if name != layer][:1]
        ways = [
            *(f"steps={s}" for s in steps[-1:] if len(steps) > 1),
            *(f"layer={name!r}" for name in others),
        ]
        return (f"{note}; {' or '.join(ways)} draws another." if ways else f"{note}.",)

    def _group(self) -> Group:
        layer = self.borders.layer
        weights = dict.fromkeys(p for p in self.said if isinstance(p, Parameter))
        shown = tuple(weight_of(p, layer) for p in weights)
        return Group(_GROUP, layer, type_of(layer, self.types), weights=shown)

    def _port(self, id: str, port: Port, kind: str, values: Sequence[Node]) -> Box:
        inside = _GROUP if port.column is not None else ""
        said = (id, port.label, kind, port.pass_, inside, port.column, port.shape, port.dtype)
        return Box(*said, note=port.note, members=tuple(self.position[value] for value in values))

    def _box(self, node: Node) -> Box:
        pass_ = where(node.scope).pass_
        name, said = self.borders.names.get(node, ""), operation(node, self.said)
        if name in self.borders.part_names.values() and not part(node.scope):
            name = ""  # a mask's choice between the part and the state before goes out by the part's name
        within = self.borders.part_names.get(part(node.scope), "") if pass_ == "backward" else ""
        shared = any(isinstance(source, Parameter) for source in node.inputs)
        return Box(
            self.ids[node],
            name or (said if node.inputs else number_of(node) or node.label),
            "op" if node.inputs else node.op.name,
            pass_,
            _GROUP,
            0,
            shape_text(node.shape),
            node.dtype.name,
            type=said if name else "",
            note=attributes(node) or (within and f"at {within}"),
            scope=node.scope,
            outputs=self.outputs.get(node, ()),
            shared=shared,
            members=(self.position[node],),
        )

    def _outputs(self, names: Mapping[Node, tuple[str, ...]]) -> dict[Node, tuple[str, ...]]:
        """The names under which values of the step are given out."""
        found: dict[Node, tuple[str, ...]] = defaultdict(tuple)
        for node, given in names.items():
            for value, _ in self.links.origins(node):
                found[value] = tuple(dict.fromkeys((*found[value], *given)))
        return found

    def _edges(self) -> Iterator[Edge]:
        for node in self.borders.inside:
            for source in dict.fromkeys(node.inputs):
                if source in self.ids:
                    yield self._edge(source, self.ids[node], where(node.scope).pass_)

    def _edge(self, value: Node, target: str, read_in: str = "") -> Edge:
        """An edge from a value; ``read_in`` is the pass of an operation that reads it."""
        pass_ = where(value.scope).pass_
        saved = pass_ == "forward" and read_in == "backward"
        return Edge(self.ids[value], target, "", pass_, saved, (self.position[value],))
