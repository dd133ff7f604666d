"""Drawings of stages: of one, or of two beside each other, in which what one of them lacks is marked."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from tinygraph.graph import Node
from tinygraph.ops.fused import Fused
from tinygraph.viz.draw import Drawing
from tinygraph.viz.outline import Box, Outline
from tinygraph.viz.stages.beside import aligned, layouts
from tinygraph.viz.stages.places import Places
from tinygraph.viz.stages.same import numbered, same_boxes, same_nodes
from tinygraph.viz.stages.stage import Stage

if TYPE_CHECKING:
    from graphviz import Digraph  # type: ignore[import-untyped]


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
        from tinygraph.viz.dot import clusters

        return clusters(self.outlines)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {' | '.join(outline.title for outline in self.outlines)!r}>"


def drawn(stages: Sequence[Stage], outlines: Sequence[Outline]) -> Drawing:
    """Return the drawing of one stage, or of two, from the outlines of their graphs."""
    said = [_told(outline, stage) for outline, stage in zip(outlines, stages, strict=True)]
    return Drawing(said[0]) if len(said) == 1 else SideBySide(*_compared(stages, said))


def _told(outline: Outline, stage: Stage) -> Outline:
    """An outline with what there is to say of its stage: figures, what is fused, and places in memory."""
    nodes = list(numbered(stage.graph))
    places = Places(stage.plan) if stage.name == "planned" else None

    def told(box: Box) -> Box:
        members = [nodes[member] for member in box.members]
        fused = tuple(_equals(members)) if box.kind == "op" else ()
        return replace(box, remarks=(*fused, *(places.remarks(members) if places else ())))

    title = f"{outline.title}: {stage.name}"
    boxes = tuple(map(told, outline.boxes))
    return replace(outline, title=title, boxes=boxes, notes=(stage.note, *outline.notes))


def _equals(nodes: Iterable[Node]) -> list[str]:
    """The lines that say which operations a fused one is."""
    inner = [n for node in nodes if isinstance(node.op, Fused) for n in node.attrs["graph"].nodes if n.inputs]
    count = Counter(node.op.name for node in inner)
    names = (name if times == 1 else f"{times} {name}" for name, times in count.items())
    return textwrap.wrap(f"equals {', '.join(names)}", 34) if inner else []


def _compared(stages: Sequence[Stage], outlines: Sequence[Outline]) -> tuple[Outline, Outline]:
    """Two outlines in which what is not the same is marked, and boxes of both have one id."""
    before, after = outlines
    old, new = (numbered(stage.graph) for stage in stages)
    same = {new[node]: old[other] for node, other in same_nodes(*(s.graph for s in stages)).items()}
    boxes = same_boxes(before, after, same)
    one, other = (stage.name for stage in stages)
    before = _marked(before, same.values(), boxes.values(), "gone", f'"gone" is what {other} lacks')
    after = _marked(after, same.keys(), boxes.keys(), "new", f'"new" is what {one} lacks')
    return aligned(before, after, boxes)


def _marked(
    outline: Outline, members: Iterable[int], shared: Iterable[str], mark: str, note: str
) -> Outline:
    """An outline with a mark on each box that has members which are not kept, or that is not shared."""
    kept, both = set(members), set(shared)

    def marked(box: Box) -> Box:
        if kept.issuperset(box.members):
            return box
        return replace(box, mark="changed" if box.id in both else mark)

    boxes = tuple(map(marked, outline.boxes))
    if any(box.mark == "changed" for box in boxes):
        note += ', "changed" what is made of other operations'
    return replace(outline, boxes=boxes, notes=(*outline.notes, f"{note}."))
