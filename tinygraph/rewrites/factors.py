"""(d · a) · b -> d · (a · b): what is known early is multiplied first, and what a recurrence brings last.

The slopes dc · g · (i · (1 - i)) of a gate then take one product at a step of the way back; the others need
the way forward alone, and can be made for all steps at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import multiply


def factors(graph: Graph) -> Graph:
    """Return ``graph`` with products of three or more factors multiplied in the order of their depth."""
    uses = graph.uses
    depth: dict[Node, int] = {}
    pairs: dict[frozenset[Node], Node] = {}
    inner: set[Node] = set()
    tops: list[Node] = []
    for node in graph.nodes:
        depth[node] = 1 + max(map(depth.__getitem__, node.inputs), default=0)
        if node.op is multiply:
            # A smaller product stays: to multiply its factors one by one would take more multiplications.
            within = [x for x in node.inputs if x.op is multiply and uses[x] == 1 and x.shape == node.shape]
            inner.update(within)
            if within:
                tops.append(node)
            else:
                pairs.setdefault(frozenset(node.inputs), node)
    new: dict[Node, Node] = {}
    for node in tops:
        if node not in inner:
            found = sorted(_factors(node, inner), key=depth.__getitem__)
            *_, before, late = found
            if depth[before] < depth[late] and late not in node.inputs and _one_dtype(node, found):
                new[node] = _product(node, found, pairs)
    return graph.substitute(new) if new else graph


def _one_dtype(node: Node, found: Sequence[Node]) -> bool:
    """Whether no factor would be rounded otherwise than in the product as it is."""
    return all(factor.dtype == node.dtype for factor in found)


def _factors(node: Node, inner: set[Node]) -> list[Node]:
    """What is multiplied in ``node``, from left to right."""
    found: list[Node] = []
    stack = [node]
    while stack:
        top = stack.pop()
        if top is node or top in inner:
            stack.extend(reversed(top.inputs))
        else:
            found.append(top)
    return found


def _product(node: Node, ordered: Sequence[Node], pairs: dict[frozenset[Node], Node]) -> Node:
    """Return the product from left to right; the first two may have met elsewhere."""
    total, *others = ordered
    with absolute_scope(node.scope):
        for factor in others:
            met = pairs.get(frozenset((total, factor)))
            total = multiply(total, factor) if met is None else met
    return total
