"""`draw`: models and graphs as pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from tinygraph.viz.drawing import Drawing
from tinygraph.viz.levels.collapse import LIMIT, collapsed
from tinygraph.viz.levels.layers import LayerGraph, layers
from tinygraph.viz.levels.operations import operations
from tinygraph.viz.levels.unrolled import unrolled
from tinygraph.viz.outline import PASSES, Outline
from tinygraph.viz.subject import check_built, passes_of, subject
from tinygraph.viz.text import listed

LEVELS = ("model", "unrolled", "ops")


def draw(
    thing: Any,
    *,
    level: str | None = None,
    pass_: str | Sequence[str] | None = None,
    steps: int | None = None,
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
        path: a file to write as well: ``.svg``, ``.dot``, ``.tex``, ``.png`` or ``.pdf``; see `Drawing.save`.
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
    level = level or ("model" if is_model else "ops")
    if level not in (known := LEVELS if is_model else LEVELS[1:]):
        what = "a model" if is_model else "a graph of nodes"
        raise ValueError(f"draw: {what} has no level {level!r}; take one of {listed(known)}.")
    outline = _outline(thing, level, passes_of(pass_, ("forward",) if is_model else PASSES), steps)
    drawing = Drawing(collapsed(outline, limit))
    if path is not None:
        drawing.save(path)
    return drawing


def _outline(thing: Any, level: str, passes: Sequence[str], steps: int | None) -> Outline:
    if level == "model":
        check_built(thing)
        return layers(thing, title=f"{thing.name} ({type(thing).__name__})")
    graph, types, title = subject(thing, passes)
    draw_level = unrolled if level == "unrolled" else operations
    return draw_level(graph, steps=steps, types=types, title=title)
