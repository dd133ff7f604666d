"""Reading a drawing back: the text of an SVG with the places that it takes, and the labels of DOT source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

from tinygraph.viz.text import width

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Words:
    """A line of text and the rectangle that it takes."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Words) -> bool:
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 0.5 and down > 0.5


def words_of(svg: str) -> list[Words]:
    """Every line of text of a drawing, in coordinates of the page."""
    found: list[Words] = []
    stack = [(ElementTree.fromstring(svg), 0.0, 0.0)]
    while stack:
        element, x, y = stack.pop()
        if moved := element.get("transform"):
            dx, dy = map(float, re.fullmatch(r"translate\((\S+) (\S+)\)", moved).groups())
            x, y = x + dx, y + dy
        if element.tag == f"{SVG}text":
            found.append(_placed(element, x, y))
        stack += [(child, x, y) for child in element]
    return found


def _placed(element: ElementTree.Element, x: float, y: float) -> Words:
    size = float(element.get("font-size"))
    long = width(element.text, size, element.get("font-weight") == "bold")
    start = {"middle": long / 2}.get(element.get("text-anchor"), 0.0)
    left, base = x + float(element.get("x")) - start, y + float(element.get("y"))
    return Words(element.text, left, base - 0.75 * size, left + long, base + 0.2 * size)


def tooltips_of(svg: str) -> list[str]:
    """The titles of a drawing's elements, its own first."""
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}title")]


def size_of(svg: str) -> tuple[float, float]:
    root = ElementTree.fromstring(svg)
    return float(root.get("width")), float(root.get("height"))


def strings_of(source: str) -> list[str]:
    """The quoted strings of DOT source, as Graphviz shows them: lines apart, escapes and entities resolved."""
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', source)
    lines = [re.split(r"(?<!\\)(?:\\\\)*\\n", text.replace('\\"', '"')) for text in quoted]
    return [line.replace("\\\\", "\\").replace("&amp;", "&") for text in lines for line in text]
