"""Coordinates down the page: how high rows are, and the channels between them in which lines run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tinygraph.viz.placing.across import Across
from tinygraph.viz.placing.channels import tracks
from tinygraph.viz.placing.grid import Cell
from tinygraph.viz.placing.route import TRACK, Route

#: The height of a channel with one line in it.
CHANNEL = 40


class Down:
    """The top of each row, and where lines run in the channels. Channel k lies above row k.

    Args:
        cells: the place of each box.
        heights: its height.
        routes: the ways of the edges.
        across: the coordinates of slots.
        panels: first row, last row and least height of each panel.
        lead: how far edges go down before the first line, where something stands on them.
    """

    def __init__(
        self,
        cells: Mapping[str, Cell],
        heights: Mapping[str, float],
        routes: Sequence[Route],
        across: Across,
        panels: Iterable[tuple[int, int, float]],
        lead: float = 0.0,
    ):
        self._lead = lead
        rows = max(cell.row for cell in cells.values()) + 1
        self._height = [0.0] * rows
        for id, cell in cells.items():
            self._height[cell.row] = max(self._height[cell.row], heights[id])
        self._track = tracks(routes, across)
        self._channel = [0.0, *[CHANNEL + lead] * (rows - 1), 0.0]
        for (channel, _), track in self._track.items():
            self._channel[channel] = max(self._channel[channel], CHANNEL + lead + track * TRACK)
        for first, last, least in panels:
            self._make_room(first, last, least)
        self._top: list[float] = []
        at = 0.0
        for gap, height in zip(self._channel[:-1], self._height, strict=True):
            self._top.append(at + gap)
            at += gap + height

    def _make_room(self, first: int, last: int, least: float) -> None:
        """Make the rows from ``first`` to ``last`` higher until they and what is between have ``least``."""
        lack = least - sum(self._height[first : last + 1]) - sum(self._channel[first + 1 : last + 1])
        for row in range(first, last + 1):
            self._height[row] += max(0.0, lack) / (last + 1 - first)

    def top(self, row: int) -> float:
        """Return where a row begins."""
        return self._top[row]

    def bottom(self, row: int) -> float:
        """Return where a row ends."""
        return self._top[row] + self._height[row]

    @property
    def end(self) -> float:
        """Where the last channel ends."""
        return self.bottom(-1) + self._channel[-1]

    def middle(self, row: int) -> float:
        """Return the middle of a row."""
        return self._top[row] + self._height[row] / 2

    def line(self, route: Route, channel: int) -> float:
        """Return where an edge runs in a channel."""
        above = self.bottom(channel - 1) if channel else 0.0
        track = self._track.get((channel, (route.net, route.edge.saved)), 0)
        return above + CHANNEL / 2 + self._lead + track * TRACK
