"""Convolution, composed: the patches that the kernel meets are the rows of one matrix product."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinygraph.graph import GraphError, Node
from tinygraph.ops.join import pad
from tinygraph.ops.layout import reshape, transpose
from tinygraph.ops.linalg import matmul
from tinygraph.ops.window import margins, patches


def conv(
    x: Node,
    kernel: Node,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Node:
    """The convolution of x with a kernel, along one or more axes of space.

        y[n, p, f] = sum over k and c of x[n, p strides + k dilation, c] kernel[k, c, f]

    As usual in the field the kernel is not turned round.

    Args:
        x: (batch, space.., channels).
        kernel: (width.., channels / groups, filters).
        strides: how far the kernel moves from one element of y to the next; a number, or one for each axis.
        padding: where zeros stand around x: ``"valid"`` nowhere; ``"same"`` so that y has space / strides
            elements, rounded up; ``"causal"`` before x only, so that y[p] sees nothing after x[p strides].
        dilation: how far apart the elements of x are that neighbours in the kernel meet.
        groups: how many parts the channels and the filters are in; filters see the channels of their part.

    >>> import tinygraph as tg
    >>> x, kernel = tg.input("x", (8, 28, 28, 3)), tg.input("kernel", (5, 5, 3, 16))
    >>> tg.conv(x, kernel, strides=2, padding="same").shape
    (8, 14, 14, 16)
    """
    rank = kernel.ndim - 2
    strides, dilation = ((n,) * rank if isinstance(n, int) else tuple(n) for n in (strides, dilation))
    _check(x, kernel, strides, dilation, groups)
    *widths, depth, filters = kernel.shape
    forms = zip(x.shape[1:-1], widths, strides, dilation, strict=True)
    around = [margins(*form, padding) for form in forms]
    if any(map(any, around)):
        x = pad(x, widths=((0, 0), *around, (0, 0)))
    if groups > 1:
        x, kernel = _grouped(x, groups), _grouped(kernel, groups)
    # A kernel of one element meets x itself: nothing has to be copied.
    pointwise = max(*widths, *strides) == 1
    columns = x if pointwise else patches(x, widths, strides, dilation)
    parts = (groups,) if groups > 1 else ()
    where = columns.shape[len(parts) : len(parts) + 1 + rank]  # the batch, and the places of the kernel
    rows = reshape(columns, shape=(*parts, math.prod(where), math.prod(widths) * depth))
    y = matmul(rows, reshape(kernel, shape=(*parts, rows.shape[-1], filters // groups)))
    if groups > 1:
        y = transpose(y, axes=(1, 0, 2))
    return reshape(y, shape=(*where, filters))


def _grouped(x: Node, groups: int) -> Node:
    """(..., groups n) as (groups, ..., n)."""
    x = reshape(x, shape=(*x.shape[:-1], groups, x.shape[-1] // groups))
    return transpose(x, axes=(x.ndim - 2, *range(x.ndim - 2), x.ndim - 1))


def _check(x: Node, kernel: Node, strides: Sequence[int], dilation: Sequence[int], groups: int) -> None:
    rank = kernel.ndim - 2
    if rank < 1 or x.ndim != kernel.ndim:
        needs = "x (batch, space.., channels) and a kernel (width.., channels / groups, filters)"
    elif len(strides) != rank or len(dilation) != rank or min(*strides, *dilation, groups) < 1:
        needs = f"{rank} strides and dilations of at least 1, not {strides}, {dilation}, and 1 or more groups"
    elif x.shape[-1] != kernel.shape[-2] * groups or kernel.shape[-1] % groups:
        needs = f"{groups} equal groups of channels and filters"
    else:
        return
    raise GraphError(f"conv: needs {needs}, got {x.shape} and {kernel.shape}.")
