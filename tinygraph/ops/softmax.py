"""Shares of a whole, exp(x) / Σ exp(x), and their logarithms, to a few units in the last place at any x.

Three things would lose digits: to sum what is small beside the largest term; to subtract a share that is all
but 1 from 1; and to round a difference x - max x, which is an exponent.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygraph.graph import GraphError, Node
from tinygraph.op import op
from tinygraph.ops.broadcast import broadcast_to, sum, sum_to, widen
from tinygraph.ops.reduce import reduced_float
from tinygraph.ops.rules import Inferred, axis_or_axes, elementwise_float, same_float

#: how large an exponent may be, less 1
LOG_MAX = {np.dtype(name): math.log(np.finfo(name).max) - 1.0 for name in ("float32", "float64")}
SAMPLES = [((3, 4),), ((2, 3, 4), {"axis": 1}), ((5,),), ((0, 3),), ((2, 3, 2), {"axis": (0, 2)})]


def exponentials(xp, x, top):
    """exp(x - c), c one number for each row: neither they nor their sum overflow, nor is it less than 1.

    c is no larger than it must be, 0 for most rows: x - c is then exact, or off by a few units of 1. With the
    largest x, ``top``, as c, e^-80 would be off by 40 units.
    """
    most = LOG_MAX[x.dtype] - math.log(x.size / top.size)
    return xp.exp(x - xp.maximum(top - most, xp.minimum(xp.floor(top), 0.0)))


def largest_and_others(xp, e, axis):
    """The largest term and Σ of the others, which would drown in Σ e where they are small."""
    largest = xp.max(e, axis=axis, keepdims=True)
    below = e * xp.less(e, largest)
    ties = xp.sum(e - below, axis=axis, keepdims=True)
    return largest, xp.sum(below, axis=axis, keepdims=True) + (ties - largest)


@op(same_float, samples=SAMPLES)
def softmax(xp, x, *, axis=-1, out):
    """exp(x) / sum(exp(x)) along one or several axes; nothing overflows.

    >>> import tinygraph as tg
    >>> tg.compile(tg.softmax(tg.constant([1000.0, 1000.0])))()
    array([0.5, 0.5], dtype=float32)
    """
    if x.size:
        out[...] = shares(xp, xp.asarray(x, out.dtype), axis)


@softmax.written_as
def shares(xp, x, axis):
    """exp(x) / Σ exp(x)."""
    e = exponentials(xp, x, xp.max(x, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


@softmax.vjp
def _(g, y, x, axis):
    return ((g - sum(g * y, axis=axis, keepdims=True)) * y,)


def beside_logits(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """A target that broadcasts to the logits, and axes of theirs."""
    _, logits = inputs
    shape, dtype = elementwise_float(inputs, attrs)
    if shape != logits.shape:
        raise GraphError("needs a target that broadcasts to the logits")
    attrs["axis"] = axis_or_axes(attrs["axis"], logits.ndim)
    return shape, dtype


@op(beside_logits, samples=[((3, 4), (3, 4)), ((4,), (2, 3, 4)), ((2, 1, 2), (2, 3, 2), {"axis": (0, 2)})])
def softmax_error(xp, target, logits, *, axis=-1, out):
    """p Σ t - t, p = softmax(logits): how far the shares are from a target t, and a cross-entropy's slope.

    It is p Σ' t - t Σ' p, Σ' over all others, which keeps its digits where p is all but t.

    >>> import tinygraph as tg
    >>> tg.compile(tg.softmax_error(tg.constant([1.0, 0.0]), tg.constant([50.0, 0.0])))()
    array([-1.9287499e-22,  1.9287499e-22], dtype=float32)
    """
    if logits.size:
        out[...] = error(xp, target, xp.asarray(logits, out.dtype), axis)


@softmax_error.written_as
def error(xp, target, logits, axis):
    """p Σ' t - t Σ' p, Σ' over all others."""
    t = xp.broadcast_to(target, shape=logits.shape)
    e = exponentials(xp, logits, xp.max(logits, axis=axis, keepdims=True))
    largest, others = largest_and_others(xp, e, axis)
    total = largest + others
    rest = (largest - e + others) / total
    return e / total * (xp.sum(t, axis=axis, keepdims=True) - t) - t * rest


@softmax_error.vjp
def _(g, y, target, logits, axis):
    p = softmax(logits, axis=axis)
    weighted = g * sum(broadcast_to(target, shape=logits.shape), axis=axis, keepdims=True)
    d_target = sum(g * p, axis=axis, keepdims=True) - g
    return sum_to(d_target, target.shape), p * (weighted - sum(weighted * p, axis=axis, keepdims=True))


@op(same_float, samples=SAMPLES)
def log_softmax(xp, x, *, axis=-1, out):
    """ln(softmax(x)) along axes, without the loss of digits that a logarithm of softmax has."""
    if x.size:
        out[...] = logarithms(xp, xp.asarray(x, out.dtype), axis)


@log_softmax.written_as
def logarithms(xp, x, axis):
    """x - max x - ln(Σ exp(x - max x)), the sum 1 and the others beside the largest."""
    top = xp.max(x, axis=axis, keepdims=True)
    largest, others = largest_and_others(xp, exponentials(xp, x, top), axis)
    return x - top - xp.log1p(others / largest)


@log_softmax.vjp
def _(g, y, x, axis):
    return (-softmax_error(g, x, axis=axis),)


@op(reduced_float, samples=[((3, 4), {"axis": -1}), ((2, 3), {}), ((2, 3), {"axis": 0, "keepdims": True})])
def logsumexp(xp, x, *, axis=None, keepdims=False, out):
    """ln(sum(exp(x))) over the axes, as max + ln(sum(exp(x - max))): nothing overflows."""
    top = x.max(axis=axis, keepdims=True)
    top = xp.where(xp.isfinite(top), top, 0)
    largest, others = largest_and_others(xp, xp.exp(x - top), axis)
    out[...] = (xp.log(largest) + xp.log1p(others / largest) + top).reshape(out.shape)


@logsumexp.vjp
def _(g, y, x, axis, keepdims):
    return (widen(g, x, axis) * softmax(x, axis=axis[0] if len(axis) == 1 else axis),)
