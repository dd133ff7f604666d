"""Products of matrices, and what makes many elements into one along axes."""

from __future__ import annotations

import numpy as np

from tinygraph.exchange.onnx.emit.elementwise import inputs_as
from tinygraph.exchange.onnx.emit.table import emits
from tinygraph.exchange.onnx.writer import Writer
from tinygraph.graph import Node

REDUCED = {
    "logsumexp": "ReduceLogSumExp",
    "max": "ReduceMax",
    "mean": "ReduceMean",
    "min": "ReduceMin",
    "prod": "ReduceProd",
}


@emits("matmul")
def _(w: Writer, node: Node, *names: str) -> str:
    return w.add("MatMul", inputs_as(w, node, names, node.dtype))


@emits("affine")
def _(w: Writer, node: Node, *names: str) -> str:
    x, y, z = inputs_as(w, node, names, node.dtype)
    return w.add("Add", [w.add("MatMul", [x, y]), z])


@emits("sum")
def _(w: Writer, node: Node, x: str) -> str:
    (x,) = inputs_as(w, node, (x,), node.dtype)
    axes = w.array(node.attrs["axis"], "int64")
    return w.add("ReduceSum", [x, axes], keepdims=int(node.attrs["keepdims"]), noop_with_empty_axes=1)


@emits(*REDUCED)
def _(w: Writer, node: Node, x: str) -> str:
    inside = np.dtype("int32") if node.dtype == bool else node.dtype
    (x,) = inputs_as(w, node, (x,), inside)
    if node.attrs["axis"]:
        how = {"axes": list(node.attrs["axis"]), "keepdims": int(node.attrs["keepdims"])}
        x = w.add(REDUCED[node.op.name], [x], **how)
    return w.cast(x, inside, node.dtype)


@emits("argmax", "argmin")
def _(w: Writer, node: Node, x: str) -> str:
    return w.add(f"Arg{node.op.name[3:].title()}", [x], axis=node.attrs["axis"], keepdims=0)


@emits("cumsum")
def _(w: Writer, node: Node, x: str) -> str:
    (x,) = inputs_as(w, node, (x,), node.dtype)
    return w.add("CumSum", [x, w.array(node.attrs["axis"], "int64")])


@emits("softmax")
def _(w: Writer, node: Node, x: str) -> str:
    (x,) = inputs_as(w, node, (x,), node.dtype)
    axes = axes_of(node)
    if len(axes) == 1:
        return w.add("Softmax", [x], axis=axes[0])
    e = w.add("Exp", [w.add("Sub", [x, w.add("ReduceMax", [x], axes=axes, keepdims=1)])])
    return w.add("Div", [e, w.add("ReduceSum", [e, w.array(axes, "int64")], keepdims=1)])


@emits("log_softmax")
def _(w: Writer, node: Node, x: str) -> str:
    return log_softmax(w, inputs_as(w, node, (x,), node.dtype)[0], axes_of(node))


@emits("softmax_cross_entropy")
def _(w: Writer, node: Node, *names: str) -> str:
    target, logits = inputs_as(w, node, names, node.dtype)
    axes, zero = axes_of(node), w.array(0.0, node.dtype)
    terms = w.add("Mul", [target, log_softmax(w, logits, axes)])
    counted = w.add("Where", [w.add("Equal", [target, zero]), zero, terms])
    return w.add("Neg", [w.add("ReduceSum", [counted, w.array(axes, "int64")], keepdims=0)])


def log_softmax(w: Writer, x: str, axes: list[int]) -> str:
    """ln(softmax(x)) along axes."""
    if len(axes) == 1:
        return w.add("LogSoftmax", [x], axis=axes[0])
    return w.add("Sub", [x, w.add("ReduceLogSumExp", [x], axes=axes, keepdims=1)])


def axes_of(node: Node) -> list[int]:
    """The axes of an operation that has one, or several."""
    axis = node.attrs["axis"]
    return list(axis) if isinstance(axis, tuple) else [axis]
