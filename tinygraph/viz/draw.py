"""`draw`: models and graphs as pictures, and `Drawing`, which writes them as SVG and DOT."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygraph.graph import Graph, GraphError, Node
from tinygraph.viz.files import write_whole
from tinygraph.viz.layout import layout
from tinygraph.viz.levels.collapse import LIMIT, collapsed
from tinygraph.viz.levels.layers import LayerGraph, layers, said_outputs
from tinygraph.viz.levels.operations import operations
from tinygraph.viz.levels.unrolled import unrolled
from tinygraph.viz.outline import Outline
from tinygraph.viz.text import few

if TYPE_CHECKING:
    from graphviz import Digraph  # type: ignore[import-untyped]

#: The batch size of a model's op graph in a drawing: shapes are real numbers.
BATCH = 32
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
                f"{str(path)!r}: cannot write {suffix or 'no suffix'}; take one of {_listed(SUFFIXES)}."
            )
        write_whole(target, self.svg() if suffix == ".svg" else self.dot().source)
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
    if isinstance(thing, LayerGraph):
        outline = _model_outline(thing, level or "model", steps)
    else:
        outline = _graph_outline(thing, level or "ops", steps)
    drawing = Drawing(collapsed(outline, limit))
    if path is not None:
        drawing.save(path)
    return drawing


def _model_outline(model: LayerGraph, level: str, steps: int | None) -> Outline:
    _check_level(level, LEVELS, "a model")
    kind = type(model).__name__
    if not model.calls:
        raise GraphError(
            f"draw: {kind} {model.name!r} is not built, so it has no shapes to draw. Give its first layer an "
            "input_shape, or call build(shape) with the shape of one sample."
        )
    if level == "model":
        return layers(model, title=f"{model.name} ({kind})")
    traced = model.trace(BATCH)
    graph = Graph(dict(zip(said_outputs(model), traced.outputs.values(), strict=True)), traced.updates)
    types = {layer.name: type(layer).__name__ for layer in model.layers}
    outline = unrolled if level == "unrolled" else operations
    return outline(graph, steps=steps, types=types, title=f"{model.name} ({kind}), a batch of {BATCH}")


def _graph_outline(thing: Any, level: str, steps: int | None) -> Outline:
    graph = _graph_of(thing)
    _check_level(level, LEVELS[1:], "nodes")
    title = ", ".join(few(list(graph.outputs)))
    if level == "ops":
        return operations(graph, steps=steps, title=title)
    return unrolled(graph, steps=steps, title=title)


def _check_level(level: str, known: Sequence[str], what: str) -> None:
    if level not in known:
        raise ValueError(f"draw: {what} has no level {level!r}; take one of {_listed(known)}.")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _graph_of(thing: Any) -> Graph:
    """Return the graph of nodes, named as they are given, or after themselves."""
    if isinstance(thing, Graph):
        if not thing.nodes:
            raise GraphError("draw: the graph has no nodes.")
        return thing
    if isinstance(thing, Node):
        return Graph({thing.name or "output": thing})
    named = thing if isinstance(thing, Mapping) else None
    if named is None and isinstance(thing, (list, tuple)):
        named = {str(index): node for index, node in enumerate(thing)}
    if not named or not all(isinstance(node, Node) for node in named.values()):
        raise TypeError(
            "draw: expected a model, a graph, a node, or a list or dict of nodes, "
            f"got {type(thing).__name__}."
        )
    return Graph(named)
