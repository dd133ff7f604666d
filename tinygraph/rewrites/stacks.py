"""f(a_1, b_1), f(a_2, b_2), ... -> slices of f(a_1 over a_2 ..., b_1 over b_2 ...): time steps in one call.

What a step does alike to values that do not wait for one another, such as the slopes 1 - y² of all steps, is
done in one call. Only what can be stacked without copies is: what is computed is written where it is stacked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Sequence
from functools import lru_cache

from tinygraph.graph import Graph, Node, absolute_scope, common_scope
from tinygraph.ops import add_n, concat, reshape, slice as part_of
from tinygraph.rewrites.dedupe import attributes
from tinygraph.rewrites.rows import Rows, pieces_of, rows_of, together
from tinygraph.rewrites.siblings import independent

#: The most elements of a member: of larger ones the calls no longer count, but the cache that stacks leave.
LARGEST = 4096

_STEP = re.compile(r"/t\d+(?=/|$)")


def stacks(graph: Graph) -> Graph:
    """Return ``graph`` with operations that are alike, and apart, as one of all their rows."""
    groups = {kind: members for kind, members in _alike(graph).items() if len(members) > 1}
    if not groups:
        return graph
    stacking = _Stacking(graph)
    joins = [node for node in graph.nodes if node.op is concat and node.attrs["axis"] == 0]
    within = {source: node for node in reversed(joins) for source in node.inputs}
    for members in independent(graph, groups, within).values():
        stacking.stack(members)
    return graph.substitute(stacking.new) if stacking.new else graph


def _alike(graph: Graph) -> dict[Hashable, list[Node]]:
    """Elementwise operations of a layer that look alike, as do their inputs and what those are made of."""
    number: dict[Hashable, int] = {}  # of each look: hashing tuples of tuples would take twice the time
    look: dict[Node, int] = {}
    look_and_inputs: dict[Node, int] = {}
    groups: dict[Hashable, list[Node]] = defaultdict(list)
    updates = set(graph.updates.values())
    for node in graph.nodes:
        looks = number.setdefault(_look(node), len(number))
        look[node] = looks
        inner = (looks, *(look[source] for source in node.inputs))
        look_and_inputs[node] = number.setdefault(inner, len(number))
        if node.inputs and node.op.scalar and node.ndim > 1 and node.size <= LARGEST and node not in updates:
            key = _layer(node.scope), looks, tuple(look_and_inputs[source] for source in node.inputs)
            groups[key].append(node)
    return groups


@lru_cache(maxsize=4096)
def _layer(scope: str) -> str:
    """The scope that the steps of a layer stand in: ``lstm`` for ``lstm/t3``, and for ``lstm/t3/c`` in it."""
    return _STEP.split(scope, maxsplit=1)[0] if _STEP.search(scope) else scope.rpartition("/")[0]


def _look(node: Node) -> Hashable:
    """What a node is, apart from its inputs: a leaf is itself, and rows of an array are whichever."""
    if not node.inputs:
        return node
    rows = rows_of(node)
    if rows is not None:
        return rows.source, node.shape
    return node.op, node.shape, node.dtype.num, attributes(node)


class _Stacking:
    """What has been stacked so far, and what stands for what."""

    def __init__(self, graph: Graph):
        self.new: dict[Node, Node] = {}
        #: when a value is there: its place in the order of running, or that of what it was last made of
        self.time = {node: step for step, node in enumerate(graph.nodes)}
        self.rows: dict[Node, Rows] = {}
        self.fixed = set(graph.updates.values())  # what cannot be written into a stack, or is into another
        for node in graph.nodes:
            if node.op is concat:
                self._place(node)

    def stack(self, members: Sequence[Node]) -> None:
        """Make one of the members, if what they are made of can be stacked."""
        for node in members:
            self.time[node] = max(self._made_at(source) for source in node.inputs)
        ordered = sorted(members, key=self.time.__getitem__)
        with absolute_scope(common_scope(members)):
            columns = zip(*(node.inputs for node in ordered), strict=True)
            inputs = [self._stacked(column, ordered[0]) for column in columns]
            if any(node is None for node in inputs):
                return
            if ordered[0].op is add_n and len({node.shape for node in inputs if node is not None}) > 1:
                return  # it takes inputs of one shape, and one row is the same for all
            whole = ordered[0].op(*inputs, **ordered[0].attrs)
            if whole.shape[0] < sum(node.shape[0] for node in ordered):
                return  # one row that is the same for all
            start = 0
            for node in ordered:
                stop = start + node.shape[0]
                self.new[node] = whole[start:stop]
                self.rows[node] = Rows(whole, start, stop)
                start = stop

    def _made_at(self, node: Node) -> int:
        while node.op.view:
            (node,) = node.inputs
        return self.time[node] if node.inputs else -1

    def _stacked(self, column: Sequence[Node], like: Node) -> Node | None:
        """The nodes of a column one over another; None where that takes copies."""
        first = column[0]
        if all(node is first for node in column):
            return first if first.ndim < like.ndim or first.shape[0] == 1 else None
        if any((node.ndim, node.shape[:1]) != (like.ndim, like.shape[:1]) for node in column):
            return None
        rows = together([self.rows.get(node) or rows_of(node) for node in column])
        if rows is not None:
            if rows.op is part_of and rows.inputs[0].op is concat and rows.inputs[0] not in self.time:
                return None  # part of another stack: what else is in it may need the members
            shape = (len(column) * first.shape[0], *first.shape[1:])
            return rows if rows.shape == shape else reshape(rows, shape=shape)
        if all(node.op is part_of for node in column):
            return self._columns(column)
        if any(node in self.fixed or not node.inputs or node.op.view for node in column):
            return None  # it would be copied
        whole = concat(column, axis=0)
        self._place(whole)
        return whole

    def _columns(self, column: Sequence[Node]) -> Node | None:
        """The same columns of several arrays, as columns of these stacked."""
        index = column[0].attrs["index"]
        sources = [node.inputs[0] for node in column]
        alike = all(node.attrs["index"] == index for node in column)
        if not alike or index[0] != slice(None) or len(index) != sources[0].ndim:
            return None
        whole = self._stacked(sources, sources[0])
        return None if whole is None else part_of(whole, index=index)

    def _place(self, whole: Node) -> None:
        """Note what is written into a concat, and as which of its rows."""
        for node, rows in pieces_of(whole):
            if node not in self.fixed:
                self.rows.setdefault(node, rows)
        self.fixed.update(whole.inputs)
