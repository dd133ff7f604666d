"""c ? x : 0 -> x & -c, c ? 0 : x -> x & (c - 1): what a mask lets through, by the bits of numbers.

Of c = 1 and 0, -c and c - 1 have all bits or none. Choosing takes NumPy seven times as long as multiplying,
& as long; and NaN does not come through, as it would by a factor of 0. The bits are made of what is known
early, and so for all time steps at once.
"""

from __future__ import annotations

from functools import cache

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import add, cast, full, multiply, where
from tinygraph.ops.bits import kept
from tinygraph.ops.same import is_number


def choices(graph: Graph) -> Graph:
    """Return ``graph`` with choices between floats and 0 made by bits."""
    new: dict[Node, Node] = {}
    row = cache(lambda width, dtype: full((width,), -1, dtype))  # one for all, so that time steps are alike
    number, bits = cache(cast), cache(lambda op, *inputs: op(*inputs))
    for node in graph.nodes:
        if node.op is not where or not _is_wide(node):
            continue
        condition, x, y = node.inputs
        for op, chosen, other in ((multiply, x, y), (add, y, x)):
            if is_number(other, 0.0) and (chosen.shape, chosen.dtype) == (node.shape, node.dtype):
                dtype = f"int{8 * node.dtype.itemsize}"
                with absolute_scope(node.scope):
                    c = number(condition, dtype=dtype)
                    new[node] = kept(chosen, bits(op, c, row(node.shape[-1], dtype)))
    return graph.substitute(new) if new else graph


def _is_wide(node: Node) -> bool:
    """Whether a choice is between floats, and for each of them, or for each of their rows."""
    alike = (node.shape, (*node.shape[:-1], 1))
    return node.dtype.kind == "f" and node.ndim > 0 and node.inputs[0].shape in alike
