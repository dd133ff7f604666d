"""SVG elements as text: attributes quoted, content escaped, numbers short."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from xml.sax.saxutils import escape, quoteattr

from tinygraph.viz.palette import PAPER
from tinygraph.viz.placed import Point, Rect
from tinygraph.viz.text import visible

FONT = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
#: The radius of an edge's corners, and the length and half width of an arrow's head.
RADIUS, HEAD, HALF_HEAD = 7.0, 9.0, 4.0


def number(value: float) -> str:
    """Return a coordinate with at most one digit after the point.

    >>> number(2.0), number(-0.04), number(1234567.25)
    ('2', '0', '1234567.2')
    """
    digits = f"{value:.1f}".removesuffix(".0")
    return "0" if digits == "-0" else digits


def element(name: str, *content: str, **attributes: object) -> str:
    """Return an element. ``content`` is markup already; attributes that are None are left out.

    >>> element("rect", x=1.0, stroke_width=2, fill=None)
    '<rect x="1" stroke-width="2"/>'
    """
    written = "".join([_attribute(key, value) for key, value in attributes.items() if value is not None])
    return f"<{name}{written}>{''.join(content)}</{name}>" if content else f"<{name}{written}/>"


def _attribute(key: str, value: object) -> str:
    return f'{_key(key)}"{number(value)}"' if isinstance(value, float) else _key(key) + _quoted(str(value))


@cache
def _key(name: str) -> str:
    return f" {name.rstrip('_').replace('_', '-')}="


@lru_cache(512)  # colours, sizes and dashes come again and again
def _quoted(value: str) -> str:
    return quoteattr(value)


def document(name: str, width: float, height: float, *content: str, described: str = "") -> str:
    """Return an SVG document of a size: ``content`` on a ground of its own, with words for screen readers."""
    return element(
        "svg",
        title(name),
        element("desc", escape(described)) if described else "",
        rectangle(Rect(0.0, 0.0, width, height), 0.0, fill=PAPER),
        *content,
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        width=width,
        height=height,
        viewBox=f"0 0 {number(width)} {number(height)}",
        font_family=FONT,
    )


def text(words: str, x: float, y: float, size: int, **attributes: object) -> str:
    """Return a line of text with its baseline at y."""
    return element("text", escape(visible(words)), x=x, y=y, font_size=size, **attributes)


@lru_cache(512)  # most edges carry what others do
def title(words: str) -> str:
    """Return the tooltip, which a screen reader reads, of the element that it is put into."""
    return element("title", escape(visible(words)))


def rectangle(rect: Rect, radius: float, **attributes: object) -> str:
    """Return a rectangle with round corners."""
    return element("rect", x=rect.x, y=rect.y, width=rect.width, height=rect.height, rx=radius, **attributes)


def cylinder(rect: Rect, lid: float, **attributes: object) -> str:
    """Return a cylinder: the sign for what is stored."""
    left, right, top, bottom = (
        number(v) for v in (rect.x, rect.right, rect.y + lid / 2, rect.bottom - lid / 2)
    )
    # Half an ellipse is nearly a cubic curve whose control points are 4/3 of its height above its ends.
    up, down, below = (number(v) for v in (rect.y - lid / 6, rect.y + lid * 7 / 6, rect.bottom + lid / 6))
    body = f"M {left} {top} C {left} {up} {right} {up} {right} {top} V {bottom}"
    body += f" C {right} {below} {left} {below} {left} {bottom} Z"
    front = f"M {left} {top} C {left} {down} {right} {down} {right} {top}"
    return element("path", d=body, **attributes) + element("path", d=front, **(attributes | {"fill": "none"}))


def line(points: Sequence[Point], **attributes: object) -> str:
    """Return a line through the points, its corners rounded."""
    parts = [f"M {_at(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(RADIUS, _distance(before, corner) / 2, _distance(corner, after) / 2)
        parts.append(f"L {_at(_towards(corner, before, radius))}")
        parts.append(f"Q {_at(corner)} {_at(_towards(corner, after, radius))}")
    parts.append(f"L {_at(points[-1])}")
    return element("path", d=" ".join(parts), fill="none", **attributes)


def arrow(points: Sequence[Point], colour: str, backwards: bool = False, **attributes: object) -> str:
    """Return a line that ends in an arrow's head.

    Its dashes begin at its start, or ``backwards`` at its head: so those of lines that run into one agree.
    """
    tip, before = points[-1], points[-2]
    base = _towards(tip, before, HEAD)
    across = (base[1] - tip[1]) / HEAD * HALF_HEAD, (tip[0] - base[0]) / HEAD * HALF_HEAD
    corners = (tip, (base[0] + across[0], base[1] + across[1]), (base[0] - across[0], base[1] - across[1]))
    head = element(
        "polygon", points=" ".join(_at(corner).replace(" ", ",") for corner in corners), fill=colour
    )
    shortened = (*points[:-1], _towards(tip, before, HEAD - 1))
    return line(shortened[::-1] if backwards else shortened, stroke=colour, **attributes) + head


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _distance(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(start: Point, end: Point, length: float) -> Point:
    """The point ``length`` from ``start`` on the way to ``end``, along an axis."""
    share = length / max(_distance(start, end), 1e-9)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
