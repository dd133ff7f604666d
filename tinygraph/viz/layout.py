"""The layout of an outline: where boxes, edges and panels stand, in time linear in their number.

Every box stands in a cell of the grid; columns are as wide as what stands in them, and the channels
between rows as high as the lines that run in them. Nothing depends on a font, a clock or chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from tinygraph.collector import collector_paused
from tinygraph.viz.outline import Group, Outline
from tinygraph.viz.placed import Layout, Panel, PlacedBox, PlacedEdge, Point, Rect
from tinygraph.viz.placing.across import EDGE_LABEL, GAP, Across, Distance
from tinygraph.viz.placing.down import CHANNEL, Down
from tinygraph.viz.placing.grid import Grid, side_by_side
from tinygraph.viz.placing.lanes import WIDTH
from tinygraph.viz.placing.measure import Content, box_content, group_content, shapes_on_edges
from tinygraph.viz.placing.route import Route
from tinygraph.viz.placing.routes import Router
from tinygraph.viz.placing.timegrid import by_time, panel_rows
from tinygraph.viz.text import width

#: Space between the edge of a panel and what is on it.
PANEL = 14
#: Boxes in a column become equally wide unless the widest is so many times as wide.
EVEN = 1.6
#: How far edges go down before they turn, where shapes stand on them.
LEAD = 12.0


@collector_paused()
def layout(outline: Outline) -> Layout:
    """Return where everything of an outline stands."""
    grid = by_time(outline) if outline.columns else side_by_side(outline)
    shapes = shapes_on_edges(outline)
    contents = {box.id: box_content(box, shapes.get(box.id, "")) for box in outline.boxes}
    sizes = _evened(outline, grid, contents)
    routes = Router(grid.cells, sizes).routes(outline.edges)
    rows = panel_rows(outline, grid.cells)
    headings = {group.id: group_content(group) for group in outline.groups if group.id in rows}
    left = max((content.width + 2 * PANEL for content in headings.values()), default=0.0)
    widths = {id: size[0] for id, size in sizes.items()}
    across = Across(grid.cells, widths, routes, left, _beside_panels(outline, grid, widths, rows))
    high = [(*rows[id], content.height) for id, content in headings.items()]
    heights = {id: size[1] for id, size in sizes.items()}
    down = Down(grid.cells, heights, routes, across, high, LEAD if shapes else 0.0)
    rects = {id: _rect(id, sizes[id][1], across, down) for id in grid.cells}
    edges = tuple(_with_shapes((_edge(route, rects, across, down) for route in routes), shapes))
    panels = tuple(
        Panel(group, headings[group.id], rect) for group, rect in _panels(outline, rows, rects, down)
    )
    right = [rect.right for rect in (*rects.values(), *(panel.rect for panel in panels))]
    return Layout(
        outline,
        tuple(PlacedBox(box, contents[box.id], rects[box.id]) for box in outline.boxes),
        edges,
        panels,
        tuple(across.x((slot, 0.0)) for slot in grid.columns),
        max([*right, *(x for edge in edges for x, _ in edge.points)]),
        down.end,
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


def _rect(id: str, height: float, across: Across, down: Down) -> Rect:
    left, right = across.sides(id)
    return Rect(left, down.middle(across.cells[id].row) - height / 2, right - left, height)


def _edge(route: Route, rects: Mapping[str, Rect], across: Across, down: Down) -> PlacedEdge:
    """An edge: straight to a neighbour, with its label above it, or along its channels."""
    edge = route.edge
    if route.direct is None:
        points = _path(route, rects[edge.source], rects[edge.target], across, down)
        return PlacedEdge(edge, points, bus=route.net != edge.source)
    ends = across.ends(route)
    left, right = (rects[id] for id in ends)
    y = left.y + left.height / 2 + route.direct
    line = (left.right, y), (right.x, y)
    beside = left.right + 6 + width(edge.label, EDGE_LABEL) / 2
    middle = beside if ends in across.crowded else (left.right + right.x) / 2
    label = (middle, y) if edge.label and route.named else None
    return PlacedEdge(edge, line if ends[0] == edge.source else line[::-1], label, words=edge.label)


def _with_shapes(edges: Iterable[PlacedEdge], shapes: Mapping[str, str]) -> Iterator[PlacedEdge]:
    """Put the shape of a value where its edges leave the box, once: they begin as one line."""
    left = dict(shapes)
    for placed in edges:
        words = left.pop(placed.edge.source, "")
        x, y = placed.points[0]
        yield replace(placed, label=(x, y + CHANNEL / 2 + 2), words=words) if words else placed


def _path(route: Route, source: Rect, target: Rect, across: Across, down: Down) -> tuple[Point, ...]:
    first, last = down.line(route, route.out), down.line(route, route.into)
    leaves, arrives = across.x(route.leaves), across.x(route.arrives)
    run = leaves if route.run is None else across.x(route.run)
    start = source.bottom if first > source.y else source.y
    end = target.y if last < target.bottom else target.bottom
    corners = [(leaves, start), (leaves, first), (run, first), (run, last), (arrives, last), (arrives, end)]
    return _without_needless(corners)


def _without_needless(corners: list[Point]) -> tuple[Point, ...]:
    """Leave out corners that are none: points on a straight line between two others."""
    kept: list[Point] = []
    for point in corners:
        if kept and point == kept[-1]:
            continue
        while len(kept) > 1 and any(kept[-2][k] == kept[-1][k] == point[k] for k in (0, 1)):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _beside_panels(
    outline: Outline, grid: Grid, widths: Mapping[str, float], rows: Mapping[str, tuple[int, int]]
) -> Iterator[Distance]:
    """How far what stands beside a panel keeps from the last boxes on it."""
    steps = [box for box in outline.boxes if box.column is not None]
    last = max((grid.cells[box.id].last for box in steps), default=0)
    outmost = [box.id for box in steps if grid.cells[box.id].last >= last - WIDTH]
    for box in outline.boxes:
        cell = grid.cells[box.id]
        if box.column is None and cell.first > last and any(a <= cell.row <= b for a, b in rows.values()):
            for id in outmost:
                yield grid.cells[id].last, cell.first, (widths[id] + widths[box.id]) / 2 + PANEL + GAP


def _panels(
    outline: Outline, rows: Mapping[str, tuple[int, int]], rects: Mapping[str, Rect], down: Down
) -> Iterator[tuple[Group, Rect]]:
    """The panel of each layer with steps: all of its rows, up to its last column."""
    last: dict[str, int] = {}
    right: dict[int, float] = defaultdict(float)
    for box in outline.boxes:
        if box.group in rows and box.column is not None:
            last[box.group] = max(box.column, last.get(box.group, -1))
            right[box.column] = max(right[box.column], rects[box.id].right)
    for group in outline.groups:
        if group.id in rows:
            top, bottom = down.top(rows[group.id][0]) - PANEL, down.bottom(rows[group.id][1]) + PANEL
            outmost = max(x for column, x in right.items() if column <= last[group.id])
            yield group, Rect(0.0, top, outmost + PANEL, bottom - top)
