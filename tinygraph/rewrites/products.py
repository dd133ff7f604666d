"""Σ_t a_tᵀ g_t -> (all a)ᵀ (all g), and Σ_t Σ_rows g_t -> Σ_rows (all g): a weight's gradient over time.

A weight that is used at every time step gets its gradient as a sum of T small products. One product of all
rows does the adding inside. Of a batch of products each has rows of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import add_n, concat, matmul, matrix_transpose, sum, transpose

#: the rows that a term of the sum is made of
Rows = tuple[Node, ...]


def products(graph: Graph) -> Graph:
    """Return ``graph`` with sums of products, and of sums of rows, over all rows at once."""
    place = {node: step for step, node in enumerate(graph.nodes)}
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.op is add_n:
            terms: Sequence[Node] = node.inputs
            with absolute_scope(node.scope):
                for rows_of, joined in ((_factors, _product), (_summed, _sum)):
                    terms = _joined(terms, rows_of, joined, place)
            if len(terms) < len(node.inputs):
                new[node] = terms[0] if len(terms) == 1 else add_n(*terms)
    return graph.substitute(new) if new else graph


def _joined(
    terms: Sequence[Node],
    rows_of: Callable[[Node], Rows | None],
    joined: Callable[..., Node],
    place: dict[Node, int],
) -> Sequence[Node]:
    """Return the terms with those of one kind made one."""
    times = Counter(terms)
    found = {term: rows for term in times if (rows := rows_of(term)) is not None}
    if len(found) < 2 or any(times[term] > 1 for term in found):
        return terms
    # Gradients come last step first; the last computed goes first, so that steps stand in order.
    ordered = sorted(found.values(), key=lambda rows: -place[rows[-1]])
    total = joined(*(concat(column, axis=-2) for column in zip(*ordered, strict=True)))
    return [total, *(term for term in terms if term not in found)]


def _factors(term: Node) -> Rows | None:
    """(a, g) of a term aᵀ g."""
    if term.op is not matmul:
        return None
    left, g = term.inputs
    *batch, rows, columns = range(left.ndim)
    if left.op is not transpose or left.attrs["axes"] != (*batch, columns, rows):
        return None
    if left.shape[:-2] != g.shape[:-2] or not left.dtype == g.dtype == term.dtype:
        return None  # one matrix for a whole batch, or of another type than in the next term
    return left.inputs[0], g


def _product(a: Node, g: Node) -> Node:
    return matmul(matrix_transpose(a), g)


def _summed(term: Node) -> Rows | None:
    """(g,) of a term that is the sum over all rows of a matrix g."""
    if term.op is not sum or term.inputs[0].ndim != 2 or term.inputs[0].dtype != term.dtype:
        return None
    return term.inputs if term.attrs["axis"] == (0,) and not term.attrs["keepdims"] else None


def _sum(g: Node) -> Node:
    return sum(g, axis=0)
