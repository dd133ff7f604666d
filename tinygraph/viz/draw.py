"""`draw`: models and graphs as pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from tinygraph.graph import Graph
from tinygraph.viz.drawing import Drawing
from tinygraph.viz.levels.cell import cell
from tinygraph.viz.levels.collapse import LIMIT, collapsed
from tinygraph.viz.levels.layers import LayerGraph, layers
from tinygraph.viz.levels.only import only
from tinygraph.viz.levels.operations import operations
from tinygraph.viz.levels.unrolled import unrolled
from tinygraph.viz.outline import PASSES, Outline
from tinygraph.viz.stages.drawn import drawn
from tinygraph.viz.subject import Subject, check_built, passes_of, subject
from tinygraph.viz.text import listed

LEVELS = ("model", "unrolled", "cell", "ops")


def draw(
    thing: Any,
    *,
    level: str | None = None,
    pass_: str | Sequence[str] | None = None,
    steps: int | None = None,
    layer: str | None = None,
    stage: str | Sequence[str] | None = None,
    values: Any = None,
    path: str | os.PathLike[str] | None = None,
    limit: int = LIMIT,
) -> Drawing:
    """Draw a model, or what is computed for a node, a list or dict of nodes, or a `Graph`.

    Args:
        thing: a Model or Sequential that is built, or nodes. Gradients among the nodes are drawn beside
            what they are the gradients of: ``draw({"loss": loss, "dw": dw})``.
        level: ``"model"`` (a box for each layer; the default for a model), ``"unrolled"`` (one for each
            layer and time step), ``"cell"`` (the operations of one step of a recurrent layer) or ``"ops"``
            (one for each operation; the default for nodes).
        pass_: ``"forward"`` (the default for a model), ``"backward"``, ``"update"``, a list of them, or
            ``"all"``. Past the forward pass a model must be compiled; a step of training is then drawn.
        steps: how many time steps are drawn: by default all up to 12, of more the first and the last two.
            At level ``"cell"`` the number of the one step, by default one in the middle.
        stage: ``"declared"``, ``"differentiated"``, ``"rewritten"`` or ``"planned"`` (with the buffer that
            each value is written into), or two of them, which are drawn beside each other with what one of
            them lacks marked. Of a model that is compiled it is a step of training. The name of a rewrite,
            such as ``"siblings"``, is a stage too: the graph as that leaves it.
        layer: at level ``"cell"`` the name of the layer, by default the first one that has steps.
        values: data on which the drawing then says what values are: ``(x, y)`` as `fit` takes them, or x for
            the forward pass; for nodes a dict of arrays by input name. Boxes say one number as it is, an
            array by its norm, and arrows of the backward pass are as thick as the gradient that flows there
            is large, on a logarithmic scale. Of a step of training it is the next one, with its dropout.
        path: a file to write as well: ``.svg``, ``.dot``, ``.tex``, ``.png`` or ``.pdf``; see `Drawing.save`.
        limit: of more boxes only the first and the last are drawn.

    Raises:
        ValueError: no such level, pass, stage, layer or step, what the level has no use for, a file name of
            another kind.
        GraphError: a Sequential that is not built yet; nothing is differentiated at that stage.
        RuntimeError: gradients or an update of a model that is not compiled.
        TypeError: something else than a model or nodes.

    >>> import tinygraph as tg
    >>> x, w = tg.input("x", (4, 3)), tg.param("w", [[1.0], [2.0], [3.0]])
    >>> loss = tg.mean(tg.tanh(x @ w) ** 2)
    >>> (dw,) = tg.gradients(loss, [w])
    >>> drawing = tg.draw({"loss": loss, "dw": dw})
    >>> sorted({box.pass_ for box in drawing.outline.boxes})
    ['backward', 'forward']
    """
    is_model = isinstance(thing, LayerGraph)
    level = level or ("ops" if not is_model else "model" if stage is None else "unrolled")
    known = ("unrolled", "ops") if stage is not None else LEVELS if is_model else LEVELS[1:]
    if level not in known:
        what = "a stage" if stage is not None else "a model" if is_model else "a graph of nodes"
        raise ValueError(f"draw: {what} has no level {level!r}; take one of {listed(known)}.")
    trained = not is_model or (stage is not None and thing.compiled)
    passes = passes_of(pass_, PASSES if trained else ("forward",))
    _check_fit(level, passes, steps, layer, values)
    if level == "model":
        check_built(thing)
        drawing = Drawing(collapsed(layers(thing, title=f"{thing.name} ({type(thing).__name__})"), limit))
    else:
        given, with_values = _subject(thing, passes, values)

        def outline(given: Subject) -> Outline:
            found = with_values(_outline(given, level, passes, steps, layer), given.graph)
            return collapsed(found, limit)

        drawing = Drawing(outline(given)) if stage is None else drawn(given, stage, outline)
    if path is not None:
        drawing.save(path)
    return drawing


def _check_fit(level: str, passes: Sequence[str], steps: object, layer: object, values: object) -> None:
    """Raise ValueError for what a level has no use for."""
    useless = {
        "time steps": steps is not None,
        "values": values is not None,
        "other pass than the forward pass": passes != ("forward",),
    }
    if level == "model" and any(useless.values()):
        what = next(what for what, given in useless.items() if given)
        raise ValueError(f"draw: level 'model' draws layers and has no {what}; take level 'unrolled'.")
    if layer is not None and level != "cell":
        raise ValueError(f"draw: layer= chooses the layer of which level 'cell' draws a step, not {level!r}.")
    least = 0 if level == "cell" else 1
    if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int) or steps < least):
        raise ValueError(f"draw: steps must be a whole number of at least {least}, got {steps!r}.")


def _outline(
    given: Subject, level: str, passes: Sequence[str], steps: int | None, layer: str | None
) -> Outline:
    graph, types, title = given
    if level == "cell":
        return cell(graph, layer=layer, step=steps, passes=passes, types=types, title=title)
    draw_level = unrolled if level == "unrolled" else operations
    return only(draw_level(graph, steps=steps, types=types, title=title), passes)


def _subject(
    thing: Any, passes: Sequence[str], values: Any
) -> tuple[Subject, Callable[[Outline, Graph], Outline]]:
    """What is drawn, and what puts values, if there are any, into an outline of it."""
    if values is None:
        return subject(thing, passes), lambda outline, graph: outline
    from tinygraph.viz.valued import observable, valued

    given, feeds = observable(thing, values, passes)
    return given, lambda outline, graph: valued(outline, graph, feeds)
