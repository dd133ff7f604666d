"""Writes a layout as SVG: all text escaped, no script, no style sheet, nothing fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

from tinygraph.viz.layout import PANEL as INSET
from tinygraph.viz.legend import legend
from tinygraph.viz.outline import Box
from tinygraph.viz.palette import FAINT, INK, MUTED, PANEL, PAPER, SAVED, STYLES, WEIGHT, WEIGHT_FILL
from tinygraph.viz.placed import Layout, Panel, PlacedBox, PlacedEdge, Rect
from tinygraph.viz.placing.across import EDGE_LABEL
from tinygraph.viz.placing.measure import ICON_HEIGHT, ICON_WIDTH, LID, PAD_X, PAD_Y, Line
from tinygraph.viz.shapes import FONT, arrow, cylinder, element, rectangle, text, title
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
    return element(
        "svg",
        title(" | ".join(outline.title or "graph" for outline in outlines)),
        element("desc", f"{boxes} boxes and {arrows} arrows between them."),
        rectangle(Rect(0.0, 0.0, wide, high), 0.0, fill=PAPER),
        *(
            element("g", page.drawn, transform=_moved(*((0.0, at) if down else (at, 0.0))))
            for page, at in zip(pages, starts, strict=True)
        ),
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        width=wide,
        height=high,
        viewBox=f"0 0 {wide:.0f} {high:.0f}",
        font_family=FONT,
    )


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
        yield from _panel(panel)
    for heading, x in zip(layout.outline.columns, layout.columns, strict=True):
        yield text(heading, x, -26.0, HEADING, text_anchor="middle", fill=MUTED, font_weight="bold")
    source = {box.id: box for box in layout.outline.boxes}
    thickness = Thickness(layout.outline.edges)
    for edge in layout.edges:
        yield _edge(edge, source[edge.edge.source], thickness)
    for edge in layout.edges:
        yield from _words(edge)
    for placed in layout.boxes:
        yield _box(placed)


def _panel(panel: Panel) -> Iterator[str]:
    """The panel of a layer: its name and type, and below them its weights in a cylinder."""
    yield rectangle(panel.rect, 12.0, fill=PANEL, stroke=FAINT)
    words = [line for line in panel.content.lines if line.role != "weight"]
    weights = [line for line in panel.content.lines if line.role == "weight"]
    y = panel.rect.y + (panel.rect.height - panel.content.height) / 2
    for line in words:
        yield _line(line, INSET, y + line.height / 2, "start")
        y += line.height
    if weights:
        rect = Rect(INSET, y + PAD_Y, panel.content.width, sum(w.height for w in weights) + 2 * LID)
        yield cylinder(rect, LID, fill=WEIGHT_FILL, stroke=WEIGHT)
        y = rect.y + LID * 1.4
        for line in weights:
            yield _line(line, INSET + PAD_X, y + line.height / 2, "start")
            y += line.height


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


def _box(placed: PlacedBox) -> str:
    """A box: its shape by its kind, its lines in the middle, and the sign of shared weights."""
    box, rect, content = placed.box, placed.rect, placed.content
    parts = [title(_tooltip(box)), _outline(box, rect)]
    if box.shared:
        icon = Rect(rect.right - ICON_WIDTH - 5, rect.y + 5, ICON_WIDTH - 2, ICON_HEIGHT - 2)
        parts.append(cylinder(icon, LID / 2, fill=WEIGHT_FILL, stroke=WEIGHT))
    lid = LID if box.kind == "param" else 0
    y = rect.y + (rect.height - content.height) / 2 + PAD_Y + lid
    middle = rect.x + rect.width / 2
    weights = [line.width for line in content.lines if line.role == "weight"]
    for line in content.lines:
        centre = y + line.height / 2
        if line.role == "weight":
            left = middle - max(weights) / 2
            icon = Rect(left, centre - ICON_HEIGHT / 2, ICON_WIDTH, ICON_HEIGHT)
            parts.append(cylinder(icon, LID / 2, fill=WEIGHT_FILL, stroke=WEIGHT))
            parts.append(_line(line, left + ICON_WIDTH + 6, centre, "start"))
        elif line.role in ("output", "mark"):
            chip = Rect(middle - line.width / 2, centre - 8, line.width, 18.0)
            fill = STYLES[box.pass_].stroke if line.role == "output" else INK if box.mark == "new" else PAPER
            parts.append(rectangle(chip, 9.0, fill=fill, stroke=INK if line.role == "mark" else None))
            parts.append(_line(line, middle, centre + 1, "middle", INK if fill == PAPER else PAPER))
        else:
            parts.append(_line(line, middle, centre, "middle"))
        y += line.height
    return element("g", *parts)


def _outline(box: Box, rect: Rect) -> str:
    """The shape of a box: what it is, and by its edge which pass it belongs to."""
    if box.mark == "new":  # a second edge around it
        outer = Rect(rect.x - 4, rect.y - 4, rect.width + 8, rect.height + 8)
        return rectangle(outer, 11.0, fill=PAPER, stroke=INK, stroke_width=1.4) + _outline(
            replace(box, mark=""), rect
        )
    style = STYLES[box.pass_]
    edge = {"stroke_width": 1.4, "stroke_dasharray": style.dashes}
    if box.kind == "param":
        return cylinder(rect, LID, fill=WEIGHT_FILL, stroke=WEIGHT, stroke_width=1.4)
    if box.kind in ("input", "output"):
        return rectangle(rect, rect.height / 2.5, fill=PAPER, stroke=INK, stroke_width=1.4)
    if box.kind == "constant":
        return rectangle(rect, 2.0, fill=PAPER, stroke=MUTED, stroke_width=1.0)
    if box.kind == "ellipsis":
        return rectangle(rect, 8.0, fill=PAPER, stroke=FAINT, stroke_width=1.0)
    fill = PAPER if box.mark == "gone" else style.fill
    return rectangle(rect, 8.0, fill=fill, stroke=style.stroke, **edge)


def _line(line: Line, x: float, centre: float, anchor: str, colour: str | None = None) -> str:
    """A line of text around the height ``centre``."""
    fill = colour or (MUTED if line.role == "muted" else INK)
    bold = "bold" if line.role in ("label", "output") else None
    y = centre + line.size * 0.35
    return text(line.text, x, y, line.size, text_anchor=anchor, fill=fill, font_weight=bold)


def _tooltip(box: Box) -> str:
    """All that a box says, and what there is no room for."""
    named = f"{box.label} ({box.type})" if box.type else box.label
    said = [named, f"{box.dtype} {box.shape}".strip(), box.note, box.scope and f"in {box.scope}"]
    said += [*box.remarks, box.mark]
    return ", ".join(part for part in (*said, *(f"→ {name}" for name in box.outputs)) if part)
