"""x Wᵀ, y Wᵀ, ... -> x V, y V, ... with V = copy(Wᵀ): a right factor is read row by row, so its rows are laid
in order once. For backends whose products need that; the Wᵀ of a gradient serves every time step."""

from __future__ import annotations

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import affine, copy, matmul


def untransposed(graph: Graph) -> Graph:
    """Return ``graph`` with a copy of each transposed right factor of products of matrices."""
    copies: dict[Node, Node] = {}
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.op in (matmul, affine) and _is_turned(node.inputs[1]):
            left, right, *added = node.inputs
            if right not in copies:
                with absolute_scope(right.scope):
                    copies[right] = copy(right)
            new[node] = node.with_inputs((left, copies[right], *added))
    return graph.substitute(new) if new else graph


def _is_turned(node: Node) -> bool:
    """Whether this is a matrix turned round; a row or a column lies the same both ways."""
    return node.op.name == "transpose" and node.attrs["axes"] == (1, 0) and min(node.shape) > 1
