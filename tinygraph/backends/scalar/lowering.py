"""A graph of elementwise operations -> the body of a loop over its elements, in a given language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.backends.scalar import functions
from tinygraph.backends.scalar.expression import Expression, parse
from tinygraph.backends.scalar.language import Language, Value
from tinygraph.graph import Graph, Node


def pieces(output: Node) -> list[Node]:
    """The values that stand side by side in an output: one, or those that a concat joins."""
    return list(output.inputs) if output.op.name == "concat" else [output]


def split(array: Any, output: Node) -> list[Any]:
    """The pieces of the array of an output, which stand side by side along its last axis."""
    if output.op.name != "concat":
        return [array]
    width = output.inputs[0].shape[-1]
    return [array[..., start : start + width] for start in range(0, array.shape[-1], width)]


def compute(v: Language, graph: Graph, given: Mapping[str, Value]) -> list[Value]:
    """Write what ``graph`` computes of the values of its inputs, and return the pieces of its outputs."""
    values: dict[Node, Value] = {}
    for node in graph.nodes:
        if node.op.name == "concat":
            continue
        dtype = node.dtype.name
        if node.inputs:
            values[node] = _applied(v, node, [values[source] for source in node.inputs])
        elif node.op.fed:
            values[node] = given[node.name]
        else:
            values[node] = v.number(node.attrs.get("number", node.attrs["value"].flat[0]), dtype)
    return [values[piece] for output in graph.outputs.values() for piece in pieces(output)]


def _applied(v: Language, node: Node, operands: list[Value]) -> Value:
    """One operation; one of any number of inputs folds them from the left."""
    formula, dtype = parse(node.op.scalar), node.dtype.name
    if not node.op.variadic:
        return v.convert(_Formula(v, operands, node.attrs, dtype).value(formula), dtype)
    total = operands[0]
    for operand in operands[1:]:
        total = _Formula(v, [total, operand], node.attrs, dtype).value(formula)
    return v.convert(total, dtype)


class _Formula:
    """The ``scalar`` of one operation on its operands, in the types that NumPy would compute in."""

    def __init__(self, v: Language, operands: list[Value], attrs: Mapping[str, Any], dtype: str):
        self.v = v
        self.operands = operands
        self.attrs = attrs
        self.dtype = dtype

    def value(self, tree: Expression) -> Value:
        kind, args = tree
        if kind == "operand":
            return self.operands[args[0]]
        if kind in ("number", "attribute"):
            return self.v.number(self._number(tree), self.dtype)
        if kind == "?":
            condition = self.v.convert(self.value(args[0]), "bool")
            return self.v.select(condition, *self._alike(self._operands(args[1:])))
        if kind in ("&&", "||", "!"):
            truths = [self.v.convert(self.value(arg), "bool") for arg in args]
            if kind == "!":
                return self.v.logical("xor", truths[0], self.v.number(True, "bool"))
            return self.v.logical("and" if kind == "&&" else "or", *truths)
        values = self._alike(self._operands(args))
        if kind in ("+", "-", "*", "/"):
            return self.v.arithmetic(kind, *(self._floats(values) if kind == "/" else values))
        if kind in ("==", "!=", "<", "<=", ">", ">="):
            return self.v.compare(kind, *values)
        if kind == "negative":
            return self.v.negative(values[0])
        if kind == "floor" and not values[0].dtype.startswith("f"):
            return values[0]
        return functions.call(self.v, kind, self._floats(values) if kind in functions.FLOATS_ONLY else values)

    def _operands(self, args: tuple[Expression, ...]) -> list[Value]:
        """The values of ``args``; a number takes the type of what stands beside it."""
        found = [None if arg.kind in ("number", "attribute") else self.value(arg) for arg in args]
        beside = next((value.dtype for value in found if value is not None), self.dtype)
        return [
            value if value is not None else self.v.number(self._number(arg), beside)
            for arg, value in zip(args, found, strict=True)
        ]

    def _number(self, tree: Expression) -> float:
        (what,) = tree.args
        return what if tree.kind == "number" else self.attrs[what]

    def _alike(self, values: list[Value]) -> list[Value]:
        """The values in the dtype that holds them all."""
        dtype = np.result_type(*(np.dtype(value.dtype) for value in values)).name
        return [self.v.convert(value, dtype) for value in values]

    def _floats(self, values: list[Value]) -> list[Value]:
        """The values as floats: as NumPy has it, whole numbers become float64."""
        dtype = values[0].dtype
        return values if dtype.startswith("f") else [self.v.convert(value, "float64") for value in values]
