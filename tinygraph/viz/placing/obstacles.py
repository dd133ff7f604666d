"""What stands in the way on the grid, and where a line can pass."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping

from tinygraph.viz.placing.grid import Cell

#: How far beside its ends a line looks for a gap, before it goes around everything.
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
        """Return a slot with a free way: the nearest to ``target`` on its way from ``start``, if any."""
        near = (slot for slot in _near(start, target) if 0 <= slot <= self.slots)
        return next((slot for slot in near if self.free(slot, first, last)), self.slots)


def _near(start: int, target: int) -> Iterator[int]:
    """Slots from ``target`` towards ``start``, then those behind either."""
    step = 1 if start > target else -1
    yield from range(target + step, start, step)
    for distance in range(1, _FAR):
        yield target - step * distance
        yield start + step * distance
