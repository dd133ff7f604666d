"""Masks: which time steps of a value count. A mask goes with its value from layer to layer."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from tinygraph import ops
from tinygraph.graph import Node

_masks: WeakKeyDictionary[Node, Node] = WeakKeyDictionary()


def mask_of(node: Node) -> Node | None:
    """Return the mask that goes with ``node``: truth values (batch, time), or None."""
    return _masks.get(node)


def carry(node: Node, mask: Node | None) -> Node:
    """Let ``mask`` go with ``node``, and return the node."""
    if mask is not None:
        _masks[node] = mask
    return node


def chosen(mask: Node, x: Node, y: Node) -> Node:
    """x where the mask, which has the first axes of x, is True, else y."""
    return ops.where(ops.reshape(mask, shape=mask.shape + (1,) * (x.ndim - mask.ndim)), x, y)
