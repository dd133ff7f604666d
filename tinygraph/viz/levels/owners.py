"""Which box of an unrolled drawing each node belongs to."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from tinygraph.graph import Graph, Node
from tinygraph.ops.leaf import Counter, Parameter
from tinygraph.viz.levels.labels import folded, weight_of
from tinygraph.viz.levels.origins import arranges
from tinygraph.viz.levels.scopes import Where, step_layers, where
from tinygraph.viz.outline import Weight


class Key(NamedTuple):
    """What tells one box from another: nodes of one key share a box.

    ``part`` is ``"after"`` for what a layer computes when its steps are done, and the node's number for a
    node that has a box of its own.
    """

    kind: str
    pass_: str
    layer: str
    step: int | None = None
    part: str = ""


class Owners:
    """Gives the nodes of a graph to boxes. A node without one is looked through, or is a layer's weight."""

    def __init__(self, graph: Graph):
        self.nodes = list(dict.fromkeys((*graph.nodes, *graph.leaves)))
        self.position = {node: number for number, node in enumerate(self.nodes)}
        self.stepped = step_layers(self.nodes)
        self.readers: dict[Node, list[Node]] = defaultdict(list)
        for node in self.nodes:
            for source in dict.fromkeys(node.inputs):
                self.readers[source].append(node)
        self._forward = {where(n.scope).layer for n in self.nodes if where(n.scope).pass_ == "forward"}
        self._after = self._find_after()
        self._roots = set(graph.roots)
        self.key: dict[Node, Key | None] = {}
        for number, node in reversed(list(enumerate(self.nodes))):
            self.key[node] = self._computed(node, number) if node.inputs else self._leaf(node, number)

    def _place(self, node: Node) -> Where:
        """Where a node belongs; the update of a weight belongs to the layer that has the weight."""
        place = where(node.scope)
        if place.pass_ != "update":
            return place
        parts = place.layer.split("/")
        layers = ("/".join(parts[:end]) for end in range(len(parts), 0, -1))
        return place._replace(layer=next((name for name in layers if name in self._forward), place.layer))

    def _computed(self, node: Node, number: int) -> Key | None:
        if node.op.picks:  # it belongs to what computes it
            return self._computed(node.inputs[0], self.position[node.inputs[0]])
        pass_, layer, step = self._place(node)
        if not layer:
            return Key("op", pass_, layer, part=str(number))
        if step is not None:
            return Key("cell", pass_, layer, step)
        if layer in self.stepped and node.inputs and arranges(node):
            return None
        return Key("layer", pass_, layer, part="after" if node in self._after else "")

    def _leaf(self, node: Node, number: int) -> Key | None:
        pass_, layer, step = self._place(node)
        own = Key(node.op.name, pass_, layer, part=str(number))
        if isinstance(node, Parameter):
            readers = (self.key[reader] for reader in self.readers[node])
            alone = any(key is not None and key.kind == "op" for key in readers)
            return own._replace(kind="param") if alone or node in self._roots else None
        if node.op.name == "input" or node in self._roots:
            return own
        if folded(node):
            return None
        inside = layer and (step is not None or layer not in self.stepped)
        return self._computed(node, number) if inside else own

    def _find_after(self) -> set[Node]:
        """The nodes outside of any step that need a step of their own layer and pass."""
        after: set[Node] = set()
        for node in self.nodes:
            here = where(node.scope)
            if here.step is None and here.layer in self.stepped:
                near = (source for source in node.inputs if where(source.scope)[:2] == here[:2])
                if any(source in after or where(source.scope).step is not None for source in near):
                    after.add(node)
        return after


def badges(owners: Owners) -> dict[tuple[str, str], tuple[Weight, ...]]:
    """Return the parameters without a box, by the pass and layer that show them: the first to read them."""
    found: dict[tuple[str, str], list[Weight]] = defaultdict(list)
    for node in owners.nodes:
        if isinstance(node, Parameter) and not isinstance(node, Counter) and owners.key[node] is None:
            keys = [key for reader in owners.readers[node] if (key := owners.key[reader]) is not None]
            if keys:
                first = min(keys, key=lambda key: ("forward", "update", "backward").index(key.pass_))
                found[first.pass_, first.layer].append(weight_of(node, first.layer))
    return {place: tuple(weights) for place, weights in found.items()}
