"""Writes a memory chart as SVG: two panels on one scale of bytes, over the same operations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log10
from typing import TYPE_CHECKING, Any, NamedTuple

from tinygraph.viz.memory.lives import Life
from tinygraph.viz.palette import FAINT, INK, MUTED, PANEL, PAPER, STYLES, Style
from tinygraph.viz.placed import Rect
from tinygraph.viz.shapes import FONT, element, rectangle, text, title
from tinygraph.viz.text import shorten, visible, width

if TYPE_CHECKING:
    from tinygraph.viz.memory.chart import MemoryChart

#: The space around, and left of the panels for the numbers of bytes; sizes of type; a line of the legend.
MARGIN, LEFT, TITLE, HEADING, SMALL, LINE = 28.0, 84.0, 18, 14, 12, 22.0
#: The least and the largest width of an operation's column, the width that is aimed at between, and the room
#: that a panel's heading has.
NARROW, WIDE, WIDTH, HEADED = 3.0, 64.0, 1000.0, 420.0
#: The height of the higher panel; but the lower one has at least so much, if the higher one is no higher.
HIGH, LEAST, HIGHEST = 420.0, 110.0, 1600.0


class _Panel(NamedTuple):
    """One panel: what it shows, and how large it is."""

    heading: str
    lives: Sequence[Life]
    size: int
    top: float
    height: float


class _Scale(NamedTuple):
    """Pixels for an operation and for a byte."""

    across: float
    down: float


def svg(chart: MemoryChart) -> str:
    """Return a chart as an SVG document."""
    name = shorten(visible(f"{chart.title}: memory"), 80)
    lines = [
        f"{chart.reused.arena:,} bytes with reuse, {chart.separate.arena:,} without; "
        f"at most {chart.needed:,} bytes of values are alive at once.",
        "A rectangle is a value, from what writes it to the last that reads it, with its buffer's number.",
    ]
    drawn = [text(name, MARGIN, MARGIN + TITLE, TITLE, font_weight="bold", fill=INK)]
    top = MARGIN + TITLE * 1.3
    for line in lines:
        drawn.append(text(line, MARGIN, top + 0.8 * LINE, SMALL, fill=MUTED))
        top += LINE
    count, scale = max(chart.operations[-1], 1), _scale(chart)
    top += 2 * LINE
    for panel in _panels(chart, scale, top):
        drawn += _panel(panel, count, scale)
        bottom = panel.top + panel.height
    drawn += _axis(count, scale, bottom)
    signs, signs_width = _legend(chart, bottom + 3.2 * LINE)
    texts = [width(name, TITLE, bold=True), *(width(line, SMALL) for line in lines), signs_width]
    wide = 2 * MARGIN + max(LEFT + count * scale.across, LEFT + HEADED, *texts)
    high = bottom + 4.2 * LINE + MARGIN
    return element(
        "svg",
        title(f"{chart.title}: memory"),
        element("desc", f"{len(chart.lives)} values in buffers. {lines[0]}"),
        rectangle(Rect(0.0, 0.0, wide, high), 0.0, fill=PAPER),
        *drawn,
        *signs,
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        width=wide,
        height=high,
        viewBox=f"0 0 {wide:.0f} {high:.0f}",
        font_family=FONT,
    )


def _scale(chart: MemoryChart) -> _Scale:
    """A scale at which both panels have a size to look at."""
    small, large = max(chart.reused.arena, 1), max(chart.separate.arena, 1)
    down = min(max(HIGH / large, LEAST / small), HIGHEST / large)
    return _Scale(min(max(WIDTH / max(chart.operations[-1], 1), NARROW), WIDE), down)


def _panels(chart: MemoryChart, scale: _Scale, top: float) -> Iterator[_Panel]:
    for words, lives, plan in (
        ("without reuse", chart.separate_lives, chart.separate),
        ("with reuse", chart.lives, chart.reused),
    ):
        heading = f"{words}: {plan.arena:,} bytes in {len({life.start for life in lives}):,} buffers"
        yield _Panel(heading, lives, plan.arena, top, plan.arena * scale.down)
        top += plan.arena * scale.down + 3 * LINE


def _panel(panel: _Panel, count: int, scale: _Scale) -> Iterator[str]:
    """A panel: what is reserved, the bytes at its left, and the values, from the bottom up."""
    left = MARGIN + LEFT
    yield text(panel.heading, left, panel.top - 12, HEADING, font_weight="bold", fill=INK)
    reserved = Rect(left, panel.top, count * scale.across, panel.height)
    yield rectangle(reserved, 0.0, fill=PANEL, stroke=FAINT)
    bottom = panel.top + panel.height
    for size in _ticks(panel.size, 3 * SMALL / scale.down):
        y = bottom - size * scale.down
        yield rectangle(Rect(left - 6, y - 0.5, 6.0, 1.0), 0.0, fill=MUTED)
        yield text(f"{size:,}", left - 10, y + 4, SMALL, text_anchor="end", fill=MUTED)
    for life in panel.lives:
        rect = Rect(
            left + life.first * scale.across,
            bottom - (life.start + life.size) * scale.down,
            (life.end - life.first) * scale.across,
            max(life.size * scale.down, 0.4),
        )
        yield _value(life, rect)


def _value(life: Life, rect: Rect) -> str:
    last = life.start + life.size - 1
    said = f"{life.label}, {life.size:,} bytes in buffer {life.buffer}: bytes {life.start:,} to {last:,}"
    times = f"from operation {life.first} to {life.end - 1}"
    parts = [title(f"{said}, {times}"), rectangle(rect, 2.0, **_look(STYLES[life.pass_], rect.height))]
    name = shorten(visible(life.label.rpartition("/")[2]), 20)
    for words in (f"{life.buffer} {name}", str(life.buffer)):
        if width(words, SMALL) + 6 <= rect.width and rect.height >= SMALL + 4:
            x, y = rect.x + rect.width / 2, rect.y + rect.height / 2 + SMALL * 0.35
            parts.append(text(words, x, y, SMALL, text_anchor="middle", fill=INK))
            break
    return element("g", *parts)


def _ticks(size: float, least: float) -> Iterator[int]:
    """Round numbers from 0 to ``size`` that are at least so far apart: 1, 2 or 5 times a power of ten."""
    power = 10 ** max(0, int(log10(max(least, 1))))
    step = next((k * power for k in (1, 2, 5) if k * power >= least), 10 * power)
    return iter(range(0, int(size) + 1, step))


def _axis(count: int, scale: _Scale, bottom: float) -> Iterator[str]:
    """The numbers of the operations, below the panels."""
    left = MARGIN + LEFT
    widest = width(f"{count:,}", SMALL) + 12
    for number in _ticks(count - 1, widest / scale.across):
        x = left + (number + 0.5) * scale.across
        yield text(f"{number:,}", x, bottom + 16, SMALL, text_anchor="middle", fill=MUTED)
    yield text("operations in the order of running", left, bottom + 16 + LINE, SMALL, fill=MUTED)


def _legend(chart: MemoryChart, y: float) -> tuple[list[str], float]:
    """The passes that occur, and what is reserved; and how wide that is."""
    passes = {life.pass_ for life in (*chart.lives, *chart.separate_lives)}
    entries = [(style.meaning, _look(style, LINE)) for name, style in STYLES.items() if name in passes]
    entries.append(("reserved, but nothing is alive there", {"fill": PANEL, "stroke": FAINT}))
    drawn, x = [], MARGIN
    for words, look in entries:
        drawn.append(rectangle(Rect(x, y, 22.0, 14.0), 2.0, **look))
        drawn.append(text(words, x + 30, y + 11, SMALL, fill=MUTED))
        x += 30 + width(words, SMALL) + 24
    return drawn, x - MARGIN


def _look(style: Style, height: float) -> dict[str, Any]:
    """How a value is drawn, by its pass; where it is low its edge is thin."""
    return {
        "fill": style.fill,
        "stroke": style.stroke,
        "stroke_width": min(1.2, max(height / 3, 0.2)),
        "stroke_dasharray": style.dashes,
    }
