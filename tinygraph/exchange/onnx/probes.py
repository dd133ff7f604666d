"""Open sizes: what in a graph depends on the size of the batch, or on the number of time steps.

An op graph has numbers for sizes. The same model traced with other sizes is the same graph with other
numbers, and these tell which are a size, or a multiple of one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.graph import Graph, GraphError, Node
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.symbol import Symbol
from tinygraph.ops import input

#: What the batch is in the first trace, and what open sizes are more by in the others.
BATCH, MORE = 5, (1, 7)

#: Operations whose emitters see to attributes that differ from trace to trace.
SIZED = {"reshape", "broadcast_to", "constant", "slice"}


@dataclass(frozen=True)
class Open:
    """An open size: its name in the file, the inputs' axes that have it, and what it is in the first trace."""

    name: str
    axes: tuple[tuple[Symbol, int], ...]
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
    """A model traced with several sizes, which are one graph but for those."""

    def __init__(self, model: Graphed, trace: Callable[[Graphed, list[Node]], Graph], times: bool = True):
        self.model = model
        self._trace = trace
        self.sizes: list[Open] = []
        self.traces = [self._traced({})]
        self._open_batch()
        for size in self._times() if times else ():
            self._open(size)
        twins = zip(*(graph.nodes for graph in self.traces), strict=True)
        #: node of the first trace -> that node in all traces
        self.twins: dict[Node, tuple[Node, ...]] = {each[0]: each for each in twins}

    @property
    def graph(self) -> Graph:
        """The first trace."""
        return self.traces[0]

    def product(self, values: Sequence[int]) -> Product | None:
        """What a number that is ``values`` in the traces is as a multiple of open sizes; None if it is none."""
        found, probed = [], values[1:]
        for k, size in enumerate(self.sizes):
            seen = probed[k * len(MORE) : (k + 1) * len(MORE)]
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

    def _open_batch(self) -> None:
        if self.model.batch_size is None:
            batch = Open("batch", tuple((symbol, 0) for symbol in self.model.inputs), BATCH)
            if not self._open(batch):
                raise ValueError(
                    f"{self.model.title}.export: what it computes depends on the size of the batch. "
                    "Give its Input a batch_size, for a file that takes batches of that size."
                )

    def _times(self) -> Iterable[Open]:
        """The sizes of the first axes of samples, which may be time: inputs of one size together, or each alone."""
        groups: dict[int, list[Symbol]] = {}
        for symbol in self.model.inputs:
            if symbol.shape:
                groups.setdefault(symbol.shape[0], []).append(symbol)
        for size, symbols in groups.items():
            name = "time" if len(groups) == 1 else f"time_{symbols[0].name}"
            before = len(self.sizes)
            yield Open(name, tuple((symbol, 1) for symbol in symbols), size)
            if len(symbols) > 1 and len(self.sizes) == before:
                yield from (Open(f"time_{s.name}", ((s, 1),), size) for s in symbols)

    def _open(self, size: Open) -> bool:
        """Trace with other numbers for one size, and keep it open if the graph is the same."""
        try:
            traces = [self._traced({axis: size.size + more for axis in size.axes}) for more in MORE]
        except GraphError:  # some weight was made for this size
            return False
        if not alike([*self.traces, *traces]):
            return False
        self.sizes.append(size)
        self.traces += traces
        return True

    def _traced(self, sizes: Mapping[tuple[Symbol, int], int]) -> Graph:
        nodes = []
        for symbol in self.model.inputs:
            shape = [self.model.batch_size or BATCH, *symbol.shape]
            for axis in range(len(shape)):
                shape[axis] = sizes.get((symbol, axis), shape[axis])
            nodes.append(input(symbol.name, tuple(shape), dtype=symbol.dtype))
        return self._trace(self.model, nodes)


def alike(graphs: Sequence[Graph]) -> bool:
    """Whether graphs are one graph but for sizes."""
    if len({len(graph.nodes) for graph in graphs}) > 1:
        return False
    places = [{node: k for k, node in enumerate(graph.nodes)} for graph in graphs]
    for twins in zip(*(graph.nodes for graph in graphs), strict=True):
        first = twins[0]
        inputs = {tuple(place[s] for s in node.inputs) for place, node in zip(places, twins, strict=True)}
        if len(inputs) > 1 or any(node.op is not first.op or node.ndim != first.ndim for node in twins):
            return False
        if not all(same_attributes(first, node) for node in twins):
            return False
    roots = {tuple(place[root] for root in graph.roots) for place, graph in zip(places, graphs, strict=True)}
    return len(roots) == 1


def same_attributes(one: Node, other: Node) -> bool:
    """Whether two nodes are the same but for sizes that are seen to."""
    if one.op.name == "param":
        return one is other
    if one.op.name == "constant":
        a, b = one.attrs["value"], other.attrs["value"]
        return same_array(a, b) or (filled(a) and filled(b) and same_array(a.flat[:1], b.flat[:1]))
    if one.op.name == "slice":
        pairs = zip(one.attrs["index"], other.attrs["index"], strict=True)
        return all(a == b or isinstance(a, int) and isinstance(b, int) for a, b in pairs)
    return one.op.name in SIZED or one.attrs == other.attrs


def same_array(a: Any, b: Any) -> bool:
    """Whether two arrays have the same elements, NaN counted as itself."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def filled(a: np.ndarray[Any, Any]) -> bool:
    """Whether all elements are one number."""
    return a.size > 0 and bool((a == a.flat[0]).all())
