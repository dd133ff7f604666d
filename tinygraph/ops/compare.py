"""Comparisons, which are True or False, and what chooses by them: where, minimum, maximum, clip."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.graph import GraphError, Node
from tinygraph.op import op
from tinygraph.ops.broadcast import sum_to
from tinygraph.ops.rules import Inferred, broadcast, comparison, elementwise, inplace, number, promote
from tinygraph.ops.samples import PAIRS, truth, whole

TIES = [(whole(3, 4, below=3), whole(3, 4, below=3)), (whole(3, 4, below=3), (4,))]


@op(comparison, scalar="{0} == {1}", ufunc="equal", samples=TIES)
def equal(xp, x, y, *, out):
    """x == y of each pair of elements; NaN equals nothing."""
    xp.equal(x, y, out=out)


@op(comparison, scalar="{0} != {1}", ufunc="not_equal", samples=TIES)
def not_equal(xp, x, y, *, out):
    """x != y of each pair of elements."""
    xp.not_equal(x, y, out=out)


@op(comparison, scalar="{0} < {1}", ufunc="less", samples=TIES)
def less(xp, x, y, *, out):
    """x < y of each pair of elements."""
    xp.less(x, y, out=out)


@op(comparison, scalar="{0} <= {1}", ufunc="less_equal", samples=TIES)
def less_equal(xp, x, y, *, out):
    """x <= y of each pair of elements."""
    xp.less_equal(x, y, out=out)


@op(comparison, scalar="{0} > {1}", ufunc="greater", samples=TIES)
def greater(xp, x, y, *, out):
    """x > y of each pair of elements."""
    xp.greater(x, y, out=out)


@op(comparison, scalar="{0} >= {1}", ufunc="greater_equal", samples=TIES)
def greater_equal(xp, x, y, *, out):
    """x >= y of each pair of elements."""
    xp.greater_equal(x, y, out=out)


@op(comparison, scalar="{0} && {1}", ufunc="logical_and", samples=[(truth(3, 4), truth(4))])
def logical_and(xp, x, y, *, out):
    """Whether both elements are true."""
    xp.logical_and(x, y, out=out)


@op(comparison, scalar="{0} || {1}", ufunc="logical_or", samples=[(truth(3, 4), truth(4))])
def logical_or(xp, x, y, *, out):
    """Whether one element or the other is true."""
    xp.logical_or(x, y, out=out)


@op(comparison, scalar="!{0}", ufunc="logical_not", samples=[(truth(3, 4),)])
def logical_not(xp, x, *, out):
    """Whether the element is false."""
    xp.logical_not(x, out=out)


def chosen(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """A condition of truth values and two values to choose from."""
    condition, x, y = inputs
    if condition.dtype.kind != "b":
        raise GraphError("needs a condition of True and False, such as x > 0")
    return broadcast(condition.shape, x.shape, y.shape), promote((x, y))


@op(
    chosen,
    scalar="{0} ? {1} : {2}",
    samples=[(truth(3, 4), (3, 4), (4,)), (truth(3, 1), (), (3, 4))],
)
def where(xp, condition, x, y, *, out):
    """x where the condition holds, else y. No gradient flows into what was not chosen, even if it is NaN.

    >>> import tinygraph as tg
    >>> x = tg.constant([-1.0, 4.0])
    >>> tg.compile(tg.where(x > 0, x, 0.0))()
    array([0., 4.], dtype=float32)
    """
    if condition.shape == out.shape:
        out[...] = xp.where(condition, x, y)
    else:  # of whole rows, as masks are, copies take 0.7 of the time; of single elements, twice the time
        xp.copyto(out, y)
        xp.copyto(out, x, where=condition)


@where.vjp
def _(g, z, condition, x, y):
    return None, sum_to(where(condition, g, 0.0), x.shape), sum_to(where(condition, 0.0, g), y.shape)


def share(g: Node, wins: Node, ties: Node) -> Node:
    """Give g to the winner, half of it to each of two that tie."""
    return where(ties, 0.5 * g, where(wins, g, 0.0))


@op(elementwise, scalar="fmaximum({0}, {1})", samples=PAIRS)
def maximum(xp, x, y, *, out):
    """The larger of each pair of elements; two that tie share the gradient evenly."""
    xp.maximum(x, y, out=out)


@maximum.vjp
def _(g, z, x, y):
    ties = equal(x, y)
    return sum_to(share(g, x > y, ties), x.shape), sum_to(share(g, y > x, ties), y.shape)


@op(elementwise, scalar="fminimum({0}, {1})", samples=PAIRS)
def minimum(xp, x, y, *, out):
    """The smaller of each pair of elements; two that tie share the gradient evenly."""
    xp.minimum(x, y, out=out)


@minimum.vjp
def _(g, z, x, y):
    ties = equal(x, y)
    return sum_to(share(g, x < y, ties), x.shape), sum_to(share(g, y < x, ties), y.shape)


@inplace
def bounded(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """Two bounds in order."""
    for name in ("low", "high"):
        if not isinstance(attrs[name], (int, float, np.integer, np.floating)):
            raise GraphError(f"needs a number as {name}, not {attrs[name]!r}; see tg.maximum and tg.minimum")
    if not attrs["low"] <= attrs["high"]:
        raise GraphError(f"needs low <= high, not {attrs['low']} and {attrs['high']}")
    (x,) = inputs
    whole = all(float(bound).is_integer() for bound in (attrs["low"], attrs["high"]))
    if number(x.dtype).kind != "f" and not whole:
        raise GraphError("needs whole bounds for whole numbers")
    return x.shape, x.dtype


@op(bounded, scalar="fminimum(fmaximum({0}, {low}), {high})", samples=[((3, 4), {"low": -0.5, "high": 0.7})])
def clip(xp, x, *, low, high, out):
    """Each element, but not below ``low`` nor above ``high``; the gradient stops outside the bounds.

    >>> import tinygraph as tg
    >>> tg.compile(tg.clip(tg.constant([-2.0, 0.5]), 0.0, 1.0))()
    array([0. , 0.5], dtype=float32)
    """
    xp.clip(x, low, high, out=out)


@clip.vjp
def _(g, y, x, low, high):
    return (where(logical_and(x >= low, x <= high), g, 0.0),)
