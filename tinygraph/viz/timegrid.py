"""The grid of an unrolled drawing: a column is a time step, and each layer has rows of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from tinygraph.viz.bands import Bands, Vertex
from tinygraph.viz.grid import Cell, Grid
from tinygraph.viz.lanes import WIDTH, mean, spread
from tinygraph.viz.outline import Outline


def by_time(outline: Outline) -> Grid:
    """Place an outline with time steps: see `bands` for the rows."""
    return _TimeGrid(outline).grid()


class _TimeGrid:
    def __init__(self, outline: Outline):
        self.outline = outline
        self.bands = Bands(outline)
        self.near: dict[str, list[str]] = defaultdict(list)
        for edge in outline.edges:
            self.near[edge.source].append(edge.target)
            self.near[edge.target].append(edge.source)
        self.width = self._widths()
        self.start = self._starts()
        self.cells: dict[str, Cell] = {}

    def grid(self) -> Grid:
        """Place the bands and bars, then what stands between and beside them."""
        for vertex, row in self.bands.row.items():
            if vertex[0]:
                self._place_band(vertex, row)
            elif self.bands.is_bar(vertex):
                middles = [self._middle(column) for column in self.bands.columns[vertex]]
                self.cells[vertex[1]] = Cell(row, min(middles), max(middles))
        self._place_others()
        return Grid(self.cells, tuple(self._middle(c) for c in range(len(self.outline.columns))))

    def _widths(self) -> dict[int, int]:
        """The slots that each column takes: its widest block."""
        width: dict[int, int] = defaultdict(lambda: WIDTH)
        for blocks in self.bands.blocks.values():
            for column, (_, slot) in blocks.items():
                width[column] = max(width[column], max(slot.values()) + WIDTH)
        return width

    def _starts(self) -> dict[int, int]:
        """The first slot of each column; column -1, the leaves before step 0, is there if it is used."""
        starts, at = {}, 0
        for column in range(-1 if -1 in self.width else 0, len(self.outline.columns)):
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
        taken = {row for first, last in panel_rows(self.outline, self.cells).values() for row in range(first, last + 1)}
        for order in (1, -1, 1):
            for row in sorted(rows, reverse=order < 0):
                self._settle(row, rows[row], right if row in taken else 1)

    def _settle(self, row: int, ids: list[str], least: int) -> None:
        wanted = {}
        for id in ids:
            placed = [self.cells[other].middle for other in self.near[id] if other in self.cells]
            wanted[id] = max(least, mean(placed, self.cells[id].first if id in self.cells else least))
        order = sorted(ids, key=wanted.__getitem__)
        for id, slot in zip(order, spread([wanted[id] for id in order], least), strict=True):
            self.cells[id] = Cell(row, slot, slot)


def panel_rows(outline: Outline, cells: Mapping[str, Cell]) -> dict[str, tuple[int, int]]:
    """Return, for each layer with steps, its first and last row."""
    stepped = {box.group for box in outline.boxes if box.group and box.column is not None}
    rows: dict[str, list[int]] = defaultdict(list)
    for box in outline.boxes:
        cell = cells.get(box.id)
        if box.group in stepped and cell and (box.column is not None or cell.first < cell.last):
            rows[box.group].append(cell.row)
    return {group: (min(found), max(found)) for group, found in rows.items()}
