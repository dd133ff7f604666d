"""f(m_1, g_1), f(m_2, g_2), ... -> stretches of f(m, g_1 over g_2 ...): one update for all parameters.

An optimizer has its state in flat parameters m; the m_i, one for each parameter, are parts of them. What it
does to all parts alike, element by element, is done to the whole; the gradients are written side by side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Hashable, Iterator, Mapping

from tinygraph.graph import Graph, Node, absolute_scope, common_scope
from tinygraph.ops import all_finite, concat, reshape
from tinygraph.ops.leaf import Parameter, Part
from tinygraph.rewrites.dedupe import attributes
from tinygraph.rewrites.siblings import independent

#: The most elements of a whole: of larger ones the calls no longer count, but the cache that they leave.
LARGEST = 1 << 17
#: values of one part each, in the order of the parts
Column = tuple[Node, ...]
#: how something is cut into parts, and which of them a value goes with
Lane = tuple[tuple[int, ...], int]


def flat(graph: Graph) -> Graph:
    """Return ``graph`` with what it does to all parts of a parameter done to the whole."""
    columns = _columns(graph)
    if not columns:
        return graph
    flattening = _Flattening(columns)
    for members in independent(graph, _alike(graph, columns)).values():
        flattening.flatten(tuple(members))
    updates = dict(graph.updates)
    for leaf, column in columns.items():
        new = flattening.whole.get(tuple(updates.pop(part) for part in column))
        if new is None:
            return graph
        updates[leaf] = new
    made = Graph(graph.outputs, updates).substitute(flattening.stretches() | flattening.checks(graph))
    parts = {part for column in columns.values() for part in column}
    return made if parts.isdisjoint(made.nodes) else graph  # a part may be needed by itself


def _columns(graph: Graph) -> dict[Parameter, Column]:
    """The parts of each parameter of which all parts, and several, are updated."""
    found: dict[Parameter, list[Part]] = defaultdict(list)
    for leaf in graph.updates:
        if isinstance(leaf, Part) and leaf.whole.size <= LARGEST:
            found[leaf.whole].append(leaf)
    for parts in found.values():
        parts.sort(key=lambda part: part.span.start)
    return {
        whole: tuple(parts)
        for whole, parts in found.items()
        if len(parts) > 1 and sum(part.size for part in parts) == whole.size
    }


def _alike(graph: Graph, columns: Mapping[Parameter, Column]) -> dict[int, Column]:
    """What is done alike to each of the parts, element by element, and to what meets them; as it is run."""
    lane: dict[Node, Lane] = {}
    look: dict[Node, Hashable] = {part: whole for whole, column in columns.items() for part in column}
    for column in columns.values():
        cut = tuple(part.size for part in column)
        lane |= {part: (cut, k) for k, part in enumerate(column)}
    fixed = {node for leaf, node in graph.updates.items() if not isinstance(leaf, Part)}
    number: dict[Hashable, int] = {}  # of each look: looks of looks of looks are long
    found: dict[int, dict[Lane, Node]] = defaultdict(dict)
    for node in graph.nodes:
        if lane.keys().isdisjoint(node.inputs) or not node.op.scalar or node in fixed:
            continue
        parts = {lane[source] for source in node.inputs if source in lane}
        if len(parts) > 1 or not _elementwise(node):
            continue
        (lane[node],) = parts
        looks = tuple(look.get(source) for source in node.inputs)
        kind: Hashable = lane[node][0], node.op, node.dtype.num, attributes(node), looks
        while lane[node] in found[number.setdefault(kind, len(number))]:
            kind = kind, "again"  # the same of something else
        look[node] = number[kind]
        found[number[kind]][lane[node]] = node
    complete = [members for members in found.values() if len(members) == len(next(iter(members))[0])]
    groups = [tuple(members[part] for part in sorted(members)) for members in complete]
    wholes = set(columns.values())
    groups = [members for members in groups if _fits(members, wholes)]
    _add_operands(groups)
    time = {node: step for step, node in enumerate(graph.nodes)}
    return dict(enumerate(sorted(groups, key=lambda members: max(time[node] for node in members))))


def _add_operands(groups: list[Column]) -> None:
    """Add what groups are made of and what is alike itself, such as the squares of gradients."""
    known = {node for members in groups for node in members}
    for members in groups:  # with those that are added
        for column in _columns_of(members):
            if column[0] not in _arrays(members[0]) or not all(map(_elementwise, column)):
                continue
            kinds = {(node.op, node.dtype, attributes(node)) for node in column}
            if len(kinds) == 1 and known.isdisjoint(column) and _fits(column, ()):
                groups.append(column)
                known.update(column)


def _fits(members: Column, wholes: Container[Column]) -> bool:
    """Whether members take the same numbers, and arrays that are computed, or else the parts of a whole."""
    arrays = _arrays(members[0])
    for column in _columns_of(members):
        if column[0] in arrays and not all(node.inputs for node in column) and column not in wholes:
            return False
        if column[0] not in arrays and len(set(column)) > 1:
            return False
    return True


def _columns_of(members: Column) -> Iterator[Column]:
    """The first inputs of all members, the second ones and so on."""
    return zip(*(node.inputs for node in members), strict=True)


def _arrays(node: Node) -> list[Node]:
    """The inputs of a node without the numbers that it takes for all elements."""
    return [source for source in node.inputs if source.ndim or not node.ndim]


def _elementwise(node: Node) -> bool:
    """Whether each element of a node is made of one element of each array."""
    return bool(node.inputs and node.op.scalar) and all(
        source.shape == node.shape for source in _arrays(node)
    )


class _Flattening:
    """What has been made flat so far: ``whole`` has the node of each column."""

    def __init__(self, columns: Mapping[Parameter, Column]):
        self.whole: dict[Column, Node] = {column: leaf for leaf, column in columns.items()}
        self.members: list[Column] = []

    def flatten(self, members: Column) -> None:
        """Make one of the members."""
        like = members[0]
        with absolute_scope(common_scope(members)):
            inputs = [self._flat(column, like) for column in _columns_of(members)]
            self.whole[members] = like.op(*inputs, **like.attrs)
        self.members.append(members)

    def _flat(self, column: Column, like: Node) -> Node:
        """The nodes of a column side by side; a number is one for all."""
        if column[0] not in _arrays(like):
            return column[0]
        if column not in self.whole:
            self.whole[column] = concat([reshape(node, shape=(node.size,)) for node in column], axis=0)
        return self.whole[column]

    def stretches(self) -> dict[Node, Node]:
        """What stands for each member."""
        new: dict[Node, Node] = {}
        for members in self.members:
            start = 0
            for node in members:
                new[node] = reshape(self.whole[members][start : start + node.size], shape=node.shape)
                start += node.size
        return new

    def checks(self, graph: Graph) -> dict[Node, Node]:
        """Guards that look at the whole instead of each of its parts."""
        new: dict[Node, Node] = {}
        for node in graph.nodes:
            if node.op is all_finite:
                left = dict.fromkeys(node.inputs)
                for column, whole in self.whole.items():
                    if left.keys() >= set(column):
                        left = {source: None for source in left if source not in column} | {whole: None}
                new[node] = all_finite(*left)
        return new
