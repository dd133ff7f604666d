"""The trace of a model for ONNX, in which layers that have an ONNX operator of their own stay one node."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from tinygraph.graph import Graph, Node
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.layer import Layer
from tinygraph.nn.tracing import Trace

F = TypeVar("F", bound=Callable[..., Any])

#: layer class -> ``write(layer, x, **arguments)``, which takes and returns what the layer's ``call`` does;
#: NotImplemented where this layer is not one node, but what it computes step by step
WRITTEN: dict[type[Layer], Callable[..., Any]] = {}


def writes(*classes: type[Layer]) -> Callable[[F], F]:
    """Declare how layers of just these classes, not of those derived from them, are written."""

    def declare(write: F) -> F:
        WRITTEN.update(dict.fromkeys(classes, write))
        return write

    return declare


class Exporting(Trace):
    """A trace that writes layers as ONNX has them."""

    def calling(self, layer: Layer) -> Callable[..., Any]:
        """The function that is declared for the layer's class, where it knows a way; else its ``call``."""
        write = WRITTEN.get(type(layer))
        return layer.call if write is None else partial(_either, write, layer)


def _either(write: Callable[..., Any], layer: Layer, x: Any, **arguments: Any) -> Any:
    result = write(layer, x, **arguments)
    return layer.call(x, **arguments) if result is NotImplemented else result


def traced(model: Graphed, nodes: list[Node]) -> Graph:
    """Return the graph of what the model predicts for these inputs."""
    with Exporting(training=False) as trace:
        return Graph(model.lowered(nodes, training=False), trace.updates)
