"""Pooling by the maximum: the largest element of each window along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.graph import Node
from tinygraph.op import op
from tinygraph.ops.compare import equal, where
from tinygraph.ops.layout import expand_dims
from tinygraph.ops.leaf import constant
from tinygraph.ops.reduce import argmax
from tinygraph.ops.rules import Inferred, axis_of
from tinygraph.ops.samples import whole
from tinygraph.ops.window import fold, windowed, windows, windows_of


def pooled(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """An axis at least as long as one window."""
    shape, dtype = windowed(inputs, attrs | {"dilation": 1})
    axis = attrs["axis"] = axis_of(attrs["axis"], inputs[0].ndim)
    return (*shape[: axis + 1], *shape[axis + 2 :]), dtype


@op(
    pooled,
    samples=[
        ((2, 7), {"width": 3, "axis": 1}),
        ((2, 7, 2), {"width": 2, "stride": 3, "axis": -2}),
        (whole(8, 2, below=3), {"width": 3, "stride": 2}),
    ],
)
def max_pool(xp, x, *, width, stride=1, axis=0, out):
    """The largest element of each window along an axis; of those that tie the first has the gradient.

    >>> import tinygraph as tg
    >>> tg.compile(tg.max_pool(tg.constant([1.0, 5.0, 2.0, 3.0]), width=2, stride=2))()
    array([5., 3.], dtype=float32)
    """
    first, *others = xp.moveaxis(windows_of(xp, x, width, stride, 1, axis), axis + 1, 0)
    xp.copyto(out, first)
    for other in others:
        xp.maximum(out, other, out=out)


@max_pool.vjp
def _(g, y, x, width, stride, axis):
    places = argmax(windows(x, width=width, stride=stride, axis=axis), axis=axis + 1)
    counted = constant(np.arange(width).reshape(-1, *(1,) * (x.ndim - axis - 1)))
    won = equal(expand_dims(places, axis + 1), counted)
    spread = where(won, expand_dims(g, axis + 1), 0.0)
    return (fold(spread, size=x.shape[axis], stride=stride, axis=axis),)
