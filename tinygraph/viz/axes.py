"""From the grid to coordinates: how wide each slot is, how high each row, and each channel between rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from tinygraph.viz.grid import Cell
from tinygraph.viz.routes import TRACK, Across, Route, tracks
from tinygraph.viz.text import width

#: The least distance of two boxes in a row, and the height of a channel with one line.
GAP, CHANNEL = 28, 40
#: The size of the type on edges.
EDGE_LABEL = 12


class Axes:
    """Coordinates across (of slots) and down (of rows and of the tracks in channels).

    Args:
        cells: the place of each box.
        sizes: its width and height.
        routes: the ways of the edges.
        left: where the first slot begins.
        panels: first row, last row and least height of what stands on a panel of its own.
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
        self.half = self._half_widths()
        self._x = [left + x for x in accumulate(self._steps(routes), initial=0.0)]
        self.track = self._tracks(routes)
        self._place_rows(panels)

    def x(self, across: Across) -> float:
        """Return the coordinate of a position across the page."""
        return self._x[across[0]] + across[1]

    def middle(self, row: int) -> float:
        """Return the coordinate of the middle of a row."""
        return self.top[row] + self.height[row] / 2

    def line(self, route: Route, channel: int) -> float:
        """Return the coordinate at which an edge runs along a channel."""
        track = self.track.get((channel, route.edge.source, route.edge.saved), 0)
        above = self.top[channel - 1] + self.height[channel - 1] if channel else self.top[0] - self.channel[0]
        used = self.channel[channel] - CHANNEL
        return above + (self.channel[channel] - used) / 2 + track * TRACK

    @property
    def right(self) -> float:
        """The coordinate of the last slot."""
        return self._x[-1]

    @property
    def bottom(self) -> float:
        """The coordinate below the last channel."""
        return self.top[-1] + self.height[-1] + self.channel[-1]

    def _half_widths(self) -> list[float]:
        """Half of the widest box at each slot; a bar is not at a slot."""
        half = [0.0] * (max((cell.last for cell in self.cells.values()), default=0) + 2)
        for id, cell in self.cells.items():
            if cell.first == cell.last:
                half[cell.first] = max(half[cell.first], self.sizes[id][0] / 2)
        return half

    def _steps(self, routes: Sequence[Route]) -> list[float]:
        """The distance from each slot to the next."""
        crowd = self._crowd(routes)
        steps = []
        for slot in range(len(self.half) - 1):
            edge = max(self.half[slot], self.half[slot + 1]) + GAP / 2
            steps.append(edge + crowd[slot] + crowd[slot + 1])
        for first, last, least in self._least_distances(routes):
            lack = least - sum(steps[first:last])
            if lack > 0:
                steps[first:last] = [step + lack / (last - first) for step in steps[first:last]]
        return steps
