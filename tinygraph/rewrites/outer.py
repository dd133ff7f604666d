"""x W -> x · W where x has one column and W one row: an outer product is elementwise.

BLAS takes 41 µs for (640, 1) times (1, 64), NumPy 10 µs: the kernel of a sequence of one feature.
"""

from __future__ import annotations

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import matmul, multiply


def outer(graph: Graph) -> Graph:
    """Return ``graph`` with outer products as products of elements."""
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.op is matmul and node.inputs[0].shape[-1] == 1:
            with absolute_scope(node.scope):
                new[node] = multiply(*node.inputs)
    return graph.substitute(new) if new else graph
