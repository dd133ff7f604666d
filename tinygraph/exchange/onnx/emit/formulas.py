"""Functions that ONNX or its runtimes lack, in some dtype: written by formulas of other operations."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tinygraph import ops
from tinygraph.exchange.onnx.emit.table import emits, emitted
from tinygraph.exchange.onnx.writer import Writer
from tinygraph.graph import Node, absolute_scope, toposort
from tinygraph.ops.erf import LARGE, MIDDLE, SMALL, ratio as ratio_of

#: the quotient of two polynomials; it takes nodes as well as arrays
ratio: Callable[..., Node] = ratio_of


@emits("expm1", "log1p", "erf", "softplus", "sigmoid_cross_entropy")
def _(w: Writer, node: Node, *names: str) -> str:
    single = {"erf": "Erf", "softplus": "Softplus"}
    if node.dtype == np.float32 and node.op.name in single:
        return w.add(single[node.op.name], [w.cast(names[0], node.inputs[0].dtype, node.dtype)])
    with absolute_scope(node.scope):
        inputs = [ops.cast(x, dtype=node.dtype) if x.dtype != node.dtype else x for x in node.inputs]
        y = FORMULAS[node.op.name](*inputs)
    for each in toposort([y]):
        if each not in w.names:
            w.names[each] = emitted(w, each)
    return w.names[y]


def expm1(x: Node) -> Node:
    """exp(x) - 1 = tanh(x / 2) (exp(x) + 1), which keeps its digits near 0."""
    return ops.tanh(0.5 * x) * (ops.exp(x) + 1.0)


def log1p(x: Node) -> Node:
    """ln(u) x / (u - 1) of the rounded u = 1 + x, and x where that is 1: the digits near 0 stay (Kahan)."""
    u = 1.0 + x
    flat = ops.equal(u, 1.0)
    return ops.where(flat, x, ops.log(u) * (x / ops.where(flat, 1.0, u - 1.0)))


def softplus(x: Node) -> Node:
    """max(x, 0) + ln(1 + exp(-|x|))."""
    return ops.relu(x) + log1p(ops.exp(-ops.abs(x)))


def sigmoid_cross_entropy(target: Node, logits: Node) -> Node:
    """softplus(z) - z t."""
    return ops.softplus(logits) - logits * target


def erf(x: Node) -> Node:
    """Cody's approximations, as `tinygraph.ops.erf` has them."""
    t = ops.abs(x)
    near = ratio(SMALL, ops.minimum(t, 0.5) ** 2.0) * x
    middle, far = ops.clip(t, 0.46875, 4.0), ops.clip(t, 4.0, 30.0)
    far_tail = (1 / math.sqrt(math.pi) - ratio(LARGE, 1.0 / (far * far)) / (far * far)) / far
    tail = ops.where(t <= 4.0, ratio(MIDDLE, middle), far_tail) * ops.exp(-(ops.minimum(t, 30.0) ** 2.0))
    return ops.where(t <= 0.46875, near, ops.where(x < 0.0, tail - 1.0, 1.0 - tail))


FORMULAS = {each.__name__: each for each in (expm1, log1p, softplus, sigmoid_cross_entropy, erf)}
