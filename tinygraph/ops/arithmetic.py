"""Arithmetic of each element, with broadcasting. Gradients that were broadcast are summed back."""

from __future__ import annotations

from typing import Any

from tinygraph.graph import GraphError, Node
from tinygraph.op import op
from tinygraph.ops.broadcast import sum_to
from tinygraph.ops.compare import equal, where
from tinygraph.ops.exponential import log
from tinygraph.ops.rules import (
    Inferred,
    elementwise,
    elementwise_float,
    elementwise_number,
    inplace,
    known_dtype,
)
from tinygraph.ops.samples import PAIRS, Draw, positive, truth


@op(elementwise, scalar="{0} + {1}", ufunc="add", samples=PAIRS)
def add(xp, x, y, *, out):
    """The sum x + y of each pair of elements.

    >>> import tinygraph as tg
    >>> tg.add(tg.input("x", (3, 1)), tg.input("y", (4,))).shape
    (3, 4)
    """
    xp.add(x, y, out=out)


@add.vjp
def _(g, z, x, y):
    return sum_to(g, x.shape), sum_to(g, y.shape)


@op(elementwise_number, scalar="{0} - {1}", ufunc="subtract", samples=PAIRS)
def subtract(xp, x, y, *, out):
    """The difference x - y of each pair of elements."""
    xp.subtract(x, y, out=out)


@subtract.vjp
def _(g, z, x, y):
    return sum_to(g, x.shape), sum_to(-g, y.shape)


@op(elementwise, scalar="{0} * {1}", ufunc="multiply", samples=PAIRS)
def multiply(xp, x, y, *, out):
    """The product x y of each pair of elements."""
    xp.multiply(x, y, out=out)


@multiply.vjp
def _(g, z, x, y):
    return sum_to(g * y, x.shape), sum_to(g * x, y.shape)


@op(
    elementwise_float,
    scalar="{0} / {1}",
    ufunc="divide",
    samples=[((3, 4), positive(3, 4)), ((3, 4), positive(4)), ((), positive(2, 2))],
)
def divide(xp, x, y, *, out):
    """The quotient x / y of each pair of elements; of whole numbers too it is a float."""
    xp.divide(x, y, out=out)


@divide.vjp
def _(g, z, x, y):
    return sum_to(g / y, x.shape), sum_to(-(g * z) / y, y.shape)


@op(elementwise_float, scalar="pow({0}, {1})", samples=[(positive(3, 4), (4,)), (positive(2), ())])
def power(xp, x, y, *, out):
    """x to the power y. The gradient with respect to y takes ln x as 0 where x <= 0.

    >>> import tinygraph as tg
    >>> tg.compile(tg.constant([1.0, 2.0, 3.0]) ** 2)()
    array([1., 4., 9.], dtype=float32)
    """
    xp.power(x, y, out=out, dtype=out.dtype)  # of whole numbers it would refuse 2 ** -1


@power.vjp
def _(g, z, x, y):
    # Where y is 0 the power in between must not be x ** -1: at x = 0 it would spoil higher derivatives.
    flat = equal(y, 0.0)
    dx = where(flat, 0.0, g * y * power(x, where(flat, 1.0, y - 1.0)))
    dy = where(x > 0.0, g * z * log(where(x > 0.0, x, 1.0)), 0.0)
    return sum_to(dx, x.shape), sum_to(dy, y.shape)


@op(elementwise_number, scalar="-{0}", ufunc="negative", samples=[((3, 4),), ((),), ((2, 0),)])
def negative(xp, x, *, out):
    """-x of each element."""
    xp.negative(x, out=out)


@negative.vjp
def _(g, y, x):
    return (-g,)


@op(elementwise, scalar="abs({0})", ufunc="absolute", samples=[((3, 4),), ((),)])
def abs_(xp, x, *, out):
    """|x| of each element; the slope at 0 is taken as 0."""
    xp.absolute(x, out=out)


@abs_.vjp
def _(g, y, x):
    return (g * sign(x),)


@op(elementwise_number, scalar="sign({0})", ufunc="sign", samples=[((3, 4),)])
def sign(xp, x, *, out):
    """-1, 0 or 1 by the sign of each element."""
    xp.sign(x, out=out)


@op(elementwise, scalar="floor({0})", ufunc="floor", samples=[((3, 4),)])
def floor(xp, x, *, out):
    """The largest whole number not above each element."""
    xp.floor(x, out=out)


def same_shapes(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """All inputs have one shape and dtype."""
    first, *others = inputs or (None,)
    if first is None:
        raise GraphError("needs at least one input")
    if any((node.shape, node.dtype) != (first.shape, first.dtype) for node in others):
        raise GraphError("needs inputs of one shape and dtype")
    return first.shape, first.dtype


# Only the first two: a third is read when out already holds their sum.
@op(
    inplace(same_shapes, first=2),
    scalar="{0} + {1}",
    ufunc="add",
    samples=[((3, 4),) * 3, ((2,),), ((0, 2),) * 2, (Draw(()),) * 5],
)
def add_n(xp, x, *others, out):
    """The sum of all inputs, from left to right: where gradients meet, they meet here."""
    if not others:
        xp.copyto(out, x)
        return
    xp.add(x, others[0], out=out)
    for y in others[1:]:
        xp.add(out, y, out=out)


@add_n.vjp
def _(g, z, *inputs):
    return (g,) * len(inputs)


@op(elementwise, scalar="{0}", samples=[((3, 4),), ((),), (truth(3),), ((2, 0),)])
def copy(xp, x, *, out):
    """x itself, in memory of its own."""
    xp.copyto(out, x)


@copy.vjp
def _(g, y, x):
    return (g,)


@inplace
def casted(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """A dtype to take."""
    attrs["dtype"] = known_dtype(attrs["dtype"])
    return inputs[0].shape, attrs["dtype"]


@op(casted, scalar="{0}", samples=[((3, 4), {"dtype": "float64"}), (truth(3), {"dtype": "float64"})])
def cast(xp, x, *, dtype, out):
    """Each element in another dtype."""
    xp.copyto(out, x, casting="unsafe")


@cast.vjp
def _(g, y, x, dtype):
    return (cast(g, dtype=x.dtype),)
