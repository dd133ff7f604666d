"""Activations: the nonlinear functions of neural networks, in forms that stay finite at any input."""

from __future__ import annotations

import math

from tinygraph.graph import Node
from tinygraph.op import op
from tinygraph.ops.arithmetic import abs_
from tinygraph.ops.compare import clip, where
from tinygraph.ops.erf import erf
from tinygraph.ops.exponential import expm1
from tinygraph.ops.rules import elementwise_float

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer et al. 2017


@op(elementwise_float, scalar="tanh({0})", ufunc="tanh", samples=[((3, 4),), ((),)])
def tanh(xp, x, *, out):
    """Hyperbolic tangent of each element; its slope is 1 - y², so only y is kept.

    >>> import tinygraph as tg
    >>> tg.tanh(tg.input("x", (2, 3)))
    <tanh float32[2, 3]>
    """
    xp.tanh(x, out=out)


@tanh.vjp
def _(g, y, x):
    return (g * (1.0 - y * y),)


@op(
    elementwise_float,
    scalar="({0} < 0 ? exp(-abs({0})) : 1) / (1 + exp(-abs({0})))",
    samples=[((3, 4),), ((),)],
)
def sigmoid(xp, x, *, slope_of_y=False, out):
    """1 / (1 + exp(-x)) of each element, as e / (e + 1), e = exp(min(x, 40)): nothing overflows.

    Its slope is y σ(-x), which is e^-x where y is all but 1. With ``slope_of_y`` it is y (1 - y), off by
    up to half a unit of the last place of 1: enough for a gate of a recurrent cell, as y is off by as much,
    and x need not be kept for the way back.
    """
    xp.minimum(x, 40, out=out)  # from where on it is 1, in float64 too
    xp.exp(out, out=out)
    xp.divide(out, out + 1, out=out)


@sigmoid.vjp
def _(g, y, x, slope_of_y):
    return (g * (y * (1.0 - y if slope_of_y else sigmoid(-x))),)


@op(elementwise_float, scalar="fmaximum({0}, 0) + log1p(exp(-abs({0})))", samples=[((3, 4),), ((),)])
def softplus(xp, x, *, out):
    """ln(1 + exp(x)) of each element, as max(x, 0) + ln(1 + exp(-|x|)): nothing overflows."""
    tail = xp.log1p(xp.exp(-xp.absolute(x)))
    xp.maximum(x, 0, out=out)
    xp.add(out, tail, out=out)


@softplus.vjp
def _(g, y, x):
    return (g * sigmoid(x),)


@op(elementwise_float, scalar="fmaximum({0}, 0)", samples=[((3, 4),), ((),)])
def relu(xp, x, *, out):
    """max(x, 0) of each element; its slope at 0 is taken as 0."""
    xp.maximum(x, 0, out=out)


@relu.vjp
def _(g, y, x):
    return (where(y > 0.0, g, 0.0),)


def leaky_relu(x: Node, negative_slope: float = 0.2) -> Node:
    """x where it is positive, else ``negative_slope`` * x (Maas et al. 2013)."""
    return where(x > 0.0, x, negative_slope * x)


def elu(x: Node, alpha: float = 1.0) -> Node:
    """x where it is positive, else alpha * (exp(x) - 1) (Clevert et al. 2015)."""
    return where(x > 0.0, x, alpha * expm1(where(x > 0.0, 0.0, x)))  # minimum would halve the slope at 0


def selu(x: Node) -> Node:
    """The `elu` that keeps mean 0 and variance 1: scale * elu(x, alpha) (Klambauer et al. 2017)."""
    return SELU_SCALE * elu(x, SELU_ALPHA)


def gelu(x: Node, approximate: bool = False) -> Node:
    """x times the normal distribution function of x (Hendrycks and Gimpel 2016), exact unless asked."""
    if approximate:
        return 0.5 * x * (1.0 + tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x * x * x)))
    return 0.5 * x * (1.0 + erf(x * math.sqrt(0.5)))


def silu(x: Node) -> Node:
    """x * sigmoid(x), also called swish (Elfwing et al. 2018)."""
    return x * sigmoid(x)


def mish(x: Node) -> Node:
    """x * tanh(softplus(x)) (Misra 2019)."""
    return x * tanh(softplus(x))


def softsign(x: Node) -> Node:
    """x / (1 + |x|)."""
    return x / (1.0 + abs_(x))


def hard_sigmoid(x: Node) -> Node:
    """Straight lines for a sigmoid, as Keras 3 has them: clip(x / 6 + 0.5, 0, 1)."""
    return clip(x * (1.0 / 6.0) + 0.5, low=0.0, high=1.0)


def hard_silu(x: Node) -> Node:
    """x * hard_sigmoid(x), also called hard swish (Howard et al. 2019)."""
    return x * hard_sigmoid(x)


def hard_tanh(x: Node) -> Node:
    """clip(x, -1, 1)."""
    return clip(x, low=-1.0, high=1.0)


def relu6(x: Node) -> Node:
    """clip(x, 0, 6)."""
    return clip(x, low=0.0, high=6.0)


def linear(x: Node) -> Node:
    """x itself."""
    return x
