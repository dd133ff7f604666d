"""Shares of a whole, exp(x) / Σ exp(x), and their logarithms, to a few units in the last place at any x.

exp is of x less its largest element, so nothing overflows. What is then lost is made good: the rounding of
the difference, by which a small share may be off by 1e-5 of itself; and the sum of the other terms beside
the largest, which is 1.
"""

from __future__ import annotations

from tinygraph.op import op
from tinygraph.ops.broadcast import sum, widen
from tinygraph.ops.reduce import reduced_float
from tinygraph.ops.rules import same_float

SAMPLES = [((3, 4),), ((2, 3, 4), {"axis": 1}), ((5,),), ((0, 3),), ((2, 3, 2), {"axis": (0, 2)})]


def exponentials(xp, x, axis):
    """exp(x - max x). The difference d is off by some r (Knuth's TwoSum), and e^(d + r) is e^d + r e^d; where
    d is infinite there is no r."""
    top = x.max(axis=axis, keepdims=True)
    d = x - top
    back = d - x
    r = (x - (d - back)) - (top + back)
    e = xp.exp(d)
    return e + xp.where(xp.isfinite(r), r, 0) * e


def others(xp, e, axis):
    """Σ e - 1, where the largest term is 1: what log(Σ e) and 1 - e / Σ e would lose beside it."""
    largest = e == 1
    ties = largest.sum(axis=axis, keepdims=True, dtype=e.dtype) - 1
    return xp.where(largest, 0, e).sum(axis=axis, keepdims=True) + ties


@op(same_float, samples=SAMPLES)
def softmax(xp, x, *, axis=-1, out):
    """exp(x) / sum(exp(x)) along one or several axes; nothing overflows.

    >>> import tinygraph as tg
    >>> tg.compile(tg.softmax(tg.constant([1000.0, 1000.0])))()
    array([0.5, 0.5], dtype=float32)
    """
    if not x.size:
        return
    e = exponentials(xp, x, axis)
    xp.divide(e, e.sum(axis=axis, keepdims=True), out=out)


@softmax.vjp
def _(g, y, x, axis):
    return ((g - sum(g * y, axis=axis, keepdims=True)) * y,)


@op(same_float, samples=SAMPLES)
def softmax_of_others(xp, x, *, axis=-1, out):
    """1 - softmax(x): for each element the shares of all others, exact where its own is all but 1.

    >>> import tinygraph as tg
    >>> tg.compile(tg.softmax_of_others(tg.constant([50.0, 0.0])))()
    array([1.9287499e-22, 1.0000000e+00], dtype=float32)
    """
    if not x.size:
        return
    e = exponentials(xp, x, axis)
    rest = others(xp, e, axis)
    xp.divide(1 - e + rest, 1 + rest, out=out)


@softmax_of_others.vjp
def _(g, y, x, axis):
    p = softmax(x, axis=axis)
    return ((sum(g * p, axis=axis, keepdims=True) - g) * p,)


@op(same_float, samples=SAMPLES)
def log_softmax(xp, x, *, axis=-1, out):
    """ln(softmax(x)) along axes, without the loss of digits that a logarithm of softmax has.

    Its slope is written as g (1 - p) - p Σ' g, p = softmax(x), Σ' over the others: the same as g - p Σ g.
    """
    if not x.size:
        return
    rest = others(xp, exponentials(xp, x, axis), axis)
    xp.subtract(x, x.max(axis=axis, keepdims=True), out=out)
    xp.subtract(out, xp.log1p(rest), out=out)


@log_softmax.vjp
def _(g, y, x, axis):
    other = sum(g, axis=axis, keepdims=True) - g
    return (g * softmax_of_others(x, axis=axis) - softmax(x, axis=axis) * other,)


@op(reduced_float, samples=[((3, 4), {"axis": -1}), ((2, 3), {}), ((2, 3), {"axis": 0, "keepdims": True})])
def logsumexp(xp, x, *, axis=None, keepdims=False, out):
    """ln(sum(exp(x))) over the axes, as max + ln(sum(exp(x - max))): nothing overflows."""
    top = x.max(axis=axis, keepdims=True)
    top = xp.where(xp.isfinite(top), top, 0)
    rest = others(xp, xp.exp(x - top), axis)
    out[...] = (xp.log1p(rest) + top).reshape(out.shape)


@logsumexp.vjp
def _(g, y, x, axis, keepdims):
    return (widen(g, x, axis) * softmax(x, axis=axis[0] if len(axis) == 1 else axis),)
