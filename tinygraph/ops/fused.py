"""Several elementwise operations as one call: what `tinygraph.rewrites.chains` makes, no one declares."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.graph import Graph, GraphError, Node


class Fused:
    """``fused(*inputs, graph)``: what ``graph`` computes, whose inputs are named "0", "1" and so on.

    Its value is no array but one for each output of the graph; a `Part` picks one of them. The graph is
    what it equals: without a backend that compiles it, it is run operation by operation.
    """

    name = "fused"
    view = None
    pieces = None
    gradient = same = stable = multiplications = None
    scalar = ""
    ufunc = bitwise = ""
    inplace = sys.maxsize  # any input of a result's shape: an element is read before one is written there
    picks = False

    def __call__(self, *inputs: Node, graph: Graph) -> Node:
        """Apply ``graph`` to ``inputs``. Its dtype is a float one, so that `gradients` comes by."""
        return Node(self, inputs, {"graph": graph}, (len(graph.outputs),), np.dtype(np.float32))

    @staticmethod
    def kernel(xp: Any, *inputs: Any, graph: Graph, out: Sequence[Any]) -> None:
        """Run the graph's operations one after another, each into an array of its own."""
        values: dict[Node, Any] = {}
        for node in graph.nodes:
            if node.inputs:
                values[node] = xp.empty(node.shape, dtype=node.dtype)
                sources = [values[source] for source in node.inputs]
                node.op.kernel(xp, *sources, out=values[node], **node.attrs)
            else:
                values[node] = inputs[int(node.name)] if node.op.fed else xp.asarray(node.attrs["value"])
        for array, node in zip(out, graph.outputs.values(), strict=True):
            xp.copyto(array, values[node])


class Part:
    """``part(f, index)``: one of the values that a `Fused` node has. That node writes it; nothing is run."""

    name = "part"
    view = None
    pieces = None
    same = stable = None
    scalar = ""
    picks = True

    def __call__(self, several: Node, *, index: int) -> Node:
        """Pick the value number ``index``."""
        like = list(several.attrs["graph"].outputs.values())[index]
        return Node(self, (several,), {"index": index}, like.shape, like.dtype)

    @staticmethod
    def gradient(*args: Any, **attrs: Any) -> Any:
        """Fusing is the last that happens to a graph: nothing is differentiated after it."""
        raise GraphError("gradients: a fused graph has none; differentiate the graph that it was made of.")


fused = Fused()
part = Part()


def has_formula(node: Node) -> bool:
    """Whether one formula says what each element is: of NaN as a whole number every processor has another
    idea."""
    to_whole = node.dtype.kind == "i" and any(source.dtype.kind == "f" for source in node.inputs)
    return bool(node.op.scalar) and not to_whole
