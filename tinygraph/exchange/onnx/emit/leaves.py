"""Weights and constants."""

from __future__ import annotations

from tinygraph.exchange.onnx.emit.table import emits
from tinygraph.exchange.onnx.writer import Writer
from tinygraph.graph import Node
from tinygraph.ops import Parameter


@emits("param")
def _(w: Writer, node: Parameter) -> str:
    return w.kept(node.value, node.label)


@emits("constant")
def _(w: Writer, node: Node) -> str:
    value = node.attrs["value"]
    if not node.shape:
        return w.array(value)
    sizes = w.probes.dimensions(node)
    if all(size is not None and not size.sizes for size in sizes):
        return w.array(value, name=node.label)
    return w.add("Expand", [w.array(value.flat[0], value.dtype), w.shape(sizes)])


@emits("counter")
def _(w: Writer, node: Node) -> str:
    """Nothing: what draws by it is refused, and has a name that tells more."""
    return ""
