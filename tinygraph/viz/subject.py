"""`Subject`: what is drawn below the level of layers: an op graph, from whatever was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tinygraph.graph import Graph, GraphError, Node
from tinygraph.viz.levels.layers import LayerGraph, said_outputs
from tinygraph.viz.outline import PASSES
from tinygraph.viz.text import few, listed
from tinygraph.viz.traces import untouched

#: The batch size of a model's op graph in a drawing: shapes are real numbers.
BATCH = 32


class Subject(NamedTuple):
    """An op graph, the types of its layers by name, as far as they are known, and a title."""

    graph: Graph
    types: Mapping[str, str]
    title: str


def passes_of(given: str | Sequence[str] | None, default: Sequence[str]) -> tuple[str, ...]:
    """Return the passes that are asked for, in their order; raises ValueError for one that there is not.

    >>> passes_of("all", ()), passes_of(["update", "forward"], ()), passes_of(None, ["forward"])
    (('forward', 'backward', 'update'), ('forward', 'update'), ('forward',))
    """
    if given is None:
        return tuple(default)
    names = list(given) if isinstance(given, (list, tuple, set)) else [given]
    if not names or any(name not in (*PASSES, "all") for name in names):
        raise ValueError(
            f"draw: pass_ must be one of {listed((*PASSES, 'all'))}, or several of them, got {given!r}."
        )
    return PASSES if "all" in names else tuple(name for name in PASSES if name in names)


def subject(
    thing: Any, passes: Sequence[str] = ("forward",), batch: int | None = None, owner: str = "draw"
) -> Subject:
    """Return what is drawn of a model in these passes, or of nodes (in whatever form `draw` takes them).

    ``owner`` is who asks, for the messages.

    Raises:
        GraphError: a Sequential that is not built yet; a graph without nodes.
        ValueError: a layer that has the name of a pass.
        RuntimeError: a pass after the forward pass of a model that is not compiled.
        TypeError: something else than a model or nodes.
    """
    if not isinstance(thing, LayerGraph):
        graph = _graph_of(thing, owner)
        return Subject(graph, {}, ", ".join(few(list(graph.outputs))))
    check_built(thing, owner)
    check_names(thing, owner)
    batch = batch or thing.batch_size or BATCH
    title = f"{thing.name} ({type(thing).__name__})"
    with untouched(thing.family):
        if not set(passes) <= {"forward"}:
            trained = _training(thing, passes, batch)
            return Subject(trained, types_of(thing), f"{title}, trained on a batch of {batch}")
        traced = thing.trace(batch)
    graph = Graph(dict(zip(said_outputs(thing), traced.outputs.values(), strict=True)), traced.updates)
    return Subject(graph, types_of(thing), f"{title}, a batch of {batch}")


def _training(model: LayerGraph, passes: Sequence[str], batch: int) -> Graph:
    """A step of training: the loss with its gradients, or with the new values that follow from them."""
    loss, slopes, new = model.training_step(batch)
    outputs = {"loss": loss}
    if "update" in passes:
        return Graph(outputs, new)
    return Graph(outputs | {f"d {weight.label}": slope for weight, slope in slopes.items()})


def types_of(model: LayerGraph) -> dict[str, str]:
    """The types of layers, those within layers too, by the scopes that they stand in."""
    found: dict[str, str] = {}
    waiting = [(layer.name, layer) for layer in model.layers]
    while waiting:
        scope, layer = waiting.pop()
        if scope not in found:  # the cell of a layer may have the layer's name
            found[scope] = type(layer).__name__
            waiting += [(f"{scope}/{inner.name}", inner) for inner in layer.sublayers]
    return found


def check_built(model: LayerGraph, owner: str = "draw") -> None:
    """Raise `GraphError` where a Sequential has no shapes yet."""
    if not model.outputs:
        raise GraphError(
            f"{owner}: {type(model).__name__} {model.name!r} is not built, so it has no shapes to draw. "
            "Give its first layer an input_shape, or call build(shape) with the shape of one sample."
        )


def check_names(model: LayerGraph, owner: str = "draw") -> None:
    """Raise `ValueError` where a layer has the name of a pass: passes are read from scopes, as layers are."""
    for layer in model.layers:
        if layer.name in PASSES[1:]:
            raise ValueError(
                f"{owner}: {layer.title} is called as a pass is, and the two cannot be told apart below the "
                "level 'model'; give it another name, such as "
                f"'{layer.name}_{type(layer).__name__.lower()}'."
            )


def _graph_of(thing: Any, owner: str) -> Graph:
    """Return the graph of nodes, named as they are given, or after themselves."""
    if isinstance(thing, Graph):
        if not thing.nodes:
            raise GraphError(f"{owner}: the graph has no nodes.")
        return thing
    if isinstance(thing, Node):
        return Graph({thing.name or "output": thing})
    named = thing if isinstance(thing, Mapping) else None
    if named is None and isinstance(thing, (list, tuple)):
        named = {str(index): node for index, node in enumerate(thing)}
    if not named or not all(isinstance(node, Node) for node in named.values()):
        raise TypeError(
            f"{owner}: expected a model, a graph, a node, or a list or dict of nodes, "
            f"got {type(thing).__name__}."
        )
    return Graph(named)
