"""Which sizes of a model are open: it is traced with others, and they are if the graph stays the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.exchange.onnx.probes import MORE, Open, Probes
from tinygraph.graph import Graph, Node
from tinygraph.nn.graphed import Graphed
from tinygraph.ops import input

#: what an open batch is in the first trace
BATCH = 5

#: Operations whose emitters see to attributes that differ from trace to trace.
SIZED = {"reshape", "broadcast_to"}

Trace = tuple[Sequence[Node], Graph]


def probed(model: Graphed, trace: Callable[[Graphed, list[Node]], Graph], times: bool) -> Probes:
    """Return the traces of a model: with another batch, and, if ``times``, with other numbers of time steps.

    Raises:
        ValueError: what it computes depends on the size of the batch.
    """
    title = f"{model.title}.export"
    batch = next((layer.batch_size for layer in model.family if layer.batch_size), None)
    shapes = [(batch or BATCH, *symbol.shape) for symbol in model.inputs]

    def traced(sizes: Mapping[tuple[int, int], int]) -> Trace:
        nodes = []
        for k, (symbol, shape) in enumerate(zip(model.inputs, shapes, strict=True)):
            with_these = tuple(sizes.get((k, axis), size) for axis, size in enumerate(shape))
            nodes.append(input(symbol.name, with_these, dtype=symbol.dtype))
        return nodes, trace(model, nodes)

    traces, sizes = [traced({})], []
    if batch is None:
        whole = Open("batch", tuple((k, 0) for k in range(len(shapes))), BATCH)
        found = with_other(whole, traces, traced)
        if not found:
            raise ValueError(
                f"{title}: what it computes depends on the size of the batch. Give its Input a batch_size, "
                "for a file that takes batches of that size."
            )
        traces, sizes = [*traces, *found], [whole]
    for each in times_of(model) if times else ():
        known = any(set(each.axes) & set(size.axes) for size in sizes)
        if not known and (found := with_other(each, traces, traced)):
            traces, sizes = [*traces, *found], [*sizes, each]
    return Probes(title, traces, sizes)


def times_of(model: Graphed) -> Iterable[Open]:
    """The axes that may be time, of samples (time, features) and of ids and masks, (time): those of one size
    together, then each alone."""
    groups: dict[int, list[int]] = {}
    for k, symbol in enumerate(model.inputs):
        if symbol.ndim == 2 or (symbol.ndim == 1 and symbol.dtype.kind != "f"):
            groups.setdefault(symbol.shape[0], []).append(k)
    for size, places in groups.items():
        for together in [places, *([k] for k in places if len(places) > 1)]:
            alone = len(groups) == 1 and together is places
            name = "time" if alone else f"time_{model.inputs[together[0]].name}"
            yield Open(name, tuple((k, 1) for k in together), size)


def with_other(size: Open, known: Sequence[Trace], traced: Callable[[Any], Trace]) -> list[Trace]:
    """Return the traces with other numbers for a size; none if they are not the same graph."""
    try:
        traces = [traced(dict.fromkeys(size.axes, size.size + more)) for more in MORE]
    except Exception:  # some weight, or the user's own code, was made for this size
        return []
    return traces if alike([graph for _, graph in [*known, *traces]]) else []


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
    if one.op.name == "slice":  # x[:, -1] has another number for each size
        a, b = (tuple(0 if isinstance(i, int) else i for i in node.attrs["index"]) for node in (one, other))
        return a == b
    return one.op.name in SIZED or one.attrs == other.attrs


def same_array(a: Any, b: Any) -> bool:
    """Whether two arrays have the same elements, NaN counted as itself."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def filled(a: np.ndarray[Any, Any]) -> bool:
    """Whether all elements are one number."""
    return a.size > 0 and bool((a == a.flat[0]).all())
