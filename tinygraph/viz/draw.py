"""`draw`: models and graphs as pictures, and `Drawing`, which writes them as SVG and DOT."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygraph.viz.layout import layout
from tinygraph.viz.levels.collapse import LIMIT, collapsed
from tinygraph.viz.levels.layers import LayerGraph, layers
from tinygraph.viz.levels.operations import operations
from tinygraph.viz.levels.unrolled import unrolled
from tinygraph.viz.outline import PASSES, Outline
from tinygraph.viz.subject import Subject, check_built, passes_of, subject
from tinygraph.viz.text import listed

if TYPE_CHECKING:
    from graphviz import Digraph  # type: ignore[import-untyped]

LEVELS = ("model", "unrolled", "ops")
SUFFIXES = (".svg", ".dot", ".gv")


class Drawing:
    """A drawing of a model or graph. In a notebook it shows itself.

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

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a ``.svg`` file, or a ``.dot`` or ``.gv`` file for Graphviz, whole or not at all.

        Raises:
            ValueError: the name ends in something else.
            OSError: the file cannot be written; one that was there stays as it was.
        """
        target = Path(path)
        suffix = target.suffix.lower()
        if suffix not in SUFFIXES:
            raise ValueError(
                f"{str(path)!r}: cannot write {suffix or 'no suffix'}; take one of {listed(SUFFIXES)}."
            )
        _write(target, self.svg() if suffix == ".svg" else self.dot().source)
        return target

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        outline = self.outline
        return f"<Drawing {outline.title!r}: {len(outline.boxes)} boxes, {len(outline.edges)} edges>"


def draw(
    thing: Any,
    *,
    level: str | None = None,
    pass_: str | Sequence[str] | None = None,
    steps: int | None = None,
    stage: str | Sequence[str] | None = None,
    path: str | os.PathLike[str] | None = None,
    limit: int = LIMIT,
) -> Drawing:
    """Draw a model, or what is computed for a node, a list or dict of nodes, or a `Graph`.

    Args:
        thing: a Model or Sequential that is built, or nodes. Gradients among the nodes are drawn beside
            what they are the gradients of: ``draw({"loss": loss, "dw": dw})``.
        level: ``"model"`` (a box for each layer; the default for a model), ``"unrolled"`` (one for each
            layer and time step) or ``"ops"`` (one for each operation; the default for nodes).
        steps: how many time steps are drawn: by default all up to 12, of more the first and the last two.
        path: a file to write as well: ``.svg``, ``.dot`` or ``.gv``.
        limit: of more boxes only the first and the last are drawn.

    Raises:
        ValueError: no such level, a file name of another kind, ``steps`` below 1.
        GraphError: a Sequential that is not built yet.
        TypeError: something else than a model or nodes.

    >>> import tinygraph as tg
    >>> x, w = tg.input("x", (4, 3)), tg.param("w", [[1.0], [2.0], [3.0]])
    >>> loss = tg.mean(tg.tanh(x @ w) ** 2)
    >>> (dw,) = tg.gradients(loss, [w])
    >>> drawing = tg.draw({"loss": loss, "dw": dw})
    >>> sorted({box.pass_ for box in drawing.outline.boxes})
    ['backward', 'forward']
    """
    if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int) or steps < 1):
        raise ValueError(f"draw: steps must be a whole number of at least 1, got {steps!r}.")
    is_model = isinstance(thing, LayerGraph)
    level = level or ("ops" if not is_model else "model" if stage is None else "unrolled")
    if level not in (known := LEVELS if is_model and stage is None else LEVELS[1:]):
        what = "a graph of nodes" if not is_model else "a model" if stage is None else "a stage"
        raise ValueError(f"draw: {what} has no level {level!r}; take one of {listed(known)}.")
    trained = not is_model or (stage is not None and thing.compiled)
    passes = passes_of(pass_, PASSES if trained else ("forward",))
    if stage is not None:
        drawing = _staged(subject(thing, passes), stage, level, steps, limit)
    else:
        drawing = Drawing(collapsed(_outline(thing, level, passes, steps), limit))
    if path is not None:
        drawing.save(path)
    return drawing


def _outline(thing: Any, level: str, passes: Sequence[str], steps: int | None) -> Outline:
    if level == "model":
        check_built(thing)
        return layers(thing, title=f"{thing.name} ({type(thing).__name__})")
    return _of_graph(subject(thing, passes), level, steps)


def _of_graph(given: Subject, level: str, steps: int | None) -> Outline:
    draw_level = unrolled if level == "unrolled" else operations
    return draw_level(given.graph, steps=steps, types=given.types, title=given.title)


def _staged(given: Subject, stage: Any, level: str, steps: int | None, limit: int) -> Drawing:
    """The drawing of one stage, or of two."""
    from tinygraph.viz.stages.drawn import drawn
    from tinygraph.viz.stages.stage import names_of, stages

    found = stages(given.graph, names_of(stage))
    outlines = [_of_graph(given._replace(graph=each.graph), level, steps) for each in found]
    return drawn(found, [collapsed(outline, limit) for outline in outlines])


def _write(target: Path, text: str) -> None:
    """Write a file beside the target and put it in the target's place, which happens at once."""
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with open(beside, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
