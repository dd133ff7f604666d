"""`Picture`, which writes itself as SVG, TikZ, PNG and PDF; `Drawing`, which `draw` returns, as DOT too."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tinygraph.files import write_whole
from tinygraph.viz.layout import layout
from tinygraph.viz.outline import Outline
from tinygraph.viz.text import listed

if TYPE_CHECKING:
    from graphviz import Digraph  # type: ignore[import-untyped]


class Picture:
    """What can be written as SVG, and so in other forms. In a notebook it shows itself."""

    def svg(self) -> str:
        """Return the picture as an SVG document."""
        raise NotImplementedError

    def tikz(self) -> str:
        """Return the picture as a LaTeX document with one TikZ picture, for any engine."""
        from tinygraph.viz.tikz import tikz

        return tikz(self.svg())

    def png(self) -> bytes:
        """Return the picture as a PNG image of two pixels for each of the SVG; needs the extra ``png``."""
        from tinygraph.viz.rendered import rendered

        return rendered(self.svg(), "png")

    def pdf(self) -> bytes:
        """Return the picture as a PDF document of one page; needs the extra ``png``."""
        from tinygraph.viz.rendered import rendered

        return rendered(self.svg(), "pdf")

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        """What writes a file, by the end of its name."""
        return {".svg": self.svg, ".tex": self.tikz, ".png": self.png, ".pdf": self.pdf}

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a file, whole or not at all: its name says whether as SVG, DOT, TikZ, PNG or PDF.

        Args:
            path: a name that ends in ``.svg``, in ``.tex``, with the extra ``png`` in ``.png`` or ``.pdf``,
                or of a drawing in ``.dot`` or ``.gv`` for Graphviz.

        Raises:
            ValueError: the name ends in something else.
            ImportError: the extra is not installed.
            OSError: the file cannot be written; one that was there stays as it was.
        """
        writers = self._writers()
        target = Path(path)
        suffix = target.suffix.lower()
        if suffix not in writers:
            raise ValueError(
                f"{str(path)!r}: cannot write {suffix or 'no suffix'}; take one of {listed([*writers])}."
            )
        write_whole(target, writers[suffix]())
        return target

    def _repr_svg_(self) -> str:
        return self.svg()


class Drawing(Picture):
    """A drawing of a model or graph.

    ``outline`` has what is drawn as plain records.

    >>> import tinygraph as tg
    >>> drawing = tg.draw(tg.tanh(tg.input("x", (4, 3))))
    >>> [box.label for box in drawing.outline.boxes]
    ['x', 'tanh']
    >>> drawing.svg()[:4]
    '<svg'
    """

    def __init__(self, outline: Outline):
        self.outline = outline

    @cached_property
    def _svg(self) -> str:
        from tinygraph.viz.svg import svg

        return svg(layout(self.outline))

    def svg(self) -> str:
        """Return the drawing as an SVG document."""
        return self._svg

    def dot(self) -> Digraph:
        """Return the drawing as a `graphviz.Digraph`; its ``source`` needs no ``dot`` program."""
        from tinygraph.viz.dot import dot

        return dot(self.outline)

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        def source() -> str:
            return str(self.dot().source)

        first, *others = super()._writers().items()
        return dict([first, (".dot", source), (".gv", source), *others])

    def __repr__(self) -> str:
        outline = self.outline
        return f"<Drawing {outline.title!r}: {len(outline.boxes)} boxes, {len(outline.edges)} edges>"
