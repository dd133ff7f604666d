"""From the grid to coordinates: how far slots are apart, how high rows are, and the channels between them."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from tinygraph.viz.grid import Cell
from tinygraph.viz.routes import TRACK, Across, Route, tracks
from tinygraph.viz.text import width

#: The least distance of two boxes in a row, and of a line from a box that it passes.
GAP, CLEAR = 28, 12
#: The height of a channel with one line in it.
CHANNEL = 40
#: The size of the type on edges.
EDGE_LABEL = 12

#: Two slots, and how far they must be apart.
Distance = tuple[int, int, float]


class Axes:
    """Coordinates across (of slots) and down (of rows, and of the tracks in channels).

    Args:
        cells: the place of each box.
        sizes: its width and height.
        routes: the ways of the edges.
        left: where the first slot is.
        panels: first row, last row and least height of each panel.
    """

    def __init__(
        self,
        cells: Mapping[str, Cell],
        sizes: Mapping[str, tuple[float, float]],
        routes: Sequence[Route],
        left: float = 0.0,
        panels: Iterable[tuple[int, int, float]] = (),
    ):
        self.cells, self.sizes = cells, sizes
        self._half = self._half_widths()
        self._in_row = self._sorted_rows()
        self._x = [left + x for x in accumulate(self._steps(routes), initial=0.0)]
        self._track = self._tracks(routes)
        self._place_rows(panels)

    def x(self, across: Across) -> float:
        """Return the coordinate of a position across the page."""
        return self._x[across[0]] + across[1]

    def sides(self, id: str) -> tuple[float, float]:
        """Return the left and the right side of a box; a bar reaches as far as the boxes at its ends."""
        cell = self.cells[id]
        return self._x[cell.first] - self._reach(id, cell.first), self._x[cell.last] + self._reach(id, cell.last)

    def middle(self, row: int) -> float:
        """Return the coordinate of the middle of a row."""
        return self.top[row] + self.height[row] / 2

    def line(self, route: Route, channel: int) -> float:
        """Return the coordinate at which an edge runs along a channel."""
        above = self.top[channel - 1] + self.height[channel - 1] if channel else 0.0
        return above + CHANNEL / 2 + self._track.get((channel, route.net, route.edge.saved), 0) * TRACK

    @property
    def bottom(self) -> float:
        """The coordinate below the last channel."""
        return self.top[-1] + self.height[-1] + self.channel[-1]

    def _half_widths(self) -> dict[int, float]:
        """Half of the widest box at each slot; a bar is not at a slot."""
        half: dict[int, float] = defaultdict(float)
        for id, cell in self.cells.items():
            if cell.first == cell.last:
                half[cell.first] = max(half[cell.first], self.sizes[id][0] / 2)
        return half

    def _reach(self, id: str, slot: int) -> float:
        cell = self.cells[id]
        return self.sizes[id][0] / 2 if cell.first == cell.last else self._half[slot]

    def _sorted_rows(self) -> dict[int, list[tuple[int, int, str]]]:
        rows: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
        for id, cell in self.cells.items():
            rows[cell.row].append((cell.first, cell.last, id))
        return {row: sorted(boxes) for row, boxes in rows.items()}

    def _steps(self, routes: Sequence[Route]) -> list[float]:
        """The distance from each slot to the next: each distance asked for is shared evenly."""
        slots = max(
            [cell.last + 1 for cell in self.cells.values()]
            + [route.run[0] for route in routes if route.run is not None]
        )
        crowd = [0.0] * (slots + 1)
        for route in routes:
            if route.run is not None:
                crowd[route.run[0]] = max(crowd[route.run[0]], abs(route.run[1]))
        steps = [TRACK + one + other for one, other in pairwise(crowd)]
        for first, last, distance in (*self._beside(routes), *self._passing(routes)):
            for slot in range(first, last):
                steps[slot] = max(steps[slot], distance / (last - first))
        return steps

    def _beside(self, routes: Sequence[Route]) -> Iterator[Distance]:
        """Boxes in a row keep a gap, with room for labels; a bar is as long as what it says."""
        label = max((width(r.edge.label, EDGE_LABEL) for r in routes if r.direct is not None), default=0.0)
        labelled = {frozenset((r.edge.source, r.edge.target)) for r in routes if r.edge.label}
        for boxes in self._in_row.values():
            yield 0, boxes[0][0], self._reach(boxes[0][2], boxes[0][0])
            for (_, left, one), (right, _, other) in pairwise(boxes):
                gap = GAP + label if {one, other} in labelled else GAP
                yield left, right, self._reach(one, left) + self._reach(other, right) + gap
            for first, last, id in boxes:
                if first < last:
                    yield first, last, self.sizes[id][0] - self._half[first] - self._half[last]

    def _passing(self, routes: Sequence[Route]) -> Iterator[Distance]:
        """Lines keep clear of the boxes left and right of them in the rows that they pass."""
        for route in routes:
            if route.run is None:
                continue
            slot, offset = route.run
            for row in range(min(route.out, route.into), max(route.out, route.into)):
                boxes = self._in_row.get(row, [])
                index = bisect_left(boxes, (slot,))
                if index:
                    _, last, id = boxes[index - 1]
                    yield last, slot, self._reach(id, last) + CLEAR - offset
                if index < len(boxes):
                    first, _, id = boxes[index]
                    yield slot, first, self._reach(id, first) + CLEAR + offset

    def _tracks(self, routes: Sequence[Route]) -> dict[tuple[int, str, bool], int]:
        """The track of each line in its channel; lines that carry one value share theirs."""
        spans: dict[int, dict[tuple[int, str, bool], tuple[float, float]]] = defaultdict(dict)
        for route in routes:
            for channel, first, last in route.lines():
                key = channel, route.net, route.edge.saved
                ends = sorted((self.x(first), self.x(last)))
                known = spans[channel].get(key, ends)
                spans[channel][key] = min(ends[0], known[0]), max(ends[1], known[1])
        return {key: track for found in spans.values() for key, track in tracks(found).items()}

    def _place_rows(self, panels: Iterable[tuple[int, int, float]]) -> None:
        """Set the height of rows and channels, and the top of each row."""
        rows = max(self._in_row) + 1
        self.height = [0.0] * rows
        for id, cell in self.cells.items():
            self.height[cell.row] = max(self.height[cell.row], self.sizes[id][1])
        self.channel = [0.0, *[float(CHANNEL)] * (rows - 1), 0.0]
        for (channel, _, _), track in self._track.items():
            self.channel[channel] = max(self.channel[channel], CHANNEL + track * TRACK)
        for first, last, least in panels:
            lack = least - sum(self.height[first : last + 1]) - sum(self.channel[first + 1 : last + 1])
            for row in range(first, last + 1):
                self.height[row] += max(0.0, lack) / (last + 1 - first)
        self.top, at = [], 0.0
        for row in range(rows):
            at += self.channel[row]
            self.top.append(at)
            at += self.height[row]
