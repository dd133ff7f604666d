"""x y + z -> affine(x, y, z): a product that begins with what it is added to saves a pass over memory."""

from __future__ import annotations

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import add, add_n, affine, matmul


def accumulated(graph: Graph) -> Graph:
    """Return ``graph`` with sums of a value and a product, wanted nowhere else, as one operation."""
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.op not in (add, add_n) or len(node.inputs) != 2:
            continue
        for product, other in (node.inputs[::-1], node.inputs):
            if product.op is matmul and graph.uses[product] == 1 and _goes_along(other, product, node):
                with absolute_scope(node.scope):
                    new[node] = affine(*product.inputs, other)
                break
    return graph.substitute(new) if new else graph


def _goes_along(other: Node, product: Node, total: Node) -> bool:
    """Whether the other value has the rows of the product, or is one row for all of them."""
    rows = other.shape in (total.shape, total.shape[1:], (1, *total.shape[1:]))
    alike = product.shape == total.shape and other.dtype == product.dtype == total.dtype
    return rows and alike and total.ndim == 2
