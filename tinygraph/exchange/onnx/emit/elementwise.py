"""Operations of each element."""

from __future__ import annotations

from functools import reduce

import numpy as np

from tinygraph.exchange.onnx.emit.table import emits
from tinygraph.exchange.onnx.writer import DTYPES, Writer
from tinygraph.graph import Node

SAME = {
    "abs": "Abs",
    "add": "Add",
    "copy": "Identity",
    "divide": "Div",
    "exp": "Exp",
    "log": "Log",
    "maximum": "Max",
    "minimum": "Min",
    "multiply": "Mul",
    "negative": "Neg",
    "power": "Pow",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "sign": "Sign",
    "sqrt": "Sqrt",
    "subtract": "Sub",
    "tanh": "Tanh",
}
#: what takes numbers of one dtype and gives truth values
COMPARED = {
    "equal": "Equal",
    "greater": "Greater",
    "greater_equal": "GreaterOrEqual",
    "less": "Less",
    "less_equal": "LessOrEqual",
    "not_equal": "Equal",
}
LOGICAL = {"logical_and": "And", "logical_not": "Not", "logical_or": "Or"}
#: what ONNX has no operator of truth values for
OF_TRUTH = {"abs": "Identity", "add": "Or", "maximum": "Or", "minimum": "And", "multiply": "And"}


def inputs_as(w: Writer, node: Node, names: tuple[str, ...], dtype: np.dtype) -> list[str]:
    """The inputs' names, cast to one dtype."""
    return [w.cast(name, source.dtype, dtype) for name, source in zip(names, node.inputs, strict=True)]


@emits(*SAME)
def _(w: Writer, node: Node, *names: str) -> str:
    table = OF_TRUTH if node.dtype == bool and node.op.name in OF_TRUTH else SAME
    return w.add(table[node.op.name], inputs_as(w, node, names, node.dtype))


@emits(*COMPARED)
def _(w: Writer, node: Node, *names: str) -> str:
    dtype = np.result_type(*(source.dtype for source in node.inputs))
    dtype = np.dtype("int32") if dtype.kind == "b" else dtype
    result = w.add(COMPARED[node.op.name], inputs_as(w, node, names, dtype))
    return w.add("Not", [result]) if node.op.name == "not_equal" else result


@emits(*LOGICAL)
def _(w: Writer, node: Node, *names: str) -> str:
    return w.add(LOGICAL[node.op.name], inputs_as(w, node, names, np.dtype(bool)))


@emits("sin", "cos")
def _(w: Writer, node: Node, x: str) -> str:
    return w.add(node.op.name.title(), inputs_as(w, node, (x,), node.dtype))


@emits("floor")
def _(w: Writer, node: Node, x: str) -> str:
    return w.add("Floor" if node.dtype.kind == "f" else "Identity", [x])


@emits("cast")
def _(w: Writer, node: Node, x: str) -> str:
    return w.add("Cast", [x], to=DTYPES[node.dtype.name])


@emits("clip")
def _(w: Writer, node: Node, x: str) -> str:
    bounds = (w.array(node.attrs[name], node.dtype) for name in ("low", "high"))
    return w.add("Clip", [x, *bounds])


@emits("where")
def _(w: Writer, node: Node, condition: str, x: str, y: str) -> str:
    x, y = (w.cast(n, s.dtype, node.dtype) for n, s in zip((x, y), node.inputs[1:], strict=True))
    if node.dtype == bool:
        there, else_ = w.add("And", [condition, x]), w.add("And", [w.add("Not", [condition]), y])
        return w.add("Or", [there, else_])
    return w.add("Where", [condition, x, y])


@emits("add_n")
def _(w: Writer, node: Node, *names: str) -> str:
    if node.dtype.kind == "f":
        return w.add("Sum", names)
    return reduce(lambda x, y: w.add("Or" if node.dtype == bool else "Add", [x, y]), names)
