"""Two outlines of one graph, laid out so that what they share stands at one place in both."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from tinygraph.viz.layout import layout
from tinygraph.viz.outline import Box, Edge, Group, Outline, renamed
from tinygraph.viz.placed import Layout, Panel, PlacedBox
from tinygraph.viz.placing.measure import box_content, group_content
from tinygraph.viz.text import width


def aligned(before: Outline, after: Outline, same: Mapping[str, str]) -> tuple[Outline, Outline]:
    """Return both outlines with one id, and one column, for boxes that are the same, and one id for layers.

    ``same`` says which box of ``before`` a box of ``after`` is.
    """
    known = {group.label: group.id for group in before.groups}
    groups = {group.id: known.get(group.label, f"{group.id}n") for group in after.groups}
    ids = {box.id: same.get(box.id, f"{box.id}n") for box in after.boxes}
    after = renamed(after, ids.__getitem__, groups.__getitem__)
    place = {box.id: box for box in before.boxes}
    boxes = ((box, place.get(box.id, box)) for box in after.boxes)
    placed = tuple(replace(box, column=at.column, group=at.group) for box, at in boxes)
    return before, replace(after, boxes=placed)


def layouts(before: Outline, after: Outline) -> tuple[Layout, ...]:
    """Return the layouts of two outlines that are `aligned`: each is its part of one that holds both.

    Where their time steps are not the same each has a layout of its own.
    """
    if before.columns and after.columns and before.columns != after.columns:
        return layout(before), layout(after)
    whole = layout(_both(before, after))
    return tuple(_part(whole, outline) for outline in (before, after))


def _both(before: Outline, after: Outline) -> Outline:
    """The outline that has all boxes and edges of two."""
    edges = _keyed(after.edges) | _keyed(before.edges)
    groups: dict[str, Group] = {}
    for group in (*before.groups, *after.groups):  # the weights of either have room
        known = groups.setdefault(group.id, group)
        groups[group.id] = replace(group, weights=max(known.weights, group.weights, key=len))
    return replace(
        before,
        boxes=tuple(_sorted([*_merged(before.boxes, after.boxes)], edges.values())),
        edges=tuple(edges.values()),
        groups=tuple(groups.values()),
        columns=before.columns or after.columns,
    )


def _merged(before: Sequence[Box], after: Sequence[Box]) -> Iterator[Box]:
    """All boxes; those that only ``after`` has stand right behind the one before them that both have."""
    known = {box.id for box in before}
    others = {box.id: box for box in after if box.id in known}
    behind: dict[str, list[Box]] = defaultdict(list)
    last = ""
    for box in after:
        if box.id in known:
            last = box.id
        else:
            behind[last].append(box)
    yield from behind[""]
    for box in before:
        yield _roomy(box, others[box.id]) if box.id in others else box
        yield from behind[box.id]


def _sorted(boxes: Sequence[Box], edges: Iterable[Edge]) -> Iterator[Box]:
    """Boxes in their order, but each after those that it reads, unless they go round in a circle."""
    sources: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        sources[edge.target].append(edge.source)
    box_of = {box.id: box for box in boxes}
    begun: set[str] = set()
    stack = [*box_of][::-1]
    while stack:
        id = stack[-1]
        waiting = [] if id in begun else [source for source in sources[id] if source not in begun]
        begun.add(id)
        stack += waiting[::-1]
        if not waiting and (box := box_of.pop(stack.pop(), None)) is not None:
            yield box


def _roomy(one: Box, other: Box) -> Box:
    """A box that has room for what either of two says."""
    names = ("label", "type", "shape", "dtype", "note", "mark")
    said: dict[str, Any] = {
        name: max(getattr(one, name), getattr(other, name), key=lambda words: width(words, 1))
        for name in names
    }
    return replace(
        one,
        **said,
        outputs=max(one.outputs, other.outputs, key=len),
        weights=max(one.weights, other.weights, key=len),
        remarks=_longest(one.remarks, other.remarks),
    )


def _longest(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    """The longer of each two lines."""
    lines = zip_longest(one, other, fillvalue="")
    return tuple(max(pair, key=lambda words: width(words, 1)) for pair in lines)


def _part(whole: Layout, outline: Outline) -> Layout:
    """What is of ``outline`` in a layout that holds more."""
    boxes = {box.id: box for box in outline.boxes}
    edges = _keyed(outline.edges)
    groups = {group.id: group for group in outline.groups}
    placed = [(boxes.get(each.box.id), each.rect) for each in whole.boxes]
    keys = _keyed(line.edge for line in whole.edges)
    lines = [(edges.get(key), line) for key, line in zip(keys, whole.edges, strict=True)]
    panels = [(groups.get(panel.group.id), panel.rect) for panel in whole.panels]
    return replace(
        whole,
        outline=replace(outline, columns=whole.outline.columns),
        boxes=tuple(PlacedBox(box, box_content(box), rect) for box, rect in placed if box is not None),
        edges=tuple(replace(line, edge=edge) for edge, line in lines if edge is not None),
        panels=tuple(Panel(own, group_content(own), rect) for own, rect in panels if own is not None),
    )


def _keyed(edges: Iterable[Edge]) -> dict[Hashable, Edge]:
    """Edges by their ends and label; several that have all the same are numbered."""
    count: Counter[Hashable] = Counter()
    found: dict[Hashable, Edge] = {}
    for edge in edges:
        key = edge.source, edge.target, edge.label
        count[key] += 1
        found[key, count[key]] = edge
    return found
