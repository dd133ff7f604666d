"""Exponentials, logarithms, roots and circular functions of each element."""

from __future__ import annotations

from tinygraph.op import op
from tinygraph.ops.rules import elementwise_float
from tinygraph.ops.samples import positive


@op(elementwise_float, scalar="exp({0})", ufunc="exp", samples=[((3, 4),), ((),)])
def exp(xp, x, *, out):
    """e to the power x of each element."""
    xp.exp(x, out=out)


@exp.vjp
def _(g, y, x):
    return (g * y,)


@op(elementwise_float, scalar="expm1({0})", ufunc="expm1", samples=[((3, 4),)])
def expm1(xp, x, *, out):
    """exp(x) - 1, exact near 0."""
    xp.expm1(x, out=out)


@expm1.vjp
def _(g, y, x):
    return (g * (y + 1.0),)


@op(elementwise_float, scalar="log({0})", ufunc="log", samples=[(positive(3, 4),)])
def log(xp, x, *, out):
    """The natural logarithm of each element."""
    xp.log(x, out=out)


@log.vjp
def _(g, y, x):
    return (g / x,)


@op(elementwise_float, scalar="log1p({0})", ufunc="log1p", samples=[(positive(3, 4),)])
def log1p(xp, x, *, out):
    """ln(1 + x), exact near 0."""
    xp.log1p(x, out=out)


@log1p.vjp
def _(g, y, x):
    return (g / (1.0 + x),)


@op(elementwise_float, scalar="sqrt({0})", ufunc="sqrt", samples=[(positive(3, 4),)])
def sqrt(xp, x, *, out):
    """The square root of each element; its slope at 0 is infinite."""
    xp.sqrt(x, out=out)


@sqrt.vjp
def _(g, y, x):
    return (0.5 * g / y,)


@op(elementwise_float, scalar="sin({0})", ufunc="sin", samples=[((3, 4),)])
def sin(xp, x, *, out):
    """The sine of each element, in radians."""
    xp.sin(x, out=out)


@sin.vjp
def _(g, y, x):
    return (g * cos(x),)


@op(elementwise_float, scalar="cos({0})", ufunc="cos", samples=[((3, 4),)])
def cos(xp, x, *, out):
    """The cosine of each element, in radians."""
    xp.cos(x, out=out)


@cos.vjp
def _(g, y, x):
    return (-g * sin(x),)
