"""What goes in and out of one time step of a layer: where it comes from, where it goes, its name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from tinygraph.graph import Node
from tinygraph.viz.levels.labels import number_of
from tinygraph.viz.levels.links import Links
from tinygraph.viz.levels.owners import Key
from tinygraph.viz.levels.parts import parts, shown_parts
from tinygraph.viz.levels.scopes import part, where
from tinygraph.viz.levels.states import state_names
from tinygraph.viz.levels.wording import PREFIX
from tinygraph.viz.text import few, shape_text, subscript


class Port(NamedTuple):
    """A value at the border of a step. The column is that of a `Box`: -1 is left of the step, 1 right."""

    label: str
    note: str
    pass_: str
    column: int | None
    shape: str = ""
    dtype: str = ""


class Borders:
    """The nodes ``inside`` a step, and its ports."""

    def __init__(self, links: Links, layer: str, step: int, passes: Sequence[str]):
        self.links, self.layer, self.step = links, layer, step
        self.passes = [name for name in passes if name != "update"]
        own = {Key("cell", pass_, layer, step) for pass_ in self.passes}
        self.inside = [node for node in links.owners.nodes if links.owners.key[node] in own]
        if not self.inside:
            asked = " and ".join(passes)
            raise ValueError(
                f"draw: the steps of {layer!r} have nothing of the {asked} pass; see level 'unrolled'."
            )
        #: what values are called: gates and states by their scopes, other states by what reads them
        self.names = self._state_names()
        forward: dict[int, list[Node]] = defaultdict(list)
        for node in links.owners.nodes:
            place = where(node.scope)
            if place[:2] == ("forward", layer) and place.step is not None:
                forward[place.step].append(node)
        for number, nodes in forward.items():
            found = parts(nodes)
            for name, shown in shown_parts(found, number).items():
                self.names[found[name]] = shown
        #: what the parts of this step are called, in the backward pass too
        self.part_names = shown_parts(parts(forward[step]), step)

    def _state_names(self) -> dict[Node, str]:
        """The names of what goes from step to step."""
        flows: dict[tuple[str, int], list[tuple[Node, Node]]] = defaultdict(list)
        for value, _, reader in self.links.all:
            source, target = self.links.key(value), self.links.key(reader)
            if self._is_neighbour(source, target) and self.step in (source.step, target.step):
                number = target.step if source.pass_ == "backward" else source.step
                flows[source.pass_, number or 0].append((value, reader))
        found: dict[Node, str] = {}
        for (pass_, number), values in flows.items():
            found |= {node: name for node, name in state_names(values, pass_, number).items() if name}
        return found

    def _is_neighbour(self, one: Key, other: Key) -> bool:
        """Whether both are steps of the layer, other ones, in one pass."""
        return one[:3] == other[:3] == ("cell", one.pass_, self.layer) and one.step != other.step

    def incoming(self, said: Collection[Node]) -> dict[Node, Port]:
        """Return what comes in, apart from what readers ``said`` themselves."""
        inside = set(self.inside)
        sources = (source for node in self.inside for source in node.inputs)
        return {
            source: self._entry(source)
            for source in dict.fromkeys(sources)
            if source not in inside and source not in said
        }

    def _entry(self, source: Node) -> Port:
        """Where a value comes from."""
        pass_ = where(source.scope).pass_
        origins = self.links.origins(source)
        keys = list(dict.fromkeys(key for origin in origins for key in self.links.sources(*origin)))
        value = origins[0][0] if origins else source
        shown = shape_text(source.shape), source.dtype.name
        name = self.names.get(value, "")
        place = ", ".join(few([self._place(key) for key in keys]))
        if any(key.layer == self.layer and key.kind == "cell" for key in keys):
            same = keys[0].step == self.step
            note = "of the forward pass" if same else f"from {place}"
            column = 0 if same else 1 if pass_ == "backward" else -1
            return Port(name or value.op.name, note, pass_, column, *shown)
        if value.op.name == "constant":
            begins = pass_ == "forward" and source.scope == self.layer
            return Port(number_of(value) or value.label, "initial state" * begins, pass_, -1, *shown)
        if value is source and any(key.layer == self.layer for key in keys):  # as a mask of dropout
            return Port(place, "the same at every step", pass_, None, *shown)
        if pass_ == "forward" and value is not source and source.dtype.kind != "b":  # cut out of a sequence
            name = f"x{subscript(self.step)}"
        elif pass_ == "forward" and (state := part(value.scope)):
            name = shown_parts([state], where(value.scope).step or 0)[state]
        if name:
            return Port(name, f"from {place}", pass_, None, *shown)
        return Port(place or value.label, "", pass_, None, *shown)

    def outgoing(self) -> Iterator[tuple[Port, list[Node]]]:
        """Yield what goes out, and the values that do: those without a name by where they go."""
        own = {self.links.owners.key[node] for node in self.inside}
        goes: dict[Node, dict[Key, None]] = defaultdict(dict)
        for link in self.links.all:
            source, target = self.links.key(link.value), self.links.key(link.reader)
            if source in own and target not in own and target.pass_ in self.passes:
                goes[link.value][target] = None
        ports: dict[tuple[Node | None, str], list[Node]] = defaultdict(list)
        for value in self.inside:
            if value in goes:
                to = ", ".join(few([self._place(key) for key in goes[value]]))
                ports[value if value in self.names else None, to].append(value)
        for (_, to), values in ports.items():
            yield self._exit(to, values, [*goes[values[0]]]), values

    def _exit(self, to: str, values: Sequence[Node], keys: Sequence[Key]) -> Port:
        """Where a value goes, or several without names that go to one place."""
        pass_ = where(values[0].scope).pass_
        aside = any(key.layer == self.layer for key in keys)
        column = (-1 if pass_ == "backward" else 1) if aside else None
        if values[0] not in self.names:
            sums = any(key.part == "after" for key in keys)
            return Port(to, "sums over all steps" * sums, pass_, column)
        name = self.names[values[0]]
        return Port(name, f"to {to}", pass_, column, shape_text(values[0].shape), values[0].dtype.name)

    def _place(self, key: Key) -> str:
        """What another box is called from here."""
        prefix = PREFIX[key.pass_]
        if key.kind == "cell":
            step = f"t = {key.step}"
            return prefix + (step if key.layer == self.layer else f"{key.layer} at {step}")
        if key.kind in ("layer", "constant") and key.layer:
            return prefix + key.layer
        return prefix + self.links.owners.nodes[int(key.part)].label
