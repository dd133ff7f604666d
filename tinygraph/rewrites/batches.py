"""(A, B) (C, D) -> (A C, B D), and Σ_k A_k -> A_0 + A_1 + ...: a few products in a batch, one by one.

A batch spares NumPy calls. Where a call costs nothing, it only keeps what its products are made of, and what
becomes of them, from being computed together with all else of the shape of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import add_n, concat, matmul, reshape, stack, sum, transpose

#: the longest batch that is taken apart: the gates of an LSTM are four
LONGEST = 4

Matrices = Sequence[Node]


def batches(graph: Graph) -> Graph:
    """Return ``graph`` with small batches of products, and short sums of matrices, matrix by matrix."""
    if not any(_is_product(node) or _is_sum(node) for node in graph.nodes):
        return graph
    apart = _apart(graph)
    found: dict[Node, Matrices] = {}
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        with absolute_scope(node.scope):
            if node in apart:
                made_of = apart[node]
                found[node] = [_matrix(node, k, found) if made_of else node[k] for k in range(len(node))]
            if _is_product(node):
                new[node] = stack(found[node])
            elif _is_sum(node):
                new[node] = add_n(*found[node.inputs[0]])
            elif _is_row(node):
                new[node] = concat(found[node.inputs[0].inputs[0]], axis=1)
    return graph.substitute(new)


def _apart(graph: Graph) -> dict[Node, bool]:
    """The nodes that are wanted matrix by matrix, and whether they can be made so of their inputs."""
    apart: dict[Node, bool] = {}
    whole = set(graph.roots)
    for node in reversed(graph.nodes):
        if _is_product(node) or (node in apart and node not in whole and _goes_by_matrix(node)):
            apart[node] = True
        if _is_sum(node) or apart.get(node):
            apart.update({source: False for source in node.inputs if source.ndim == 3})
        else:
            whole.update(node.inputs)
    return apart


def _matrix(node: Node, k: int, found: Mapping[Node, Matrices]) -> Node:
    """Matrix k of a node, made of those of its inputs; one that is alone serves for all."""
    sources = []
    for source in node.inputs:
        several = found.get(source, [source])
        sources.append(several[k if len(several) > 1 else 0])
    if node.op is concat:
        return concat(sources, axis=node.attrs["axis"] - 1)
    if node.op is transpose:
        return transpose(sources[0])
    return node.op(*sources, **node.attrs)


def _goes_by_matrix(node: Node) -> bool:
    """Whether each matrix of a node is made of one of each input, or of a whole input."""
    if node.op is concat:
        return bool(node.attrs["axis"] > 0)
    if node.op is transpose:
        return bool(node.attrs["axes"] == (0, 2, 1))
    return bool(node.inputs and node.op.scalar)


def _is_batch(node: Node) -> bool:
    return node.ndim == 3 and 1 < len(node) <= LONGEST


def _is_product(node: Node) -> bool:
    """Whether a node is a small batch of products, none of which has a factor with another."""
    return (
        node.op is matmul and _is_batch(node) and all(source.shape[0] == len(node) for source in node.inputs)
    )


def _is_sum(node: Node) -> bool:
    """Whether a node is the sum of a few matrices, which are of its dtype."""
    if node.op is not sum or node.attrs["axis"] != (0,) or node.attrs["keepdims"]:
        return False
    return node.dtype == node.inputs[0].dtype and _is_batch(node.inputs[0])


def _is_row(node: Node) -> bool:
    """Whether a node shows a batch of products side by side."""
    if node.op is not reshape or node.inputs[0].op is not transpose:
        return False
    (turned,) = node.inputs
    beside = node.shape[:-1] == turned.shape[:1] and turned.attrs["axes"] == (1, 0, 2)
    return beside and _is_product(turned.inputs[0])
