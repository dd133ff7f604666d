"""The grid of an unrolled drawing: a column is a time step, and each layer has rows of its own."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence

from tinygraph.viz.outline import Outline
from tinygraph.viz.placing.bands import Bands, Vertex
from tinygraph.viz.placing.grid import Cell, Grid
from tinygraph.viz.placing.lanes import WIDTH, mean, spread


def by_time(outline: Outline) -> Grid:
    """Place an outline with time steps: see `bands` for the rows."""
    return _TimeGrid(outline).grid()


class _TimeGrid:
    def __init__(self, outline: Outline):
        self.outline = outline
        self.bands = Bands(outline)
        self.near: dict[str, list[str]] = defaultdict(list)
        self.sources: dict[str, list[str]] = defaultdict(list)
        for edge in outline.edges:
            self.near[edge.source].append(edge.target)
            self.near[edge.target].append(edge.source)
            self.sources[edge.target].append(edge.source)
        self.leaves = {box.id for box in outline.boxes if not self.sources[box.id]}
        self.width = self._widths()
        self.start = self._starts()
        self.cells: dict[str, Cell] = {}

    def grid(self) -> Grid:
        """Place the bands and bars, then what stands between and beside them."""
        for vertex, row in self.bands.row.items():
            if vertex[0]:
                self._place_band(vertex, row)
        for vertex, row in self.bands.row.items():
            if self.bands.is_bar(vertex):
                steps = [id for id in self.near[vertex[1]] if self.bands.vertex[id][0]]
                slots = [self.cells[id].middle for id in steps]
                self.cells[vertex[1]] = Cell(row, min(slots), max(slots))
        self._place_others()
        return Grid(self.cells, tuple(self._middle(c) for c in range(len(self.outline.columns))))

    def _widths(self) -> dict[int, int]:
        """The slots that each column takes: its widest block, and a gap where that is several boxes."""
        width: dict[int, int] = defaultdict(lambda: WIDTH)
        for blocks in self.bands.blocks.values():
            for column, (_, slot) in blocks.items():
                needed = max(slot.values()) + WIDTH
                width[column] = max(width[column], needed + 2 * (needed > WIDTH))
        return width

    def _starts(self) -> dict[int, int]:
        """The first slot of each column; those before the first and after the last are there if used."""
        count = len(self.outline.columns)
        starts, at = {}, 0
        for column in range(-1 if -1 in self.width else 0, count + (count in self.width)):
            starts[column] = at
            at += self.width[column]
        return starts

    def _middle(self, column: int) -> int:
        return self.start[column] + self.width[column] // 2

    def _place_band(self, vertex: Vertex, first: int) -> None:
        """Place the blocks of a band, each in the middle of its column."""
        height = self.bands.height(vertex)
        up = vertex[1] == "backward"
        for column, (rows, slot) in self.bands.blocks[vertex].items():
            left = self.start[column] + (self.width[column] - max(slot.values())) // 2
            for level, ids in enumerate(rows):
                row = first + (height - 1 - level if up else level)
                for id in ids:
                    self.cells[id] = Cell(row, left + slot[id], left + slot[id])

    def _place_others(self) -> None:
        """Place what has neither step nor bar: near what it is connected to, beside a band."""
        rows: dict[int, list[str]] = defaultdict(list)
        for vertex, row in self.bands.row.items():
            if not vertex[0] and not self.bands.is_bar(vertex):
                rows[row].append(vertex[1])
        right = max((cell.last for cell in self.cells.values()), default=0) + WIDTH
        taken = {
            row
            for first, last in panel_rows(self.outline, self.cells).values()
            for row in range(first, last + 1)
        }
        for order in (1, -1, 1):
            for row in sorted(rows, reverse=order < 0):
                self._settle(row, rows[row], right if row in taken else 1)

    def _settle(self, row: int, ids: list[str], least: int) -> None:
        """Put the boxes of a row under what they read; what reads nothing stands at the right of its wish."""
        wanted = {id: max(least, self._wanted(id)) for id in ids}
        order = sorted(ids, key=wanted.__getitem__)
        reading = [id for id in order if id not in self.leaves]
        slots = dict(zip(reading, spread([wanted[id] for id in reading], least), strict=True))
        taken = sorted(slots.values())
        after = least
        for id in order:
            if id in self.leaves:
                slots[id] = _free_place(taken, max(after, round(wanted[id])))
                after = slots[id] + WIDTH
        self.cells |= {id: Cell(row, slot, slot) for id, slot in slots.items()}

    def _wanted(self, id: str) -> float:
        """The mean place of what a box reads, or else of all that it is connected to."""
        placed = {other: self.cells[other].middle for other in self.near[id] if other in self.cells}
        sources = [placed[s] for s in self.sources[id] if s in placed and s not in self.leaves]
        here = self.cells[id].first if id in self.cells else self._middle(len(self.outline.columns) - 1)
        return mean(sources or list(placed.values()), here)


def _free_place(taken: Sequence[int], slot: int) -> int:
    """The first place from ``slot`` on that is a box's width away from those taken, which are sorted."""
    for other in taken[bisect_right(taken, slot - WIDTH) :]:
        if other >= slot + WIDTH:
            break
        slot = other + WIDTH
    return slot


def panel_rows(outline: Outline, cells: Mapping[str, Cell]) -> dict[str, tuple[int, int]]:
    """Return, for each layer with steps, its first and last row."""
    rows: dict[str, list[int]] = defaultdict(list)
    for box in outline.boxes:
        if box.group and box.column is not None:
            rows[box.group].append(cells[box.id].row)
    return {group: (min(found), max(found)) for group, found in rows.items()}
