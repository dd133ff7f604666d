"""Drawing less of what is too large to be read: fewer time steps, or the two ends of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tinygraph.viz.levels.timeline import FEW
from tinygraph.viz.outline import Box, Edge, Outline

#: A drawing of more boxes is collapsed: nobody could read it.
LIMIT = 2000
#: How many boxes are then drawn at the beginning, and how many at the end.
ENDS = 12


def shortened(outline: Callable[[int | None], Outline], steps: int | None, limit: int = LIMIT) -> Outline:
    """Return ``outline(steps)``, or of more than ``limit`` boxes the outline with few of the time steps.

    If those are too many as well, it is `collapsed`.
    """
    found = outline(steps)
    count = len(found.boxes)
    if count > limit and len(found.columns) > FEW:
        fewer = outline(FEW)
        if len(fewer.boxes) <= limit:
            hint = f"All steps that were asked for are {count:,} boxes; limit={count} draws them."
            return replace(fewer, notes=(*fewer.notes, hint))
    return collapsed(found, limit)


def collapsed(outline: Outline, limit: int = LIMIT) -> Outline:
    """Return an outline of more than ``limit`` boxes with one box for its middle, and a note that says so.

    What is left has no columns of time any more.
    """
    count = len(outline.boxes)
    if count <= limit or count <= 2 * ENDS + 1:
        return outline
    first, last = outline.boxes[:ENDS], outline.boxes[-ENDS:]
    note = f"{count - 2 * ENDS:,} operations and leaves"
    middle = Box("middle", "⋯", "ellipsis", note=note)
    kept = {box.id for box in (*first, *last)}
    edges: dict[tuple[str, str], Edge] = {}
    for edge in outline.edges:
        source, target = (id if id in kept else middle.id for id in (edge.source, edge.target))
        if source != target:
            found = replace(edge, source=source, target=target, label="")
            edges.setdefault((source, target), found)
    boxes = tuple(replace(box, group="", column=None) for box in (*first, middle, *last))
    hint = f"{note} of {count:,} are left out; limit={count} draws all"
    if outline.level == "ops":
        hint += ', level="unrolled" draws a box for each layer and time step'
    return replace(
        outline, boxes=boxes, edges=tuple(edges.values()), groups=(), columns=(), notes=(f"{hint}.",)
    )
