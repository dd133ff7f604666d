"""f(x, w) in one float type -> cast(w) into another, and f in that one: another precision."""

from __future__ import annotations

import numpy as np

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import Parameter, cast, constant, full, input


def retype(graph: Graph, dtype: np.dtype) -> Graph:
    """Return ``graph`` computing in ``dtype``. Parameters keep their own type, and are cast at the border."""
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        with absolute_scope(node.scope):
            new[node] = _retyped(node, new, dtype)
    updates = {}
    for leaf, node in graph.updates.items():
        updates[leaf] = new[node] if new[node].dtype == leaf.dtype else cast(new[node], dtype=leaf.dtype)
    return Graph({name: new[node] for name, node in graph.outputs.items()}, updates)


def _retyped(node: Node, new: dict[Node, Node], dtype: np.dtype) -> Node:
    if node.inputs:
        attrs = dict(node.attrs)
        if attrs.get("dtype", dtype) != dtype and node.dtype.kind == "f":
            attrs["dtype"] = dtype
        sources = [new[source] for source in node.inputs]
        made: Node = node.op(*sources, **attrs)
        if node.dtype.kind == "f" and made.dtype != dtype:  # a float made of whole numbers
            made = node.op(*(cast(source, dtype=dtype) for source in sources), **attrs)
        return made
    if node.dtype.kind != "f" or node.dtype == dtype:
        return node
    if isinstance(node, Parameter):
        return cast(node, dtype=dtype)
    if node.op.fed:
        return input(node.name, node.shape, dtype=dtype)
    if "number" in node.attrs:
        return full(node.shape, node.attrs["number"], dtype=dtype)
    return constant(node.attrs["value"], dtype=dtype, name=node.name)
