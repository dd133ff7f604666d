"""Which line runs above which in the channels between rows.

A line that turns up at some place must run above one that turns down there, or their ends would lie on
each other: the vertical constraints of channel routing (Hashimoto and Stevens 1971).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence

from tinygraph.viz.placing.across import Across
from tinygraph.viz.placing.route import Route

#: What the lines that share a track have in common: see `Route.net`.
Net = tuple[str, bool]
Span = tuple[float, float]

#: Ends less than so many pixels apart would be taken for one.
_NEAR = 3.0


class Channel:
    """The lines of one channel: how far each reaches, and where its ends turn up and down."""

    def __init__(self) -> None:
        self.spans: dict[Net, Span] = {}
        self.ups: list[tuple[float, Net]] = []
        self.downs: list[tuple[float, Net]] = []

    def add(self, net: Net, ends: Sequence[tuple[float, bool]]) -> None:
        """Add a line by its two ends: where they are, and whether they turn up."""
        near, far = sorted(x for x, _ in ends)
        known = self.spans.get(net, (near, far))
        self.spans[net] = min(near, known[0]), max(far, known[1])
        for x, up in ends:
            (self.ups if up else self.downs).append((x, net))

    def tracks(self) -> dict[Net, int]:
        """Return the track of each line, 0 for the highest; lines on one track do not touch."""
        above = self._above()
        waiting = sorted(self.spans, key=lambda net: (self.spans[net], net))
        found: dict[Net, int] = {}
        track = 0
        while waiting:
            free = [net for net in waiting if above[net] <= found.keys()]
            for net in _side_by_side(free or waiting[:1], self.spans):  # a circle is cut somewhere
                found[net] = track
            waiting = [net for net in waiting if net not in found]
            track += 1
        return found

    def _above(self) -> Mapping[Net, set[Net]]:
        """The lines that must run above each."""
        above: dict[Net, set[Net]] = defaultdict(set)
        ups = sorted(self.ups)
        for x, net in self.downs:
            for index in range(bisect_left(ups, (x - _NEAR,)), len(ups)):
                if ups[index][0] > x + _NEAR:
                    break
                if ups[index][1] != net:
                    above[net].add(ups[index][1])
        return above


def _side_by_side(nets: Sequence[Net], spans: Mapping[Net, Span]) -> list[Net]:
    """Of lines from left to right, as many as fit on one track."""
    chosen: list[Net] = []
    for net in nets:
        if not chosen or spans[chosen[-1]][1] < spans[net][0]:
            chosen.append(net)
    return chosen


def tracks(routes: Sequence[Route], across: Across) -> dict[tuple[int, Net], int]:
    """Return the track of each line, by its channel and net."""
    channels: dict[int, Channel] = defaultdict(Channel)
    for route in routes:
        source, target = (across.cells[id].row for id in (route.edge.source, route.edge.target))
        downwards = route.into > route.out
        for channel, first, last in route.lines():
            starts_up = source < channel if channel == route.out else downwards
            ends_up = target < channel if channel == route.into else not downwards
            ends = (across.x(first), starts_up), (across.x(last), ends_up)
            channels[channel].add((route.net, route.edge.saved), ends)
    return {(number, net): t for number, each in channels.items() for net, t in each.tracks().items()}
