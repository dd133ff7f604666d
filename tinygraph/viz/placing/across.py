"""Coordinates across the page: how far the slots of the grid are apart."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from tinygraph.viz.placing.grid import Cell
from tinygraph.viz.placing.route import TRACK, Position, Route
from tinygraph.viz.text import width

#: The least distance of two boxes in a row, and of a line from a box that it passes: between two boxes, and
#: right of the last, where a panel may end.
GAP, CLEAR, OUTSIDE = 28, 12, 28
#: The size of the type on edges.
EDGE_LABEL = 12

#: Two slots, and how far they must be apart.
Distance = tuple[int, int, float]


class Across:
    """The coordinate of each slot. Every distance that is asked for is shared evenly by the slots between.

    Args:
        cells: the place of each box.
        widths: its width.
        routes: the ways of the edges.
        left: where the first slot is.
        apart: further distances to keep.
    """

    def __init__(
        self,
        cells: Mapping[str, Cell],
        widths: Mapping[str, float],
        routes: Sequence[Route],
        left: float = 0.0,
        apart: Iterable[Distance] = (),
    ):
        self.cells, self.widths = cells, widths
        self._half: dict[int, float] = defaultdict(float)  # of the widest box at a slot
        self._in_row: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
        for id, cell in cells.items():
            self._in_row[cell.row].append((cell.first, cell.last, id))
            if cell.first == cell.last:
                self._half[cell.first] = max(self._half[cell.first], widths[id] / 2)
        for boxes in self._in_row.values():
            boxes.sort()
        self._labels = self._find_labels(routes)
        #: neighbours, left and right, between which there are labels and other lines too
        self.crowded: set[tuple[str, str]] = set()
        self._x = [left + x for x in accumulate(self._steps(routes, apart), initial=0.0)]

    def x(self, position: Position) -> float:
        """Return the coordinate of a position, rounded so that equal ones are equal."""
        return round(self._x[position[0]] + position[1], 2)

    def sides(self, id: str) -> tuple[float, float]:
        """Return the left and the right side of a box; a bar reaches as far as the boxes at its ends."""
        first, last = self.cells[id].first, self.cells[id].last
        return self.x((first, -self._reach(id, first))), self.x((last, self._reach(id, last)))

    def _reach(self, id: str, slot: int) -> float:
        """How far a box reaches beyond a slot at its end."""
        cell = self.cells[id]
        return self.widths[id] / 2 if cell.first == cell.last else self._half[slot]

    def _find_labels(self, routes: Sequence[Route]) -> dict[tuple[str, str], float]:
        """The room for labels between neighbours: as much as the longest needs, so that columns are even."""
        labelled = [route for route in routes if route.direct is not None and route.edge.label]
        longest = max((width(route.edge.label, EDGE_LABEL) for route in labelled), default=0.0)
        return {self.ends(route): longest for route in labelled}

    def ends(self, route: Route) -> tuple[str, str]:
        """Return the boxes at the ends of an edge, from left to right."""
        source, target = route.edge.source, route.edge.target
        return (source, target) if self.cells[source].first <= self.cells[target].first else (target, source)

    def _steps(self, routes: Sequence[Route], apart: Iterable[Distance]) -> list[float]:
        """The distance from each slot to the next."""
        slots = [cell.last + 1 for cell in self.cells.values()]
        runs = [route.run for route in routes if route.run is not None]
        crowd = [0.0] * (max(slots + [slot for slot, _ in runs]) + 1)
        for slot, offset in runs:
            crowd[slot] = max(crowd[slot], abs(offset))
        steps = [TRACK + one + other for one, other in pairwise(crowd)]
        for first, last, distance in (*self._beside(), *self._passing(routes), *apart):
            share = distance / max(last - first, 1)
            if share > TRACK:  # every step has that, and most ways are long
                for slot in range(first, last):
                    steps[slot] = max(steps[slot], share)
        return steps

    def _beside(self) -> Iterator[Distance]:
        """Boxes in a row keep a gap, with room for labels; a bar is as long as what it says."""
        for boxes in self._in_row.values():
            yield 0, boxes[0][0], self._reach(boxes[0][2], boxes[0][0])
            for (_, left, one), (right, _, other) in pairwise(boxes):
                gap = GAP + self._labels.get((one, other), 0.0)
                yield left, right, self._reach(one, left) + self._reach(other, right) + gap
            for first, last, id in boxes:
                if first < last:
                    yield first, last, self.widths[id] - self._half[first] - self._half[last]

    def _passing(self, routes: Sequence[Route]) -> Iterator[Distance]:
        """Lines keep clear of the boxes left and right of them, and of labels, in the rows that they pass."""
        for route in routes:
            if route.run is None:
                continue
            slot, offset = route.run
            for row in range(min(route.out, route.into), max(route.out, route.into)):
                boxes = self._in_row[row]
                index = bisect_left(boxes, (slot,))
                before, after = boxes[max(0, index - 1) : index], boxes[index : index + 1]
                pair = before[0][2] if before else "", after[0][2] if after else ""
                if pair in self._labels:
                    self.crowded.add(pair)
                clear = CLEAR + self._labels.get(pair, 0.0) if after else OUTSIDE
                for _, last, id in before:
                    yield last, slot, self._reach(id, last) + clear - offset
                for first, _, id in after:
                    yield slot, first, self._reach(id, first) + CLEAR + offset
