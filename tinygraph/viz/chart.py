"""Line charts as SVG: lines over whole numbers such as time steps, told apart by dashes and marks as well."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tinygraph.viz.palette import FAINT, INK, MUTED, PAPER
from tinygraph.viz.placed import Rect
from tinygraph.viz.shapes import FONT, element, number, rectangle, text, title
from tinygraph.viz.text import shorten, width

#: Colour (Okabe and Ito 2008), dashes and mark of each line in turn: no two lines share all three.
STYLES = (
    ("#0067a5", None, "circle"),
    ("#c24e00", "7 4", "square"),
    ("#00734f", "2 3", "triangle"),
    ("#6b4fa0", "9 3 2 3", "diamond"),
)
#: The size of the plot, the space around it, and sizes of type.
PLOT_WIDTH, PLOT_HEIGHT, MARGIN, TITLE, SMALL = 480.0, 260.0, 16.0, 16, 12
_MARK = 3.5


@dataclass(frozen=True)
class Line:
    """A line of a chart: its name, and a value for each whole number from ``first`` on."""

    name: str
    values: Sequence[float]
    first: int = 0


def chart(heading: str, across: str, up: str, lines: Sequence[Line], *, log: bool = False) -> str:
    """Return lines as an SVG document. A value that cannot be drawn, such as NaN, or 0 on a ``log`` scale,
    leaves a gap, and a note says how many there are.

    Args:
        heading: the title.
        across: what the whole numbers are.
        up: what the values are.
        lines: the lines.
        log: whether the values stand on a logarithmic scale.
    """
    return _Chart(heading, across, up, lines, log).svg()


class _Chart:
    """A chart with its scales. Below a point is transformed: ``y`` is the logarithm on a log scale."""

    def __init__(self, heading: str, across: str, up: str, lines: Sequence[Line], log: bool):
        self.heading, self.across, self.up, self.lines, self.log = heading, across, up, lines, log
        points = [point for line in lines for point in self._points(line)]
        every = [line.first + k for line in lines for k in range(len(line.values))]
        self.first, self.last = min(every, default=0), max(every, default=1)
        self.marks = ticks_log(points) if log else ticks([y for _, y in points])
        heights = [*(y for _, y in points), *(y for y, _ in self.marks)]
        self.low, self.high = min(heights), max(heights)
        self.missing = len(every) - len(points)
        self.left = MARGIN + SMALL * 2 + max(width(words, SMALL) for _, words in self.marks)
        self.top = MARGIN + TITLE * 1.6
        self.names = max((width(shorten(line.name), SMALL) for line in lines), default=0.0)

    def _points(self, line: Line) -> list[tuple[int, float]]:
        """The points of a line that can be drawn."""
        good = ((line.first + k, value) for k, value in enumerate(line.values))
        kept = [(x, y) for x, y in good if math.isfinite(y) and (y > 0 or not self.log)]
        return [(x, math.log10(y)) for x, y in kept] if self.log else kept

    def _x(self, value: float) -> float:
        return self.left + PLOT_WIDTH * (value - self.first) / max(1, self.last - self.first)

    def _y(self, value: float) -> float:
        span = self.high - self.low or 1.0
        return self.top + PLOT_HEIGHT * (self.high - value) / span

    def svg(self) -> str:
        bottom = self.top + PLOT_HEIGHT
        whole = self.left + PLOT_WIDTH + MARGIN * 2 + 44 + self.names
        height = bottom + SMALL * 4 + MARGIN + (SMALL * 1.5 if self.missing else 0)
        return element(
            "svg",
            title(self.heading),
            rectangle(Rect(0.0, 0.0, whole, height), 0.0, fill=PAPER),
            text(shorten(self.heading, 90), MARGIN, MARGIN + TITLE, TITLE, font_weight="bold", fill=INK),
            *self._axes(bottom),
            *(part for k, line in enumerate(self.lines) for part in self._drawn(line, k)),
            *self._legend(),
            xmlns="http://www.w3.org/2000/svg",
            role="img",
            width=whole,
            height=height,
            viewBox=f"0 0 {number(whole)} {number(height)}",
            font_family=FONT,
        )
