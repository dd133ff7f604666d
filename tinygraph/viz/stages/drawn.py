"""Drawings of stages: of one, or of two beside each other, in which what one of them lacks is marked."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tinygraph.graph import Node
from tinygraph.ops.fused import Fused
from tinygraph.viz.drawing import Drawing
from tinygraph.viz.outline import Box, Outline
from tinygraph.viz.stages.beside import aligned, layouts
from tinygraph.viz.stages.places import Places
from tinygraph.viz.stages.same import numbered, same_boxes, same_nodes
from tinygraph.viz.stages.stage import Stage, names_of, stages
from tinygraph.viz.subject import Subject

if TYPE_CHECKING:
    from graphviz import Digraph  # type: ignore[import-untyped]

#: The space between a number and what it counts, where no line may end.
_TIED = "\N{NO-BREAK SPACE}"


class SideBySide(Drawing):
    """Two outlines beside each other, or one above the other where they are wide."""

    def __init__(self, before: Outline, after: Outline):
        super().__init__(before)
        self.outlines = before, after

    @cached_property
    def _svg(self) -> str:
        from tinygraph.viz.svg import svg

        return svg(*layouts(*self.outlines))

    def dot(self) -> Digraph:
        """Return both as one `graphviz.Digraph`, each a cluster."""
        from tinygraph.viz.dot import dot

        return dot(*self.outlines)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {' | '.join(outline.title for outline in self.outlines)!r}>"


def drawn(given: Subject, stage: Any, outline: Callable[[Subject], Outline]) -> Drawing:
    """Return the drawing of what is given at one stage, or at two, by what makes an outline of a graph."""
    found = stages(given.graph, names_of(stage))
    said = [_told(outline(given._replace(graph=each.graph)), each) for each in found]
    if len(found) == 1:
        return Drawing(said[0])
    return SideBySide(*_compared((found[0], said[0]), (found[1], said[1])))


def _told(outline: Outline, stage: Stage) -> Outline:
    """An outline with what there is to say of its stage: figures, what is fused, and places in memory."""
    nodes = list(numbered(stage.graph))
    places = Places(stage.plan) if stage.name == "planned" else None

    def told(box: Box) -> Box:
        members = [nodes[member] for member in box.members]
        inner = [n for node in members if isinstance(node.op, Fused) for n in node.attrs["graph"].nodes]
        fused = _counted("equals" if box.kind == "op" else "fused:", inner)
        return replace(box, remarks=(*fused, *(places.remarks(members) if places else ())))

    title = f"{outline.title}: {stage.title}"
    boxes = tuple(map(told, outline.boxes))
    return replace(outline, title=title, boxes=boxes, notes=(stage.note, *outline.notes))


def _counted(what: str, nodes: Iterable[Node]) -> list[str]:
    """Lines that tell which operations there are, and how many of each; none if there are none."""
    count = Counter(node.op.name for node in nodes if node.inputs and not node.op.picks)
    names = [name if times == 1 else f"{times}{_TIED}{name}" for name, times in count.items()]
    lines = textwrap.wrap(f"{what} {', '.join(names)}".strip(), 34) if names else []
    return [line.replace(_TIED, " ") for line in lines]


def _compared(one: tuple[Stage, Outline], other: tuple[Stage, Outline]) -> tuple[Outline, Outline]:
    """Two outlines in which what is not the same is marked, and boxes of both have one id."""
    old, new = numbered(one[0].graph), numbered(other[0].graph)
    found = same_nodes(one[0].graph, other[0].graph)
    same = {new[node]: old[known] for node, known in found.items()}
    before, after = aligned(one[1], other[1], same_boxes(one[1], other[1], same))
    gone, come = _lost(before, [*old], {*same.values()}), _lost(after, [*new], {*same})
    both = {box.id for box in before.boxes} & {box.id for box in after.boxes}
    changed = both & (gone.keys() | come.keys())
    return _marked(before, gone, changed, "gone"), _marked(after, come, changed, "new")


def _lost(outline: Outline, nodes: Sequence[Node], kept: Container[int]) -> dict[str, list[Node]]:
    """The members that are not kept, of each box that has some."""
    lost = {box.id: [nodes[k] for k in box.members if k not in kept] for box in outline.boxes}
    return {id: members for id, members in lost.items() if members}


def _marked(
    outline: Outline, lost: Mapping[str, Sequence[Node]], changed: Container[str], mark: str
) -> Outline:
    """An outline with a mark on each box that the other one lacks, or has of other operations."""

    def marked(box: Box) -> Box:
        if box.id in changed:
            return replace(
                box, mark="changed", remarks=(*box.remarks, *_counted(f"{mark}:", lost.get(box.id, ())))
            )
        if box.id in lost:
            inside = () if box.kind == "op" else _counted("", lost[box.id])
            return replace(box, mark=mark, remarks=(*box.remarks, *inside))
        return box

    note = f'Marked "{mark}" is what the other graph lacks, "changed" what it has of other operations.'
    return replace(outline, boxes=tuple(map(marked, outline.boxes)), notes=(*outline.notes, note))
