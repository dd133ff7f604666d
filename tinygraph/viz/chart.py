"""Line charts as SVG: lines over whole numbers such as time steps, told apart by dashes and marks as well."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tinygraph.viz.palette import FAINT, INK, MUTED, PAPER
from tinygraph.viz.placed import Point, Rect
from tinygraph.viz.shapes import FONT, element, number, rectangle, text, title
from tinygraph.viz.text import shorten, visible, width

#: Colour (Okabe and Ito 2008), dashes and mark of each line in turn: no two lines share all three.
STYLES = (
    ("#0067a5", None, "circle"),
    ("#c24e00", "7 4", "square"),
    ("#00734f", "2 3", "triangle"),
    ("#6b4fa0", "9 3 2 3", "diamond"),
)
#: The size of the plot, the space around it, and sizes of type.
PLOT_WIDTH, PLOT_HEIGHT, MARGIN, TITLE, SMALL = 480.0, 260.0, 16.0, 16, 12
#: The length of the lines in the legend, and how many points of a line have a mark.
SAMPLE, MOST_MARKS = 34.0, 25


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
    """A chart with its scales; on a log scale heights are logarithms."""

    def __init__(self, heading: str, across: str, up: str, lines: Sequence[Line], log: bool):
        self.heading, self.across, self.up, self.lines, self.log = heading, across, up, lines, log
        heights = [y for line in lines for _, y in self._points(line) if y is not None]
        self.missing = sum(y is None for line in lines for _, y in self._points(line))
        steps = [x for line in lines for x, _ in self._points(line)]
        self.first, self.last = min(steps, default=0), max(steps, default=1)
        self.marks = powers(heights) if log else ticks(heights)
        self.low = min([*heights, *(y for y, _ in self.marks)])
        self.high = max([*heights, *(y for y, _ in self.marks)])
        self.left = MARGIN + SMALL * 2 + max(width(words, SMALL) for _, words in self.marks)
        self.top = MARGIN + TITLE * 2
        self.bottom = self.top + PLOT_HEIGHT

    def _points(self, line: Line) -> Iterator[tuple[int, float | None]]:
        """The points of a line; one that cannot be drawn has no height."""
        for x, value in enumerate(map(float, line.values), start=line.first):
            if math.isfinite(value) and (value > 0 or not self.log):
                yield x, math.log10(value) if self.log else value
            else:
                yield x, None

    def _at(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.first) / max(1, self.last - self.first)
        up = (y - self.low) / (self.high - self.low or 1.0)
        return round(self.left + PLOT_WIDTH * across, 1), round(self.bottom - PLOT_HEIGHT * up, 1)

    def svg(self) -> str:
        """Return the document."""
        names = max((width(shorten(line.name), SMALL) for line in self.lines), default=0.0)
        heading = shorten(visible(self.heading), 90)
        right = max(self.left + PLOT_WIDTH + SAMPLE + names + 30, MARGIN + width(heading, TITLE, bold=True))
        height = self.bottom + SMALL * (5 if self.missing else 3.5) + MARGIN
        return element(
            "svg",
            title(self.heading),
            rectangle(Rect(0.0, 0.0, right + MARGIN, height), 0.0, fill=PAPER),
            text(heading, MARGIN, MARGIN + TITLE, TITLE, font_weight="bold", fill=INK),
            *self._axes(),
            *(self._line(line, *STYLES[k % len(STYLES)]) for k, line in enumerate(self.lines)),
            *(self._entry(line, k) for k, line in enumerate(self.lines)),
            xmlns="http://www.w3.org/2000/svg",
            role="img",
            width=right + MARGIN,
            height=height,
            viewBox=f"0 0 {number(right + MARGIN)} {number(height)}",
            font_family=FONT,
        )

    def _axes(self) -> Iterator[str]:
        """Both axes: a line and a number at each mark, and what they mean."""
        right = self.left + PLOT_WIDTH
        for y, words in self.marks:
            height = self._at(0, y)[1]
            yield element("path", d=f"M {number(self.left)} {number(height)} H {number(right)}", stroke=FAINT)
            yield text(words, self.left - 6, height + 4, SMALL, text_anchor="end", fill=MUTED)
        for x in whole_ticks(self.first, self.last):
            place = self._at(x, self.low)[0], self.bottom + 16
            yield text(str(x), *place, SMALL, text_anchor="middle", fill=MUTED)
        middle = self.left + PLOT_WIDTH / 2
        yield text(self.across, middle, self.bottom + 34, SMALL, text_anchor="middle", fill=INK)
        turn = f"rotate(-90 {number(MARGIN + 8)} {number(self.top + PLOT_HEIGHT / 2)})"
        at = (MARGIN + 8, self.top + PLOT_HEIGHT / 2)
        yield text(self.up, *at, SMALL, text_anchor="middle", fill=INK, transform=turn)
        if self.missing:
            scale = "0, NaN or infinite" if self.log else "NaN or infinite"
            words = f"Left out, being {scale}: {self.missing} value{'s' if self.missing > 1 else ''}."
            yield text(words, self.left, self.bottom + 54, SMALL, fill=MUTED)

    def _line(self, line: Line, colour: str, dashes: str | None, mark: str) -> str:
        """A line with a mark at each point, broken where a value is missing."""
        path, pen = [], "M"
        for x, y in self._points(line):
            if y is None:
                pen = "M"
            else:
                path.append(f"{pen} {' '.join(map(number, self._at(x, y)))}")
                pen = "L"
        points = [self._at(x, y) for x, y in self._points(line) if y is not None]
        kept = points[:: max(1, -(-len(points) // MOST_MARKS))]
        drawn = element("path", d=" ".join(path) or None, fill="none", stroke=colour, **_look(dashes))
        return element("g", title(line.name), drawn, *(marker(mark, point, colour) for point in kept))

    def _entry(self, line: Line, k: int) -> str:
        """A line of the legend, right of the plot."""
        colour, dashes, mark = STYLES[k % len(STYLES)]
        x, y = self.left + PLOT_WIDTH + 18, self.top + 10 + 20 * k
        sample = element("path", d=f"M {number(x)} {number(y)} h {SAMPLE:g}", stroke=colour, **_look(dashes))
        words = text(shorten(line.name), x + SAMPLE + 8, y + 4, SMALL, fill=INK)
        return element("g", sample, marker(mark, (x + SAMPLE / 2, y), colour), words)


def _look(dashes: str | None) -> dict[str, object]:
    return {"stroke_width": 1.8, "stroke_dasharray": dashes}


def marker(kind: str, at: Point, colour: str) -> str:
    """Return the mark of a point: a circle, square, triangle or diamond."""
    x, y = at
    if kind == "circle":
        return element("circle", cx=x, cy=y, r=3.0, fill=colour)
    corners = {
        "square": ((-3, -3), (3, -3), (3, 3), (-3, 3)),
        "triangle": ((0, -4), (4, 3), (-4, 3)),
        "diamond": ((0, -4.2), (4.2, 0), (0, 4.2), (-4.2, 0)),
    }[kind]
    return element(
        "polygon", points=" ".join(f"{number(x + a)},{number(y + b)}" for a, b in corners), fill=colour
    )


def ticks(values: Sequence[float]) -> list[tuple[float, str]]:
    """Return round numbers around values, from below the least to above the largest, with their text.

    >>> [words for _, words in ticks([0.13, 0.87])]
    ['0', '0.2', '0.4', '0.6', '0.8', '1']
    """
    low, high = min(values, default=0.0), max(values, default=1.0)
    rough = (high - low or abs(high) or 1.0) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough * 0.99)
    first = math.floor(low / step)
    marks = range(first, max(math.ceil(high / step), first + 1) + 1)
    return [(mark * step, f"{mark * step:.6g}") for mark in marks]


def powers(logarithms: Sequence[float]) -> list[tuple[float, str]]:
    """Return powers of ten around values, given and returned as logarithms, with their text; six at most.

    >>> powers([-3.5, -1.2])
    [(-4, '1e-4'), (-3, '1e-3'), (-2, '1e-2'), (-1, '1e-1')]
    """
    low, high = math.floor(min(logarithms, default=-1)), math.ceil(max(logarithms, default=0))
    high = max(high, low + 1)
    step = -(-(high - low) // 5)
    return [(power, f"1e{power}") for power in range(low, high + step, step)]


def whole_ticks(first: int, last: int) -> range:
    """Return ten whole numbers at most from ``first`` to ``last``, at round distances.

    >>> list(whole_ticks(0, 49))
    [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]
    """
    steps = (times * 10**power for power in range(12) for times in (1, 2, 5))
    step = next(step for step in steps if (last - first) / step < 10)
    return range(first, last + 1, step)
