"""f(a, b)[:, i:j] -> f(a[:, i:j], b[:, i:j]): where an elementwise result is only used in shares.

The gates of an LSTM are computed as one row and used as four quarters. Slicing what goes in, which costs
nothing, lets everything from the products to the new state run over one shape, and so in one call.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import slice as part_of

Span = tuple[int, int]


def shares(graph: Graph) -> Graph:
    """Return ``graph`` with elementwise results computed in the shares that they are used in."""
    wanted = _wanted(graph)
    made: dict[tuple[Node, Span], Node] = {}
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        if node in wanted:
            for span in wanted[node]:
                with absolute_scope(node.scope):
                    sources = [_share(source, node, span, made) for source in node.inputs]
                    made[node, span] = node.op(*sources, **node.attrs)
        elif node.op is part_of and node.inputs[0] in wanted:
            new[node] = made[node.inputs[0], span_of(node)]  # type: ignore[index]
    return graph.substitute(new) if new else graph


def _wanted(graph: Graph) -> dict[Node, set[Span]]:
    """The shares that each elementwise node is used in, if they are apart and it is not used otherwise."""
    uses: dict[Node, set[Span]] = defaultdict(set)
    whole = set(graph.roots)  # nodes that are used otherwise
    wanted: dict[Node, set[Span]] = {}
    for node in reversed(graph.nodes):
        if node.inputs and node.op.scalar and node in uses and node not in whole and _apart(uses[node]):
            wanted[node] = uses[node]
            for source in node.inputs:
                if source.shape == node.shape:
                    uses[source] |= uses[node]
                else:
                    whole.add(source)
            continue
        span = span_of(node) if node.op is part_of else None
        if span is not None:
            uses[node.inputs[0]].add(span)
        else:
            whole.update(node.inputs)
    return wanted


def _apart(spans: set[Span]) -> bool:
    ordered = sorted(spans)
    return all(a[1] <= b[0] for a, b in pairwise(ordered))


def span_of(node: Node) -> Span | None:
    """The (start, stop) of a slice along the last axis that keeps all axes and every other one whole."""
    (source,) = node.inputs
    index = node.attrs["index"]
    if not index or len(index) != source.ndim or not all(isinstance(item, slice) for item in index):
        return None
    spans = [item.indices(size) for item, size in zip(index, source.shape, strict=True)]
    if any(span != (0, size, 1) for span, size in zip(spans[:-1], source.shape[:-1], strict=True)):
        return None
    start, stop, step = spans[-1]
    return (start, stop) if step == 1 and start < stop else None


def _share(source: Node, node: Node, span: Span, made: dict[tuple[Node, Span], Node]) -> Node:
    """The share of an input that a share of ``node`` is computed of."""
    if not source.ndim or source.shape[-1] == 1 != node.shape[-1]:
        return source
    if (source, span) not in made:
        whole = (slice(None),) * (source.ndim - 1)
        made[source, span] = part_of(source, index=(*whole, slice(*span)))
    return made[source, span]
