"""The way of each edge on the grid: along the channels between rows, through gaps between boxes.

No edge runs through a box. It leaves its box into the channel beside it, runs through other rows where
they are free, and arrives from the channel beside its target. Neighbours in a row are joined directly.
Positions are on the grid here; `layout` turns them into coordinates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tinygraph.viz.outline import Edge
from tinygraph.viz.placing.grid import Cell
from tinygraph.viz.placing.obstacles import Obstacles
from tinygraph.viz.placing.route import PORT, TRACK, Position, Route, tracks

#: A box, the channel above or below it, and the slot at which edges arrive or leave.
Port = tuple[str, int, int]

#: The least distance of lines that have names above them.
NAMED = 14
#: How far from the middle of a column arrows arrive at a bar: the narrowest box at its end is wider.
END = 14


class Router:
    """Finds the routes of all edges, and then the tracks in which lines run side by side."""

    def __init__(self, cells: Mapping[str, Cell], sizes: Mapping[str, tuple[float, float]]):
        self.cells = cells
        self.sizes = sizes
        self.obstacles = Obstacles(cells)

    def routes(self, edges: Sequence[Edge]) -> list[Route]:
        """Return a route for each edge, in order."""
        found = [self._begin(edge) for edge in edges]
        self._part_neighbours([route for route in found if route.direct is not None])
        paths = [route for route in found if route.direct is None]
        self._set_ports(paths)
        self._set_runs([route for route in paths if route.out != route.into])
        return found

    def _begin(self, edge: Edge) -> Route:
        """Decide the sides at which an edge leaves and arrives, and whether it can be a straight line."""
        source, target = self.cells[edge.source], self.cells[edge.target]
        start = _clamp(target.middle, source)
        end = _clamp(start, target)
        down = target.row >= source.row
        route = Route(edge, (start, 0.0), (end, 0.0), source.row + down, target.row + (not down), edge.source)
        if source.row == target.row:
            route.into = route.out
            beside = abs(self.obstacles.order[edge.source] - self.obstacles.order[edge.target]) == 1
            route.direct = 0.0 if beside else None
        else:
            route.straight = start == end and self._way_is_free(start, route)
        return route

    def _way_is_free(self, slot: int, route: Route) -> bool:
        return self.obstacles.free(slot, min(route.out, route.into), max(route.out, route.into) - 1)

    def _part_neighbours(self, routes: Iterable[Route]) -> None:
        """Lines between the same two neighbours run in parallel."""
        pairs: dict[frozenset[str], list[Route]] = defaultdict(list)
        for route in routes:
            pairs[frozenset((route.edge.source, route.edge.target))].append(route)
        for pair, same in pairs.items():
            room = min(self.sizes[id][1] for id in pair) - 16
            apart = min(22, room / len(same))
            for index, route in enumerate(same):
                route.direct = (index - (len(same) - 1) / 2) * apart
                route.named = apart >= NAMED

    def _set_ports(self, paths: Sequence[Route]) -> None:
        """Let the arrows that arrive at one side of a box arrive beside each other."""
        arriving: dict[Port, list[Route]] = defaultdict(list)
        leaving: dict[Port, list[Route]] = defaultdict(list)
        for route in paths:
            arriving[route.edge.target, route.into, route.arrives[0]].append(route)
            leaving[route.edge.source, route.out, route.leaves[0]].append(route)
        for port, routes in arriving.items():
            if _is_bus(routes, port[2]):
                self._join(port, routes, aside=port in leaving)
            else:
                self._part_arrivals(port, routes, leaving.get(port, []))

    def _join(self, port: Port, routes: Sequence[Route], aside: bool) -> None:
        """Let arrows arrive as one line; ``aside``, on the side that they come from, of what leaves there."""
        id, _, slot = port
        offset = min(PORT, self._room(id)) if aside else 0.0
        for route in routes:
            route.net = f"to {id}"
            route.arrives = slot, -offset if route.leaves[0] < slot else offset

    def _room(self, id: str) -> float:
        """How far from its middle arrows can arrive at a box."""
        cell = self.cells[id]
        return END if cell.first < cell.last else max(PORT / 2, self.sizes[id][0] / 2 - 8)

    def _part_arrivals(self, port: Port, routes: Sequence[Route], leaving: Sequence[Route]) -> None:
        """Place the arrows at one port. What leaves there too makes way for a straight line."""
        id, channel, slot = port
        top = channel == self.cells[id].row
        straight = any(route.straight for route in routes)
        yields = straight and not any(route.straight for route in leaving)
        row_beyond = channel - 1 if top else channel
        centre = yields or (not leaving and (straight or self.obstacles.free(slot, row_beyond, row_beyond)))
        room = self._room(id)
        places = _offsets(routes, slot, 0.0 if centre else (0.5 if top else -0.5), room)
        for route, offset in places:
            route.arrives = slot, offset
        if yields:
            offsets = [offset for _, offset in places]
            for route in leaving:
                right = route.arrives[0] > slot
                aside = max(offsets) + PORT if right else min(offsets) - PORT
                route.leaves = slot, min(max(aside, -room), room)

    def _set_runs(self, paths: Iterable[Route]) -> None:
        """Find where the edges that pass other rows run through them."""
        lines: dict[int, dict[tuple[str, bool], list[Route]]] = defaultdict(lambda: defaultdict(list))
        taken: dict[Position, list[Route]] = defaultdict(list)
        for route in sorted(paths, key=lambda route: not route.straight):
            for end in (route.leaves, route.arrives):
                apart = not any(_run_in_one(route, other) for other in taken[end])
                if self._way_is_free(end[0], route) and (apart or route.straight):
                    route.run = end
                    taken[end].append(route)
                    break
            else:
                first, last = sorted((route.out, route.into))
                slot = self.obstacles.gap(route.leaves[0], route.arrives[0], first, last - 1)
                lines[slot][route.net, route.edge.saved].append(route)
        for slot, same_source in lines.items():
            spans = {key: _rows_of(routes) for key, routes in same_source.items()}
            for key, track in tracks(spans).items():
                offset = (TRACK * (track // 2) + TRACK / 2) * (-1 if track % 2 else 1)
                for route in same_source[key]:
                    route.run = slot, offset


def _run_in_one(one: Route, other: Route) -> bool:
    """Whether two lines at one place would lie on each other, and are not one."""
    (first, last), (begin, end) = _rows_of([one]), _rows_of([other])
    return one.edge.source != other.edge.source and max(first, begin) < min(last, end)


def _clamp(slot: int, cell: Cell) -> int:
    return min(max(slot, cell.first), cell.last)


def _is_bus(routes: Sequence[Route], slot: int) -> bool:
    """Whether many edges of one pass come along one channel from one side: they are drawn as one line."""
    sides = {route.leaves[0] < slot for route in routes}
    return (
        len(routes) > 2
        and len(sides) == 1
        and all(
            route.out == route.into and route.edge.pass_ == routes[0].edge.pass_ and not route.edge.saved
            for route in routes
        )
    )


def _rows_of(routes: Sequence[Route]) -> tuple[int, int]:
    channels = [channel for route in routes for channel in (route.out, route.into)]
    return min(channels), max(channels)


def _offsets(routes: Sequence[Route], slot: int, aside: float, room: float) -> list[tuple[Route, float]]:
    """Give each arrow its place on a side: the straight one the centre, those from the left the left.

    Where the centre is taken, an odd number of arrows moves ``aside`` by half a place: above a box to the
    right and below it to the left, so that two that meet in a channel do not run in one line.
    """
    straight = [route for route in routes if route.straight]
    others = sorted((r for r in routes if not r.straight), key=lambda route: route.leaves)
    left = [route for route in others if route.leaves[0] < slot]
    order = left + straight + others[len(left) :]
    first = float(-len(left)) if straight and not aside else (1 - len(order)) / 2
    if len(order) % 2:
        first += aside
    places = [first + index for index in range(len(order))]
    apart = min(PORT, room / max(max(map(abs, places)), 0.5))
    return [(route, place * apart) for route, place in zip(order, places, strict=True)]
