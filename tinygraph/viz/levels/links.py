"""Which values go from box to box in an unrolled drawing, and from which steps of an input."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from tinygraph.graph import Node
from tinygraph.viz.levels.origins import Origins, Part, Region, whole
from tinygraph.viz.levels.owners import Key, Owners


class Link(NamedTuple):
    """A value, or a region of it, that a node of another box reads."""

    value: Node
    region: Region
    reader: Node


class Links:
    """All links of a graph. An input that the steps take apart has a box for each step, along ``axis``."""

    def __init__(self, owners: Owners):
        self.owners = owners
        self._origins = Origins(lambda node: owners.key[node] is None)
        self.all = list(self._find())
        self.axis = self._sequences()

    def _find(self) -> Iterator[Link]:
        for reader in self.owners.nodes:
            if self.owners.key[reader] is not None:
                for source in dict.fromkeys(reader.inputs):
                    yield from (Link(*part, reader) for part in self.origins(source))

    def origins(self, node: Node) -> list[Part]:
        """Return what a value comes from that has a box: itself if it has one."""
        if self.owners.key[node] is not None:
            return [(node, whole(node))]
        return [part for part in self._origins.of(node) if self.owners.key[part[0]] is not None]

    def _sequences(self) -> dict[Node, int]:
        """Find the inputs of which steps read one index each, and the axis that the indices are on."""
        axes: dict[Node, set[int]] = defaultdict(set)
        for value, region, reader in self.all:
            if value.op.name == "input" and self.key(reader).kind == "cell":
                axes[value] |= {
                    axis
                    for axis, (size, (first, last)) in enumerate(zip(value.shape, region, strict=True))
                    if last - first == 1 < size
                }
        return {value: found.pop() for value, found in axes.items() if len(found) == 1}

    def key(self, node: Node) -> Key:
        """Return the box of a node that has one."""
        key = self.owners.key[node]
        assert key is not None
        return key

    def sources(self, value: Node, region: Region) -> list[Key]:
        """Return the boxes that a region of a value comes from: of a sequence, one for each step."""
        if value not in self.axis:
            return [self.key(value)]
        return [self.key(value)._replace(step=step) for step in range(*region[self.axis[value]])]

    def lengths(self) -> Iterator[int]:
        """Yield, for everything that has steps, how many they are."""
        for value, axis in self.axis.items():
            yield value.shape[axis]
        last: dict[str, int] = {}
        for key in self.owners.key.values():
            if key is not None and key.step is not None:
                last[key.layer] = max(key.step, last.get(key.layer, 0))
        yield from (step + 1 for step in last.values())
