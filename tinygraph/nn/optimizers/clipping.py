"""Clipping: gradients made smaller where they are too large (Pascanu, Mikolov and Bengio 2013)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.alignment import in_dtype
from tinygraph.nn.ranges import number_in

Gradients = Sequence[Node]


def clip_by_norm(gradients: Gradients, limit: float) -> Gradients:
    """g · limit / max(|g|, limit) of each g: its norm is at most ``limit``.

    >>> import tinygraph as tg
    >>> from tinygraph.nn.optimizers.clipping import clip_by_norm
    >>> [tg.compile(g)().tolist() for g in clip_by_norm([tg.constant([3.0, 4.0])], 2.5)]
    [[1.5, 2.0]]
    """
    return [g * (limit / ops.maximum(ops.sqrt(ops.sum(g * g)), limit)) for g in gradients]


def clip_by_value(gradients: Gradients, limit: float) -> Gradients:
    """Each element of each g, but not below -limit nor above limit."""
    return [ops.clip(g, -limit, limit) for g in gradients]


def clip_by_global_norm(gradients: Gradients, limit: float) -> Gradients:
    """g · limit / max(norm, limit) of each g, the norm being that of all gradients together."""
    if not gradients:
        return gradients
    wide = np.result_type(*(g.dtype for g in gradients))
    norm = ops.sqrt(ops.add_n([in_dtype(ops.sum(g * g), wide) for g in gradients]))
    scale = limit / ops.maximum(norm, limit)
    return [g * in_dtype(scale, g.dtype) for g in gradients]


WAYS = {"clipnorm": clip_by_norm, "clipvalue": clip_by_value, "global_clipnorm": clip_by_global_norm}


def clipper(owner: object, **limits: float | None) -> Callable[[Gradients], Gradients]:
    """Return what clips gradients in the one way whose limit is given; without any, what leaves them alone.

    Raises ValueError for two limits, or one that is not positive.
    """
    given = {name: limit for name, limit in limits.items() if limit is not None}
    if len(given) > 1:
        raise ValueError(f"{type(owner).__name__}: only one way to clip, got {' and '.join(given)}.")
    for name, limit in given.items():
        return partial(WAYS[name], limit=number_in("(0, inf)", owner, name, limit))
    return lambda gradients: gradients
