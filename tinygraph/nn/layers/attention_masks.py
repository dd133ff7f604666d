"""Which query may see which key: masks of steps, of pairs of them, and of their places."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn.layer import Layer
from tinygraph.nn.layers.attended import rows
from tinygraph.nn.masks import truth, with_axes


def all_of(masks: Sequence[Node]) -> Node | None:
    """True where all masks are; None if there is none."""
    return reduce(ops.logical_and, masks) if masks else None


def step_mask(layer: Layer, name: str, mask: Node, x: Node) -> Node:
    """A mask of x's steps, with all axes of x but the last: of size 1 where the mask itself has none."""
    steps = x.shape[:-1]
    if not mask.ndim or mask.shape != steps[: mask.ndim]:
        raise GraphError(f"{layer.title}: expected a {name} of shape {steps}, got {mask.shape}.")
    return with_axes(truth(mask), len(steps))


def step_column(layer: Layer, name: str, mask: Node, x: Node, axes: Shape) -> Node:
    """A mask of x's steps as a column for each head, where ``axes`` of x are attended over."""
    steps = ops.broadcast_to(step_mask(layer, name, mask, x), shape=x.shape[:-1])
    return rows(ops.reshape(steps, shape=(*steps.shape, 1, 1)), axes)


def pair_mask(layer: Layer, mask: Node, scores: Shape, over: int) -> Node:
    """A mask whose last axes are those of queries and keys, ``over`` of each, as a matrix for each head.

    ``scores`` are (batch, other axes, heads, axes of the queries, axes of the keys). Axes that the mask lacks
    are put in before its last.
    """
    lead, pairs = mask.shape[: -2 * over], mask.shape[-2 * over :]
    shape = (*lead, *(1,) * (len(scores) - mask.ndim), *pairs)
    if len(shape) != len(scores) or any(n not in (1, m) for n, m in zip(shape, scores, strict=True)):
        heads = len(scores) - 2 * over - 1
        raise GraphError(
            f"{layer.title}: expected an attention_mask that broadcasts to "
            f"{scores[:heads] + scores[heads + 1 :]}, or with the heads to {scores}; got {mask.shape}."
        )
    lead, queries, keys = shape[: -2 * over], scores[-2 * over : -over], scores[-over:]
    full = ops.broadcast_to(ops.reshape(truth(mask), shape=shape), shape=(*lead, *queries, *keys))
    return ops.reshape(full, shape=(*lead, int(np.prod(queries)), int(np.prod(keys))))


def place_masks(scores: Shape, causal: bool, window: int | None = None) -> list[Node]:
    """Query i sees keys up to number i, if ``causal``, and keys less than ``window`` places from number i."""
    queries, keys = scores[-2:]
    ahead = np.arange(keys) - np.arange(queries)[:, None]
    masks = [ahead <= 0] if causal else []
    masks += [] if window is None else [abs(ahead) < window]
    return [ops.constant(mask) for mask in masks]
