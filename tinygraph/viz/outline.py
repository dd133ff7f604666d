"""The outline of a drawing: plain records of strings and numbers, which every writer draws alike.

An outline knows no position, and a record no `Node`: what a box says and what it is connected to is all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

#: Which part of the work a box or an edge belongs to.
PASSES = ("forward", "backward", "update")


@dataclass(frozen=True)
class Weight:
    """A parameter as a badge shows it: its name in the layer, and its shape."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Box:
    """One box: a layer, one time step of a layer (a cell), an operation or a leaf.

    ``kind`` is one of input, param, constant, op, layer, cell, output (where a value goes that leaves the
    drawing) and ellipsis (for what is left out).
    ``column`` counts the outline's `columns` (time), where -1 is before the first and their number after
    the last; ``group`` is the id of the layer's `Group`.
    ``type`` is a layer's class and ``note`` what else there is to say; ``scope`` is where it was declared.
    ``outputs`` are the names under which the graph gives the value out. ``shared`` says that it reads
    weights which stand with its group, for all steps.
    ``remarks`` are further lines, such as the buffer that it writes; ``mark`` tells it from the same box of
    another drawing: ``"new"``, ``"gone"`` or ``"changed"``. ``members`` are the nodes that it stands for, as
    their positions among the graph's nodes and then its leaves that nothing reads.
    """

    id: str
    label: str
    kind: str
    pass_: str = "forward"
    group: str = ""
    column: int | None = None
    shape: str = ""
    dtype: str = ""
    type: str = ""
    note: str = ""
    scope: str = ""
    outputs: tuple[str, ...] = ()
    weights: tuple[Weight, ...] = ()
    shared: bool = False
    remarks: tuple[str, ...] = ()
    mark: str = ""
    members: tuple[int, ...] = ()


@dataclass(frozen=True)
class Group:
    """A layer whose steps have a box each. Its weights stand here once: all steps share them."""

    id: str
    label: str
    type: str = ""
    note: str = ""
    weights: tuple[Weight, ...] = ()


@dataclass(frozen=True)
class Edge:
    """A value that goes from one box to another.

    ``pass_`` is the pass that made the value; a forward value that the backward pass reads is ``saved``.
    ``members`` are the nodes whose values go there, and ``strength`` is their norm, where it is asked for.
    """

    source: str
    target: str
    label: str = ""
    pass_: str = "forward"
    saved: bool = False
    members: tuple[int, ...] = ()
    strength: float | None = None


@dataclass(frozen=True)
class Outline:
    """Boxes by layer and time, each layer after what it needs, the edges between them, and what is around.

    ``columns`` are the headings of the time steps, empty where nothing is unrolled; ``notes`` say what
    was left out, and how to see it.
    """

    level: str
    title: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...] = ()
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def renamed(outline: Outline, ids: Callable[[str], str], groups: Callable[[str], str]) -> Outline:
    """Return an outline with other ids of boxes and of groups."""
    return replace(
        outline,
        boxes=tuple(
            replace(box, id=ids(box.id), group=groups(box.group) if box.group else "")
            for box in outline.boxes
        ),
        edges=tuple(replace(e, source=ids(e.source), target=ids(e.target)) for e in outline.edges),
        groups=tuple(replace(group, id=groups(group.id)) for group in outline.groups),
    )
