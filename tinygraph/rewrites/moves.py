"""f(a) + f(b) -> f(a + b), and concat(f(a), f(b)) -> f(concat(a, b)): what moves elements is done once.

f is a view, or what puts a slice into zeros. A weight that every time step sees through a view has T
gradients that go back through it; when only their sum does, the products stand in that sum themselves. And
what is joined as it was computed is written where it belongs, which a view of it is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import add_n, concat, place, reshape, transpose
from tinygraph.rewrites.dedupe import attributes


def sums(graph: Graph) -> Graph:
    """Return ``graph`` with values added before all of them are moved in the same way."""
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.op is add_n:
            groups: dict[Hashable, list[Node]] = defaultdict(list)
            for number, term in enumerate(node.inputs):
                groups[_move(term) or number].append(term)
            if len(groups) < len(node.inputs):
                with absolute_scope(node.scope):
                    totals = [_total(terms) for terms in groups.values()]
                    new[node] = totals[0] if len(totals) == 1 else add_n(*totals)
    return graph.substitute(new) if new else graph


def _move(node: Node) -> Hashable | None:
    """What nodes that move elements in the same way have in common, if they keep all that they move."""
    if not node.inputs or not (node.op.view or node.op is place):
        return None
    (source,) = node.inputs
    return (node.op, source.shape, attributes(node)) if node.size >= source.size else None


def _total(terms: Sequence[Node]) -> Node:
    """The sum, moved after the adding, if there are several."""
    moves = []
    while len(terms) > 1 and _move(terms[0]) and len({_move(term) for term in terms}) == 1:
        moves.append(terms[0])
        terms = [term.inputs[0] for term in terms]
    total = terms[0] if len(terms) == 1 else add_n(*terms)
    for move in reversed(moves):
        total = move.op(total, **move.attrs)
    return total


def joins(graph: Graph) -> Graph:
    """Return ``graph`` with values joined before all of them are seen through the same view."""
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.op is concat and len(node.inputs) > 1:
            parts, axis = node.inputs, node.attrs["axis"]
            views = []
            while (inner := _axis_within(parts, axis)) is not None:
                views.append((parts[0], axis))
                parts, axis = tuple(part.inputs[0] for part in parts), inner
            if views:
                with absolute_scope(node.scope):
                    whole = concat(parts, axis=axis)
                    for view, outer in reversed(views):
                        whole = _seen(whole, view, outer, node.shape[node.attrs["axis"]])
                new[node] = whole
    return graph.substitute(new) if new else graph


def _axis_within(parts: Sequence[Node], axis: int) -> int | None:
    """The axis along which what the parts are views of can be joined instead of them, or None."""
    first = parts[0]
    if first.op not in (transpose, reshape) or len({_move(part) for part in parts}) > 1:
        return None
    if first.op is transpose:
        return int(first.attrs["axes"][axis])
    return axis if first.shape[: axis + 1] == first.inputs[0].shape[: axis + 1] else None


def _seen(whole: Node, view: Node, axis: int, size: int) -> Node:
    """The same view of the whole as of a part; the whole has ``size`` along an axis of the view."""
    if view.op is transpose:
        return transpose(whole, axes=view.attrs["axes"])
    return reshape(whole, shape=(*view.shape[:axis], size, *view.shape[axis + 1 :]))
