"""f(x), f(x) -> f(x), once: the same operation on the same inputs, and equal constants, are one node."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from tinygraph.graph import Graph, Node


def dedupe(graph: Graph) -> Graph:
    """Return ``graph`` with each value computed once."""
    first: dict[Hashable, Node] = {}
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        key = _key(node, new)
        if key is not None and first.setdefault(key, node) is not node:
            new[node] = first[key]
    return graph.substitute(new) if new else graph


def _key(node: Node, new: dict[Node, Node]) -> Hashable | None:
    """What two nodes of one value have in common; None for a leaf that is itself alone."""
    if node.inputs:
        sources = node.inputs
        if not new.keys().isdisjoint(sources):
            sources = tuple(new.get(source, source) for source in sources)
        return node.op, sources, node.dtype, attributes(node)
    if "number" in node.attrs:
        return node.op, node.shape, node.dtype, frozen(node.attrs["number"])
    return None


def attributes(node: Node) -> Hashable:
    """The attributes of a node, which equal another's only if they are the same."""
    return tuple(map(frozen, node.attrs.values())) if node.attrs else ()


def frozen(value: Any) -> Hashable:
    """A value that equals another only if it is the same: 0 is not 0.0, which is not -0.0."""
    if isinstance(value, tuple):
        return tuple(map(frozen, value))
    if isinstance(value, slice):
        return "slice", value.start, value.stop, value.step
    return type(value), repr(value) if isinstance(value, float) else value
