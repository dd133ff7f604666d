"""Masks: which time steps of a value count. A mask goes with its value from layer to layer."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.arguments import flat

_masks: WeakKeyDictionary[Node, Node] = WeakKeyDictionary()


def mask_of(node: Node) -> Node | None:
    """Return the mask that goes with ``node``: truth values (batch, time), or None."""
    return _masks.get(node)


def carry(node: Node, mask: Node | None) -> Node:
    """Let ``mask`` go with ``node``, and return the node."""
    if mask is not None:
        _masks[node] = mask
    return node


def as_node(given: Any) -> Any:
    """Return a mask that was given as lists of numbers as a node; anything else as it is."""
    numbers = isinstance(given, list) and all(isinstance(each, (bool, int, float)) for each in flat(given))
    return ops.constant(np.array(given)) if numbers else given


def truth(mask: Node) -> Node:
    """A mask as truth values; any number but 0 counts."""
    return mask if mask.dtype.kind == "b" else ops.not_equal(mask, 0)


def with_axes(mask: Node, count: int) -> Node:
    """A mask, or weights of samples or steps, with so many axes: those that it lacks, behind, of size 1."""
    lacking = count - mask.ndim
    return mask[(...,) + (None,) * lacking] if lacking > 0 else mask  # a view, even of what has gaps


def chosen(mask: Node, x: Node, y: Node) -> Node:
    """x where the mask, which has the first axes of x, is True, else y."""
    return ops.where(with_axes(mask, x.ndim), x, y)
