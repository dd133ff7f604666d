"""Writes a layout as SVG: all text escaped, no script, no style sheet, nothing fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from tinygraph.viz.boxes import box_of, panel_of
from tinygraph.viz.legend import legend
from tinygraph.viz.outline import Box
from tinygraph.viz.palette import INK, MUTED, PAPER, SAVED, STYLES
from tinygraph.viz.placed import Layout, PlacedEdge, Rect
from tinygraph.viz.placing.across import EDGE_LABEL
from tinygraph.viz.shapes import arrow, document, element, rectangle, text, title
from tinygraph.viz.strength import Thickness
from tinygraph.viz.text import short, shorten, visible, width

#: The space around a drawing, and the sizes of its title, notes and column headings.
MARGIN, TITLE, NOTE, HEADING = 28, 18, 13, 13


#: A page so many times as wide as high has the next one below it, not beside it.
WIDE = 1.2


def svg(*layouts: Layout) -> str:
    """Return a layout, or several beside each other, as an SVG document."""
    pages = [_page(layout) for layout in layouts]
    down = max(page.width / page.height for page in pages) > WIDE
    sizes = [page.height if down else page.width for page in pages]
    starts = accumulate(sizes[:-1], initial=0.0)
    wide = max(page.width for page in pages) if down else sum(sizes)
    high = sum(sizes) if down else max(page.height for page in pages)
    outlines = [layout.outline for layout in layouts]
    boxes, arrows = (
        sum(map(len, each)) for each in zip(*((o.boxes, o.edges) for o in outlines), strict=True)
    )
    name = " | ".join(outline.title or "graph" for outline in outlines)
    described = f"{boxes} boxes and {arrows} arrows between them."
    drawn = (
        element("g", page.drawn, transform=_moved(*((0.0, at) if down else (at, 0.0))))
        for page, at in zip(pages, starts, strict=True)
    )
    return document(name, wide, high, *drawn, described=described)


class _Page(NamedTuple):
    """A drawing with its title and legend, as markup."""

    drawn: str
    width: float
    height: float


def _page(layout: Layout) -> _Page:
    outline = layout.outline
    name = shorten(visible(outline.title), 80)
    lines = [text(name, 0.0, float(TITLE), TITLE, font_weight="bold", fill=INK)]
    top = TITLE * 1.3
    for note in outline.notes:
        top += NOTE * 1.5
        lines.append(text(note, 0.0, top, NOTE, fill=MUTED))
    top += 56.0 if outline.columns else 22.0
    signs, signs_width, signs_height = legend(layout, 480.0)
    texts = [width(name, TITLE, bold=True), *(width(note, NOTE) for note in outline.notes)]
    whole = max([layout.width, signs_width, *texts]) + 2 * MARGIN
    legend_top = top + layout.height + 34
    drawn = (
        element("g", *lines, transform=_moved(MARGIN, MARGIN)),
        element("g", *_drawing(layout), transform=_moved(MARGIN, MARGIN + top)),
        element("g", signs, transform=_moved(MARGIN, MARGIN + legend_top)),
    )
    return _Page("".join(drawn), whole, legend_top + signs_height + 2 * MARGIN)


def _moved(x: float, y: float) -> str:
    return f"translate({x:g} {y:g})"


def _drawing(layout: Layout) -> Iterator[str]:
    """Panels lie behind edges, and edges behind boxes."""
    for panel in layout.panels:
        yield from panel_of(panel)
    for heading, x in zip(layout.outline.columns, layout.columns, strict=True):
        yield text(heading, x, -26.0, HEADING, text_anchor="middle", fill=MUTED, font_weight="bold")
    source = {box.id: box for box in layout.outline.boxes}
    thickness = Thickness(layout.outline.edges)
    for edge in layout.edges:
        yield _edge(edge, source[edge.edge.source], thickness)
    for edge in layout.edges:
        yield from _words(edge)
    for placed in layout.boxes:
        yield box_of(placed)


def _edge(placed: PlacedEdge, source: Box, thickness: Thickness) -> str:
    """An arrow; its tooltip says what it carries."""
    edge = placed.edge
    style = SAVED if edge.saved else STYLES[edge.pass_]
    strong = "" if edge.strength is None else f"norm {short(edge.strength)}"
    said = " ".join(part for part in (edge.label, source.dtype, source.shape, strong) if part)
    look = style.line | {"stroke_width": thickness.of(edge, style.width)}
    return element("g", title(said), arrow(placed.points, style.stroke, placed.bus, **look))


def _words(placed: PlacedEdge) -> Iterator[str]:
    """What stands on an edge: above a line across, and over one that goes down."""
    if placed.label:
        x, y = placed.label
        (left, _), (right, _) = placed.points[:2]
        if left == right:
            wide = width(placed.words, EDGE_LABEL) + 6
            yield rectangle(Rect(x - wide / 2, y - 15, wide, 13.0), 2.0, fill=PAPER)
        colour = STYLES[placed.edge.pass_].stroke
        yield text(placed.words, x, y - 5, EDGE_LABEL, text_anchor="middle", fill=colour)
