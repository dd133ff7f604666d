"""What the boxes of an unrolled drawing say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tinygraph.graph import Node
from tinygraph.viz.levels.labels import attributes, folded, number_of, operation
from tinygraph.viz.levels.links import Links
from tinygraph.viz.levels.owners import Key
from tinygraph.viz.levels.scopes import type_of, where
from tinygraph.viz.levels.timeline import Timeline
from tinygraph.viz.text import subscript

PREFIX = {"forward": "", "backward": "∂ ", "update": "update "}


class Wording:
    """Label, note and shape of a box, from its key (with the column as step) and its nodes."""

    def __init__(self, links: Links, time: Timeline, types: Mapping[str, str]):
        self.links = links
        self.time = time
        self.types = types

    def type(self, key: Key) -> str:
        """Return the type of a box's layer, where it is known."""
        return type_of(key.layer, self.types)

    def box_type(self, key: Key) -> str:
        """Return the type that a box says below its name; a cell's label is its type."""
        return self.type(key) if key.kind == "layer" and key.pass_ == "forward" and not key.part else ""

    def label(self, key: Key, nodes: Sequence[Node]) -> str:
        """Return the first line."""
        if key.step in self.time.runs:
            return "⋯"
        if key.kind == "cell":
            return PREFIX[key.pass_] + (self.type(key) or key.layer.rpartition("/")[2])
        if key.kind == "layer":
            return PREFIX[key.pass_] + key.layer
        if key.kind == "input" and key.step is not None:
            return f"x{subscript(self.time.column.index(key.step))}"
        if key.kind == "op":
            said = {source: number_of(source) or "" for source in nodes[0].inputs if folded(source)}
            return operation(nodes[0], said)
        return nodes[0].name or number_of(nodes[0]) or nodes[0].label

    def note(self, key: Key, nodes: Sequence[Node]) -> str:
        """Return the second line."""
        if key.step in self.time.runs:
            return f"{len(self.time.runs[key.step])} steps"
        if key.kind == "cell":
            return self.time.headings[key.step or 0]
        if key.kind == "op":
            return attributes(nodes[0])
        if key.kind == "layer":
            return "" if self.box_type(key) else _counted(nodes)
        return "initial state" if self.begins(key, nodes) is not None else ""

    def begins(self, key: Key, nodes: Sequence[Node]) -> int | None:
        """Return the column of an initial state: before the first or after the last, None if it is none.

        It is a constant that one step of its layer reads, going forward through the graph.
        """
        if key.kind != "constant" or key.layer not in self.links.owners.stepped:
            return None
        places = (where(reader.scope) for reader in self.links.owners.readers[nodes[0]])
        steps = {place.step for place in places if place.pass_ == "forward"}
        if len(steps) != 1:
            return None
        return -1 if steps == {0} else len(self.time.headings)

    def shape(self, key: Key, value: Node) -> tuple[int, ...]:
        """Return the shape that a box shows: of a step of an input, without the axis of time."""
        axis = self.links.axis.get(value)
        if key.kind != "input" or axis is None:
            return value.shape
        return (*value.shape[:axis], *value.shape[axis + 1 :])


def _counted(nodes: Sequence[Node]) -> str:
    """The operations of a box: by name and number if they are few."""
    count = Counter(node.op.name for node in nodes if node.inputs and not node.op.picks)
    if len(count) > 2:
        return f"{count.total()} operations"
    return ", ".join(name if times == 1 else f"{times} × {name}" for name, times in count.items())
