"""Writes an SVG of ours as TikZ: the same shapes in the same places, so there is one layout and one look.

The document compiles with pdfLaTeX, XeLaTeX and LuaLaTeX. An element that drawings do not have is a KeyError.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from tinygraph.viz.tex import PREAMBLE, tex

#: A pixel of the SVG in points, where TeX's longest length of 16384 points allows it; else the longest side.
PIXEL, LONGEST = 0.75, 14_000.0

_DOCUMENT = r"""%% Made by tinygraph. Compile it with pdflatex, xelatex or lualatex.
\documentclass[tikz]{standalone}
%(preamble)s
\usetikzlibrary{svg.path}
%(colours)s
\begin{document}
\begin{tikzpicture}[x=1pt, y=1pt, yscale=-1, every node/.style={inner sep=0pt, outer sep=0pt}]
%(body)s
\end{tikzpicture}
\end{document}
"""
_ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}
#: The numbers in the data of a path. Its commands have lengths only: half an ellipse as an arc would be a
#: matter of rounding errors in TeX.
_NUMBER = re.compile(r"-?[\d.]+")

Attributes = Mapping[str, str]


def tikz(svg: str) -> str:
    """Return an SVG document of a drawing as a LaTeX document with one TikZ picture."""
    root = ElementTree.fromstring(svg)
    pen = _Pen(min(PIXEL, LONGEST / max(float(root.attrib["width"]), float(root.attrib["height"]))))
    colours = sorted(set(re.findall(r"\"#(\w{6})\"", svg)))
    return _DOCUMENT % {
        "preamble": PREAMBLE,
        "colours": "\n".join(rf"\definecolor{{c{each}}}{{HTML}}{{{each.upper()}}}" for each in colours),
        "body": "\n".join(pen.drawn(root)),
    }


class _Pen:
    """Draws elements; ``pixel`` is what one pixel of the SVG is in points."""

    def __init__(self, pixel: float):
        self.pixel = pixel

    def drawn(self, root: ElementTree.Element) -> Iterator[str]:
        """Yield what each element below ``root`` becomes, in order."""
        for child in root:
            name = child.tag.rpartition("}")[2]
            if name in ("title", "desc"):
                continue
            if name == "g":
                yield from self._group(child)
            elif name == "text":
                yield self._text(child.attrib, child.text or "")
            else:
                shape = {"rect": self._rectangle, "path": self._path, "polygon": self._polygon}[name]
                yield rf"\path[{self._style(child.attrib)}] {shape(child.attrib)};"

    def _group(self, group: ElementTree.Element) -> Iterator[str]:
        moved = group.get("transform")
        if not moved:
            yield from self.drawn(group)
            return
        x, y = moved.removeprefix("translate(").removesuffix(")").split()
        yield rf"\begin{{scope}}[shift={{{self._at(x, y)}}}]"
        yield from self.drawn(group)
        yield r"\end{scope}"

    def _text(self, attributes: Attributes, words: str) -> str:
        size = self._length(attributes["font-size"])
        bold = r"\bfseries" if attributes.get("font-weight") == "bold" else ""
        font = rf"\fontsize{{{size}}}{{{size}}}\sffamily{bold}"
        anchor = _ANCHORS[attributes.get("text-anchor", "start")]
        look = f"anchor={anchor}, text={_colour(attributes['fill'])}, font={font}"
        return rf"\node[{look}] at {self._at(attributes['x'], attributes['y'])} {{{tex(words)}}};"

    def _style(self, attributes: Attributes) -> str:
        parts = []
        for name, option in (("fill", "fill"), ("stroke", "draw")):
            if (colour := attributes.get(name, "none")) != "none":
                parts.append(f"{option}={_colour(colour)}")
        if "stroke" in attributes:
            parts.append(f"line width={self._length(attributes.get('stroke-width', '1'))}pt")
        if dashes := attributes.get("stroke-dasharray"):
            lengths = [f"{self._length(each)}pt" for each in dashes.split()]
            on_off = zip(("on", "off") * len(lengths), lengths, strict=False)
            parts.append("dash pattern=" + " ".join(f"{what} {length}" for what, length in on_off))
        if radius := float(attributes.get("rx", "0")):
            least = min(float(attributes["width"]), float(attributes["height"])) / 2
            parts.append(f"rounded corners={self._length(min(radius, least))}pt")
        return ", ".join(parts)

    def _rectangle(self, attributes: Attributes) -> str:
        x, y, width, height = (float(attributes[name]) for name in ("x", "y", "width", "height"))
        return f"{self._at(x, y)} rectangle {self._at(x + width, y + height)}"

    def _polygon(self, attributes: Attributes) -> str:
        corners = (point.split(",") for point in attributes["points"].split())
        return " -- ".join(self._at(x, y) for x, y in corners) + " -- cycle"

    def _path(self, attributes: Attributes) -> str:
        return f"svg {{{_NUMBER.sub(lambda found: self._length(found[0]), attributes['d'])}}}"

    def _at(self, x: float | str, y: float | str) -> str:
        return f"({self._length(x)},{self._length(y)})"

    def _length(self, value: float | str) -> str:
        return f"{float(value) * self.pixel:.3f}".rstrip("0").rstrip(".")


def _colour(colour: str) -> str:
    return f"c{colour.removeprefix('#')}"
