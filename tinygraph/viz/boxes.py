"""Boxes and panels as SVG: shapes by what they are, and the lines that they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tinygraph.viz.layout import PANEL as INSET
from tinygraph.viz.outline import Box
from tinygraph.viz.palette import FAINT, INK, MUTED, PANEL, PAPER, STYLES, WEIGHT, WEIGHT_FILL
from tinygraph.viz.placed import Panel, PlacedBox, Rect
from tinygraph.viz.placing.measure import ICON_HEIGHT, ICON_WIDTH, LID, PAD_X, PAD_Y, Line
from tinygraph.viz.shapes import cylinder, element, rectangle, text, title


def panel_of(panel: Panel) -> Iterator[str]:
    """Yield the panel of a layer: its name and type, and below them its weights in a cylinder."""
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


def box_of(placed: PlacedBox) -> str:
    """Return a box: its shape by its kind, its lines in the middle, and the sign of shared weights."""
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
