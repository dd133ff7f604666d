"""The layout of an outline: where boxes, edges and panels stand, in time linear in their number.

Every box stands in a cell of the grid; columns are as wide as what stands in them, and the channels
between rows as high as the lines that run in them. Nothing depends on a font, a clock or chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from tinygraph.viz.axes import Axes
from tinygraph.viz.grid import Grid, side_by_side
from tinygraph.viz.measure import Content, box_content, group_content
from tinygraph.viz.outline import Box, Edge, Group, Outline
from tinygraph.viz.routes import Route, Router
from tinygraph.viz.timegrid import by_time, panel_rows

Point = tuple[float, float]

#: Space between the edge of a panel and what is on it.
PANEL = 14
#: Boxes in a column become equally wide unless the widest is so many times as wide.
EVEN = 1.6


@dataclass(frozen=True)
class Rect:
    """A rectangle by its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The coordinate of the right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The coordinate of the lower side."""
        return self.y + self.height


@dataclass(frozen=True)
class PlacedBox:
    """A box, what it says, and where it stands."""

    box: Box
    content: Content
    rect: Rect


@dataclass(frozen=True)
class PlacedEdge:
    """An edge and the corners that it goes through, its ends included."""

    edge: Edge
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Panel:
    """What lies behind the steps of a layer, with the layer's name and weights at the left."""

    group: Group
    content: Content
    rect: Rect


@dataclass(frozen=True)
class Layout:
    """An outline with coordinates, in pixels from its upper left corner."""

    outline: Outline
    boxes: tuple[PlacedBox, ...]
    edges: tuple[PlacedEdge, ...]
    panels: tuple[Panel, ...]
    #: the middle of each column
    columns: tuple[float, ...]
    width: float
    height: float


def layout(outline: Outline) -> Layout:
    """Return where everything of an outline stands."""
    grid = by_time(outline) if outline.columns else side_by_side(outline)
    contents = {box.id: box_content(box) for box in outline.boxes}
    sizes = _evened(outline, grid, contents)
    routes = Router(grid.cells, sizes).routes(outline.edges)
    rows = panel_rows(outline, grid.cells)
    headings = {group.id: group_content(group) for group in outline.groups if group.id in rows}
    left = max((content.width + 2 * PANEL for content in headings.values()), default=0.0)
    axes = Axes(
        grid.cells, sizes, routes, left, [(*rows[id], content.height) for id, content in headings.items()]
    )
    rects = {id: _rect(id, sizes[id][1], axes) for id in grid.cells}
    edges = tuple(PlacedEdge(route.edge, _points(route, rects, axes)) for route in routes)
    panels = tuple(
        Panel(group, headings[group.id], _panel(group, rows[group.id], outline, rects, axes))
        for group in outline.groups
        if group.id in rows
    )
    right = [rect.right for rect in (*rects.values(), *(panel.rect for panel in panels))]
    return Layout(
        outline,
        tuple(PlacedBox(box, contents[box.id], rects[box.id]) for box in outline.boxes),
        edges,
        panels,
        tuple(axes.x((slot, 0.0)) for slot in grid.columns),
        max([*right, *(x for edge in edges for x, _ in edge.points)]),
        axes.bottom,
    )


def _evened(outline: Outline, grid: Grid, contents: Mapping[str, Content]) -> dict[str, tuple[float, float]]:
    """Make boxes of one kind equally high in a row, and equally wide in a column if they nearly are."""
    widest: dict[tuple[str, int], float] = defaultdict(float)
    highest: dict[tuple[str, str, int], float] = defaultdict(float)
    for box in outline.boxes:
        cell, size = grid.cells[box.id], contents[box.id]
        across, down = (box.kind, cell.middle), (box.kind, box.pass_, cell.row)
        widest[across] = max(widest[across], size.width)
        highest[down] = max(highest[down], size.height)
    sizes = {}
    for box in outline.boxes:
        cell, size = grid.cells[box.id], contents[box.id]
        wide = widest[box.kind, cell.middle]
        width = wide if size.width * EVEN >= wide else size.width
        sizes[box.id] = width, highest[box.kind, box.pass_, cell.row]
    return sizes


def _rect(id: str, height: float, axes: Axes) -> Rect:
    left, right = axes.sides(id)
    return Rect(left, axes.middle(axes.cells[id].row) - height / 2, right - left, height)


def _points(route: Route, rects: Mapping[str, Rect], axes: Axes) -> tuple[Point, ...]:
    """The corners of an edge: straight to a neighbour, or along its channels."""
    source, target = rects[route.edge.source], rects[route.edge.target]
    if route.direct is not None:
        y = source.y + source.height / 2 + route.direct
        ends = (source.right, target.x) if source.x < target.x else (source.x, target.right)
        return (ends[0], y), (ends[1], y)
    leaves, arrives = axes.x(route.leaves), axes.x(route.arrives)
    start = source.bottom if axes.line(route, route.out) > source.y else source.y
    end = target.y if axes.line(route, route.into) < target.bottom else target.bottom
    run = leaves if route.run is None else axes.x(route.run)
    first, last = axes.line(route, route.out), axes.line(route, route.into)
    corners = [(leaves, start), (leaves, first), (run, first), (run, last), (arrives, last), (arrives, end)]
    return _without_needless(corners)


def _without_needless(corners: list[Point]) -> tuple[Point, ...]:
    """Leave out corners that are none: points between two others on a straight line."""
    kept: list[Point] = []
    for point in corners:
        if kept and point == kept[-1]:
            continue
        while len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _panel(
    group: Group, rows: tuple[int, int], outline: Outline, rects: Mapping[str, Rect], axes: Axes
) -> Rect:
    """The panel of a layer: all of its rows, from the left edge to its last column."""
    right = max(rects[b.id].right for b in outline.boxes if b.group == group.id and b.column is not None)
    first, last = rows
    top = axes.top[first] - PANEL
    return Rect(0.0, top, right + PANEL, axes.top[last] + axes.height[last] + PANEL - top)
