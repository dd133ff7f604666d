"""Stable forms: what a formula of several operations equals that stays finite and keeps its digits.

Only the formula itself is matched. A logarithm of something that is clipped, or that a small number is added
to, means what it says.
"""

from __future__ import annotations

from tinygraph.graph import Node
from tinygraph.ops.activation import sigmoid, softplus
from tinygraph.ops.arithmetic import add, divide, negative, subtract
from tinygraph.ops.broadcast import sum
from tinygraph.ops.exponential import exp, expm1, log, log1p
from tinygraph.ops.same import is_number
from tinygraph.ops.softmax import log_softmax, logsumexp, softmax


@log.stable_as
def _(x):
    """Of softmax(z) it is log_softmax(z); of sigmoid(z) -softplus(-z), and of 1 - sigmoid(z) -softplus(z)."""
    if x.op is softmax:
        return log_softmax(x.inputs[0], **x.attrs)
    if x.op is sigmoid:
        return -softplus(-x.inputs[0])
    if x.op is subtract and is_number(x.inputs[0], 1.0) and x.inputs[1].op is sigmoid:
        return -softplus(x.inputs[1].inputs[0])
    return log_of_sum(x)


def log_of_sum(x: Node) -> Node | None:
    """ln(Σ exp(z)) is logsumexp(z), ln(1 + exp(z)) is softplus(z), and ln(1 + z) is log1p(z)."""
    if x.op is sum and x.inputs[0].op is exp and x.inputs[0].size:
        return logsumexp(x.inputs[0].inputs[0], **x.attrs)
    z = one_more_than(x)
    if z is None:
        return None
    return softplus(z.inputs[0]) if z.op is exp else log1p(z)


@divide.stable_as
def _(x, y):
    """exp(z) / Σ exp(z) is softmax(z), and 1 / (1 + exp(-z)) is sigmoid(z)."""
    if x.op is exp and y.op is sum and y.inputs[0].op is exp:
        (z,), axes = x.inputs, y.attrs["axis"]
        along = len(axes) == 1 and (y.attrs["keepdims"] or z.ndim == 1)
        return softmax(z, axis=axes[0]) if along and y.inputs[0].inputs[0] is z else None
    e = one_more_than(y) if is_number(x, 1.0) else None
    if e is not None and e.op is exp and e.inputs[0].op is negative:
        return sigmoid(e.inputs[0].inputs[0])
    return None


def one_more_than(x: Node) -> Node | None:
    """z, where x is 1 + z or z + 1."""
    if x.op is not add:
        return None
    one, z = x.inputs if is_number(x.inputs[0], 1.0) else x.inputs[::-1]
    return z if is_number(one, 1.0) else None


@subtract.stable_as
def _(x, y):
    """exp(z) - 1 is expm1(z)."""
    return expm1(x.inputs[0]) if x.op is exp and is_number(y, 1.0) else None
