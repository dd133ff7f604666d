"""What stands in the way on the grid, and where a line can pass."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping

from tinygraph.viz.grid import Cell

#: How far from where it would like to a line looks for a gap before it goes around everything.
_FAR = 6


class Obstacles:
    """The boxes by slot and by row, so that "is the way free?" takes the time of a bisection."""

    def __init__(self, cells: Mapping[str, Cell]):
        self.slots = max((cell.last for cell in cells.values()), default=0) + 1
        self._rows_at: dict[int, list[int]] = defaultdict(list)
        self._bars: list[tuple[int, int, int]] = []
        in_row: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for id, cell in cells.items():
            in_row[cell.row].append((cell.first, id))
            if cell.first == cell.last:
                self._rows_at[cell.first].append(cell.row)
            else:
                self._bars.append((cell.row, cell.first, cell.last))
        for rows in self._rows_at.values():
            rows.sort()
        self._bars.sort()
        #: each box's place in its row, counted from the left
        self.order = {id: k for row in in_row.values() for k, (_, id) in enumerate(sorted(row))}

    def free(self, slot: int, first: int, last: int) -> bool:
        """Whether a line can run at ``slot`` through the rows from ``first`` to ``last``."""
        rows = self._rows_at.get(slot, [])
        if bisect_left(rows, first) < bisect_right(rows, last):
            return False
        begin, end = bisect_left(self._bars, (first,)), bisect_left(self._bars, (last + 1,))
        return not any(left <= slot <= right for _, left, right in self._bars[begin:end])

    def gap(self, start: int, target: int, first: int, last: int) -> int:
        """Return a slot near ``target`` with a free way, on the side of ``start`` if there is one."""
        return next(
            (slot for slot in self._near(start, target) if self.free(slot, first, last)), self.slots
        )

    def _near(self, start: int, target: int) -> Iterator[int]:
        towards = 1 if start > target else -1
        for distance in range(1, _FAR):
            for slot in (target + towards * distance, target - towards * distance):
                if 0 <= slot <= self.slots:
                    yield slot
