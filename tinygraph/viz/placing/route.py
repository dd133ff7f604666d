"""`Route`: the way of one edge on the grid. Channel k lies above row k."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinygraph.viz.outline import Edge

#: A position across the page: a slot, and pixels to the right of its middle.
Position = tuple[int, float]

#: The distance of arrows that arrive side by side, and of lines that run side by side, in pixels.
PORT, TRACK = 16, 8


@dataclass
class Route:
    """The way of one edge.

    It leaves at ``leaves`` into channel ``out``, and arrives at ``arrives`` from channel ``into``; if
    these are two channels, it gets from one to the other at ``run``. Between neighbours it is a straight
    line instead, ``direct`` pixels below their middle, on which its label stands if it is ``named``.
    """

    edge: Edge
    leaves: Position
    arrives: Position
    out: int
    into: int
    #: lines of one net share a track: those that leave one box, or all go to one
    net: str = ""
    straight: bool = False
    run: Position | None = None
    direct: float | None = None
    named: bool = True

    def lines(self) -> list[tuple[int, Position, Position]]:
        """The channels that the edge runs along, and from where to where."""
        if self.direct is not None:
            return []
        if self.run is None:
            found = [(self.out, self.leaves, self.arrives)]
        else:
            found = [(self.out, self.leaves, self.run), (self.into, self.run, self.arrives)]
        return [line for line in found if line[1] != line[2]]


def tracks(spans: Mapping) -> dict:
    """Give each span (first, last) the lowest track in which it touches no other.

    >>> tracks({"a": (0, 4), "b": (2, 6), "c": (5, 9)})
    {'a': 0, 'b': 1, 'c': 0}
    """
    ends: list = []
    found = {}
    for key, (first, last) in sorted(spans.items(), key=lambda item: item[1]):
        track = next((k for k, end in enumerate(ends) if end < first), len(ends))
        ends[track : track + 1] = [last]
        found[key] = track
    return found
