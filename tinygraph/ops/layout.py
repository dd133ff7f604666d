"""The axes of an array: transpose, reshape and expand_dims, which are views.

A view costs nothing: the planner aliases its input. Its kernel copies, for the case that it cannot.
"""

from __future__ import annotations

import math
from typing import Any

from tinygraph.graph import GraphError, Node
from tinygraph.op import op
from tinygraph.ops.rules import Inferred, axis_of, integer_shape


def permuted(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """An order of all axes."""
    (x,) = inputs
    axes = attrs["axes"]
    axes = tuple(range(x.ndim))[::-1] if axes is None else tuple([axis_of(a, x.ndim) for a in axes])
    if sorted(axes) != list(range(x.ndim)):
        raise GraphError(f"needs an order of all {x.ndim} axes, not {attrs['axes']}")
    attrs["axes"] = axes
    return tuple([x.shape[axis] for axis in axes]), x.dtype


@op(permuted, samples=[((3, 4),), ((2, 3, 4), {"axes": (1, 2, 0)}), ((2, 1, 0, 3), {"axes": (3, 0, 2, 1)})])
def transpose(xp, x, *, axes=None, out):
    """The axes in another order, reversed unless ``axes`` says which.

    >>> import tinygraph as tg
    >>> tg.transpose(tg.input("x", (2, 3, 4)), (1, 0, 2)).shape
    (3, 2, 4)
    """
    xp.copyto(out, x.transpose(axes))


@transpose.view_of()
def _(xp, x, axes):
    return x.transpose(axes)


@transpose.vjp
def _(g, y, x, axes):
    return (transpose(g, axes=tuple(sorted(range(len(axes)), key=axes.__getitem__))),)


def reshaped(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """A shape of as many elements; one size may be -1."""
    (x,) = inputs
    given = attrs["shape"] if isinstance(attrs["shape"], (tuple, list)) else (attrs["shape"],)
    if given.count(-1) > 1:
        raise GraphError(f"needs at most one size of -1, not {tuple(given)}")
    integer_shape([size for size in given if size != -1])
    known = -math.prod(given)  # of the other sizes, where one is -1
    if given.count(-1) == 1 and known > 0 and x.size % known == 0:
        given = tuple(x.size // known if size == -1 else size for size in given)
    if math.prod(given) != x.size or min(given, default=0) < 0:
        raise GraphError(f"needs {math.prod(given)} elements for {tuple(given)}")
    attrs["shape"] = integer_shape(given)
    return attrs["shape"], x.dtype


@op(reshaped, samples=[((3, 4), {"shape": (2, 6)}), ((2, 0), {"shape": (0, 5)}), ((1,), {"shape": ()})])
def reshape(xp, x, *, shape, out):
    """The same elements in another shape; one size may be -1, which is then found.

    >>> import tinygraph as tg
    >>> tg.reshape(tg.input("x", (2, 6)), (3, -1)).shape
    (3, 4)
    """
    xp.copyto(out.reshape(x.shape), x)


@reshape.view_of(strided=False, contiguous=lambda shape, attrs: True)
def _(xp, x, shape):
    return x.reshape(shape)


@reshape.vjp
def _(g, y, x, shape):
    return (reshape(g, shape=x.shape),)


def expand_dims(x: Node, axis: int) -> Node:
    """x with a new axis of size 1."""
    axis = axis_of(axis, x.ndim + 1)
    return reshape(x, shape=(*x.shape[:axis], 1, *x.shape[axis:]))
