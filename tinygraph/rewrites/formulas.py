"""softmax(x) -> e / Σ e, ...: an operation as the formula that its kernel computes.

A cross-entropy and its slope are of the same exponentials, which dedupe then finds; and what is elementwise
can be fused.
"""

from __future__ import annotations

from tinygraph import ops
from tinygraph.graph import Graph, Node, absolute_scope


def formulas(graph: Graph) -> Graph:
    """Return ``graph`` with the parts of each operation that has a formula."""
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.inputs and node.op.formula is not None and _plain(node):
            with absolute_scope(node.scope):
                new[node] = node.op.formula(ops, *node.inputs, **node.attrs)
    return graph.substitute(new) if new else graph


def _plain(node: Node) -> bool:
    """Whether there are numbers, of one dtype."""
    return all(each.size and each.dtype == node.dtype for each in node.inputs)
