"""Open sizes: what in a graph depends on the size of the batch, or on the number of time steps.

An op graph has numbers for sizes. The same model traced with other sizes is the same graph with other
numbers, and these tell which are a size, or a multiple of one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tinygraph.graph import Graph, Node

#: what an open size is more by in the traces that are made for it
MORE = (1, 7)


@dataclass(frozen=True)
class Open:
    """An open size: its name, the (input, axis) pairs that have it, and what it is in the first trace."""

    name: str
    axes: tuple[tuple[int, int], ...]
    size: int


class Product:
    """``factor`` times some of the open sizes."""

    def __init__(self, factor: int, sizes: Sequence[Open]):
        self.factor = factor
        self.sizes = sizes

    def __str__(self) -> str:
        numbers = [str(self.factor)] if self.factor != 1 or not self.sizes else []
        return "*".join([*numbers, *(size.name for size in self.sizes)])


class Probes:
    """A graph, and the same traced for each open size with other numbers: first without, then `MORE` each."""

    def __init__(
        self,
        title: str,
        traces: Sequence[tuple[Sequence[Node], Graph]],
        sizes: Sequence[Open] = (),
    ):
        self.title = title
        self.sizes = sizes
        self.inputs, self.graph = traces[0]
        every = zip(*([*inputs, *graph.nodes] for inputs, graph in traces), strict=True)
        #: node of the first trace -> that node in all traces
        self.twins: dict[Node, tuple[Node, ...]] = {twins[0]: twins for twins in every}

    def product(self, values: Sequence[int]) -> Product | None:
        """What is ``values`` in the traces, as a multiple of open sizes; None if it is none."""
        found = []
        for k, size in enumerate(self.sizes):
            seen = values[1 + k * len(MORE) :][: len(MORE)]
            if any(value != values[0] for value in seen):
                if any(v * size.size != values[0] * (size.size + n) for v, n in zip(seen, MORE, strict=True)):
                    return None
                found.append(size)
        return Product(values[0] // math.prod(size.size for size in found), found)

    def dimensions(self, node: Node) -> list[Product | None]:
        """The sizes of a node's axes."""
        return self.products([twin.shape for twin in self.twins[node]])

    def products(self, shapes: Iterable[Sequence[int]]) -> list[Product | None]:
        """The sizes of axes, from what the shape is in the traces."""
        return [self.product(values) for values in zip(*shapes, strict=True)]
