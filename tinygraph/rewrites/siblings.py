"""a W, b W, ... -> slices of (a over b over ...) W: products with one right factor, none needing another.

It hoists x_t W out of time, and makes one product of the gradients dz_t Wᵀ. The products h_t U stay: each
needs the one before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from tinygraph.graph import Graph, Node, absolute_scope, common_scope
from tinygraph.ops import concat, matmul

Key = TypeVar("Key", bound=Hashable)


def siblings(graph: Graph) -> Graph:
    """Return ``graph`` with one product for all products that share their right factor."""
    groups: dict[Node, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        if node.op is not matmul:
            continue
        left, right = node.inputs
        if left.ndim == right.ndim == 2 and left.dtype == right.dtype:
            groups[right].append(node)
    several = {right: members for right, members in groups.items() if len(members) > 1}
    known = {frozenset(n.inputs): n.inputs for n in graph.nodes if n.op is concat and n.attrs["axis"] == 0}
    new: dict[Node, Node] = {}
    for right, members in independent(graph, several).items():
        lefts = {member.inputs[0]: member for member in members}
        order = known.get(frozenset(lefts), tuple(lefts))  # rows that are joined already keep their order
        with absolute_scope(common_scope(members)):
            rows = matmul(concat(order, axis=0), right)
            start = 0
            for left in order:
                new[lefts[left]] = rows[start : start + left.shape[0]]
                start += left.shape[0]
    return graph.substitute(new) if new else graph


def independent(
    graph: Graph, groups: Mapping[Key, Sequence[Node]], within: Mapping[Node, Node] | None = None
) -> Mapping[Key, Sequence[Node]]:
    """Return the groups of which no member needs another, not even through other groups made one.

    A node's taint has a bit for each group that it needs, or is of. A group that needs itself is out; so is
    one that would need itself by way of another, were both computed at once. What a member is made of may be
    taken from the whole that it is joined to, which ``within`` names; then the member needs all of that.
    """
    bit = {member: 1 << k for k, members in enumerate(groups.values()) for member in members}
    taint: dict[Node, int] = {}
    needs = [0] * len(groups)
    for node in graph.nodes:
        own = 0
        for source in node.inputs:
            own |= taint[source]
        if node in bit:
            needs[bit[node].bit_length() - 1] |= own
            own |= bit[node]
        taint[node] = own
    joined = within or {}
    for member in bit if joined else ():
        for source in member.inputs:
            while source.op.view and source not in joined:
                (source,) = source.inputs
            if source in joined:
                needs[bit[member].bit_length() - 1] |= taint[joined[source]]
    kept: dict[Key, Sequence[Node]] = {}
    reached: dict[int, int] = {}  # of each kept group, all that it needs by way of kept groups
    for k, (right, members) in enumerate(groups.items()):
        everything = needs[k]
        for other, further in reached.items():
            if everything >> other & 1:
                everything |= further
        circle = everything >> k & 1 or any(
            further >> k & 1 and everything >> other & 1 for other, further in reached.items()
        )
        if circle:
            continue
        kept[right] = members
        reached[k] = everything
        for other, further in reached.items():
            if further >> k & 1:
                reached[other] = further | everything
    return kept
