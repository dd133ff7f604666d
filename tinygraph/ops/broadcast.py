"""Broadcasting and its adjoint, the sum: each is the gradient of the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.graph import GraphError, Node, Shape
from tinygraph.op import op
from tinygraph.ops.layout import reshape
from tinygraph.ops.rules import Inferred, axes_of, broadcast, integer_shape, reduced


def broadcasted(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """A shape that the input's broadcasts to."""
    (x,) = inputs
    shape = attrs["shape"] = integer_shape(attrs["shape"])
    if broadcast(x.shape, shape) != shape:
        raise GraphError(f"needs a shape that broadcasts to {shape}")
    return shape, x.dtype


@op(
    broadcasted, samples=[((4,), {"shape": (3, 4)}), ((2, 1, 3), {"shape": (2, 5, 3)}), ((), {"shape": (2,)})]
)
def broadcast_to(xp, x, *, shape, out):
    """x repeated along axes of size 1 and new leading axes up to ``shape``."""
    xp.copyto(out, x)


@broadcast_to.view_of()
def _(xp, x, shape):
    return xp.broadcast_to(x, shape)


@broadcast_to.vjp
def _(g, y, x, shape):
    return (sum_to(g, x.shape),)


def sum_to(x: Node, shape: Shape) -> Node:
    """The sum of x over the axes that broadcasting had added or widened: the gradient of `broadcast_to`."""
    if x.shape == shape:
        return x
    added = x.ndim - len(shape)
    widened = [a for a in range(added, x.ndim) if shape[a - added] == 1 and x.shape[a] != 1]
    total = sum(x, axis=(*range(added), *widened))
    return reshape(total, shape=shape) if total.shape != shape else total


def summed(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """Axes to reduce; truth and whole numbers add up to int64."""
    (x,) = inputs
    attrs["axis"] = axes_of(attrs["axis"], x.ndim)
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype("int64")
    return reduced(x.shape, attrs["axis"], attrs["keepdims"]), dtype


@op(
    summed,
    samples=[
        ((3, 4),),
        ((2, 3, 4), {"axis": (0, 2)}),
        ((2, 3), {"axis": -1, "keepdims": True}),
        ((0, 3), {"axis": 0}),
    ],
)
def sum(xp, x, *, axis=None, keepdims=False, out):
    """The sum over one, several or all axes; of nothing it is 0.

    >>> import tinygraph as tg
    >>> tg.sum(tg.input("x", (2, 3, 4)), axis=(0, 2)).shape
    (3,)
    """
    x.sum(axis=axis, keepdims=keepdims, out=out)


@sum.vjp
def _(g, y, x, axis, keepdims):
    return (widen(g, x, axis),)


def widen(g: Node, x: Node, axis: tuple[int, ...]) -> Node:
    """Repeat a reduced ``g`` along the axes of ``x`` that were reduced."""
    return broadcast_to(reshape(g, shape=reduced(x.shape, axis, True)), shape=x.shape)
