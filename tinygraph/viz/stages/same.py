"""What two stages of a graph have in common: a rewrite makes everything that reads a changed value anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

from tinygraph.graph import Graph, Node
from tinygraph.rewrites.dedupe import attributes
from tinygraph.viz.outline import Box, Outline


def same_nodes(before: Graph, after: Graph) -> dict[Node, Node]:
    """Return, for each node of ``after`` that ``before`` has too, which it is there.

    It is the very node; or else the same operation in the same scope, of inputs of which one is the same,
    and rather of such that all are.

    >>> import tinygraph as tg
    >>> x = tg.input("x", (2,))
    >>> before, after = tg.tanh(x + tg.exp(x)), tg.tanh(x + 2.0 * x)
    >>> found = same_nodes(tg.Graph({"y": before}), tg.Graph({"y": after}))
    >>> found[after] is before, [node.op.name for node in found]
    (True, ['input', 'add', 'tanh'])
    """
    old, new = numbered(before), numbered(after)
    found = {node: node for node in new if node in old}
    alike: dict[Hashable, list[Node]] = defaultdict(list)
    for node in reversed([node for node in old if node not in found]):  # the first is taken first
        for key in _keys(node, node.inputs):
            alike[key].append(node)
    taken: set[Node] = set()
    for node in new:
        for key in () if node in found else _keys(node, [found.get(source) for source in node.inputs]):
            candidates = alike[key]
            while candidates and candidates[-1] in taken:
                candidates.pop()
            if candidates:
                found[node] = candidates[-1]
                taken.add(candidates[-1])
                break
    return found


def _keys(node: Node, inputs: Sequence[Node | None]) -> Iterator[Hashable]:
    """What a node must share with another to be taken for the same: all of its inputs, or one of them."""
    if not node.inputs:  # a leaf is only itself
        return
    kind = node.op, node.scope, node.shape, node.dtype, attributes(node)
    if None not in inputs:
        yield kind, tuple(inputs)
    for source in inputs:
        if source is not None:
            yield kind, source


def numbered(graph: Graph) -> dict[Node, int]:
    """Return the nodes that boxes have as members, and their numbers."""
    return {node: k for k, node in enumerate(dict.fromkeys((*graph.nodes, *graph.leaves)))}


def same_boxes(before: Outline, after: Outline, members: Mapping[int, int]) -> dict[str, str]:
    """Return, for boxes of ``after``, the id of the box of ``before`` that they are.

    ``members`` says, of members of ``after``, which they are among those of ``before``.
    """
    known = {_key(box, before, box.members[:1]): box.id for box in reversed(before.boxes)}
    found: dict[str, str] = {}
    for box in after.boxes:
        other = known.pop(_key(box, after, [members.get(member) for member in box.members[:1]]), None)
        if other is not None:
            found[box.id] = other
    return found


def _key(box: Box, outline: Outline, first: Sequence[int | None]) -> Hashable:
    """What a box must share with another to be the same: the operation, the leaf, or the step or layer."""
    if box.kind == "op":
        return "op", *first
    if box.kind in ("input", "param", "constant"):
        return box.kind, box.label, *first
    group = next((group.label for group in outline.groups if group.id == box.group), "")
    return box.kind, box.label, box.pass_, box.column, group
