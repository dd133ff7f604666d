"""Drawing some passes of an outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tinygraph.viz.outline import PASSES, Outline


def only(outline: Outline, passes: Sequence[str]) -> Outline:
    """Return what of an outline belongs to ``passes``, with a note of what is left out.

    Raises:
        ValueError: nothing does.
    """
    there = {box.pass_ for box in outline.boxes}
    left_out = [name for name in PASSES if name in there and name not in passes]
    if not left_out:
        return outline
    boxes = tuple(box for box in outline.boxes if box.pass_ in passes)
    if not boxes:
        raise ValueError(f"draw: nothing here is of the {_and(passes)} pass, only of {_and(left_out)}.")
    ids, groups = {box.id for box in boxes}, {box.group for box in boxes}
    unrolled = any(box.column is not None for box in boxes)
    note = f"What is {_and(left_out)} is left out; pass_='all' draws it too."
    return replace(
        outline,
        boxes=boxes,
        edges=tuple(edge for edge in outline.edges if {edge.source, edge.target} <= ids),
        groups=tuple(group for group in outline.groups if group.id in groups),
        columns=outline.columns if unrolled else (),
        notes=(*outline.notes, note),
    )


def _and(passes: Sequence[str]) -> str:
    return " and ".join(passes)
