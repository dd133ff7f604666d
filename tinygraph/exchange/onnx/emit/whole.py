"""Layers that are one operator, and what masks need."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.exchange.onnx.cells import OPERATORS, activation_attributes, weights_of
from tinygraph.exchange.onnx.emit.table import emits
from tinygraph.exchange.onnx.writer import Writer
from tinygraph.graph import Node

DIRECTIONS = {(False,): "forward", (True,): "reverse", (False, True): "bidirectional"}


@emits("recurrence")
def _(w: Writer, node: Node, x: str, *others: str) -> list[str]:
    cells, counted = node.attrs["cells"], node.attrs["counted"]
    first = cells[0]
    operator, _ = OPERATORS[type(first)]
    scope = w.place.split(":")[0]
    arrays = {
        letter: w.kept(np.ascontiguousarray(array), f"{scope}/{letter}", key=(cells, letter))
        for letter, array in weights_of(cells).items()
    }
    counts = others[0] if counted else ""
    states = others[1:] if counted else others
    inputs = [x, arrays["W"], arrays["R"], arrays.get("B", ""), counts, *states]
    while not inputs[-1]:
        inputs.pop()
    attrs = {"hidden_size": first.units, "direction": DIRECTIONS[node.attrs["backwards"]]}
    if operator == "GRU":
        attrs["linear_before_reset"] = int(first.reset_after)
    endings = ["/Y", "/Y_h", "/Y_c"][: 1 + len(first.state_size)]
    return w.add_several(operator, inputs, endings, **attrs, **activation_attributes(cells))


@emits("picked")
def _(w: Writer, node: Node, several: list[str]) -> str:
    return several[node.attrs["index"]]


@emits("order")
def _(w: Writer, node: Node, mask: str) -> str:
    """The places of the largest keys: T - t of the steps t that count, -t of the others."""
    (size,) = w.probes.products([twin.shape[1:] for twin in w.probes.twins[node]])
    length = w.shape([size])
    bounds = [w.array(0, "int64"), w.add("Squeeze", [length]), w.array(1, "int64")]
    counts = w.cast(mask, np.dtype(bool), np.dtype("int64"))
    key = w.add("Sub", [w.add("Mul", [counts, length]), w.add("Range", bounds)])
    return w.add_several("TopK", [key, length], ["/keys", "/steps"], axis=1, largest=1, sorted=1)[1]


@emits("taken")
def _(w: Writer, node: Node, x: str, steps: str) -> str:
    column = w.add("Unsqueeze", [steps, w.array([2], "int64")])
    return w.add("GatherND", [x, column], batch_dims=1)


@emits("conv")
def _(w: Writer, node: Node, x: str, kernel: str, *bias: str) -> str:
    space = node.ndim - 2
    turned = w.add("Transpose", [kernel], perm=[space + 1, space, *range(space)])
    return w.add("Conv", [x, turned, *bias], **plain(node))


@emits("pool")
def _(w: Writer, node: Node, x: str) -> str:
    attrs = plain(node)
    return w.add("MaxPool" if attrs.pop("largest") else "AveragePool", [x], **attrs)


def plain(node: Node) -> dict[str, Any]:
    """The attributes as ONNX has them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in node.attrs.items()}
