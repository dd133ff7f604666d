"""The grid of a drawing: in which row each box stands, and in which slot of the row.

A row is a rank. Without time steps the passes stand side by side, and the backward pass flows up beside
the forward pass, so that a gradient is about level with what it is the gradient of. With time steps a
column is a step: see `timegrid`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tinygraph.viz.outline import PASSES, Outline
from tinygraph.viz.placing.lanes import WIDTH, lanes
from tinygraph.viz.placing.ranks import ranks

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Cell:
    """The place of a box: its row, and the slots of its centre. A bar lies across several columns."""

    row: int
    first: int
    last: int

    @property
    def middle(self) -> int:
        """The slot in the middle."""
        return (self.first + self.last) // 2


@dataclass(frozen=True)
class Grid:
    """The cells by the ids of boxes, and the slot in the middle of each column of the outline."""

    cells: dict[str, Cell]
    columns: tuple[int, ...] = ()


def side_by_side(outline: Outline) -> Grid:
    """Place an outline without time steps."""
    passes = [[box.id for box in outline.boxes if box.pass_ == name] for name in PASSES]
    blocks = [block(ids, pairs(outline, ids)) for ids in passes]
    depth = max(len(rows) for rows, _ in blocks)
    cells: dict[str, Cell] = {}
    start = WIDTH // 2
    for name, (rows, slot) in zip(PASSES, blocks, strict=True):
        if not rows:
            continue
        # Forward ends at the bottom, where backward begins; an update begins where gradients end.
        top = 0 if name == "update" else depth - len(rows)
        for index, row in enumerate(rows):
            level = depth - 1 - index if name == "backward" else top + index
            cells |= {id: Cell(level, start + slot[id], start + slot[id]) for id in row}
        start += max(slot.values()) + WIDTH + 1
    return Grid(cells)


def pairs(outline: Outline, ids: Iterable[str]) -> Pairs:
    """Return the edges of an outline that stay within ``ids``."""
    inside = set(ids)
    return [(e.source, e.target) for e in outline.edges if e.source in inside and e.target in inside]


def block(ids: Sequence[str], edges: Pairs) -> tuple[list[list[str]], dict[str, int]]:
    """Return boxes by rank, first those without a source, and the slot of each in its row."""
    rank = ranks(ids, edges)
    rows: list[list[str]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for id in by_use(ids, edges):
        rows[rank[id]].append(id)
    return rows, lanes(rows, edges)


def by_use(ids: Sequence[str], edges: Pairs) -> list[str]:
    """Order boxes as they come, but those without a source by what first reads them."""
    position = {id: float(index) for index, id in enumerate(ids)}
    read: dict[str, float] = {}
    for source, target in edges:
        read[source] = min(position[target], read.get(source, position[target]))
    targets = {target for _, target in edges}
    key = {id: read[id] - 0.5 if id in read and id not in targets else at for id, at in position.items()}
    return sorted(ids, key=lambda id: (key[id], position[id]))
