"""Activations by name: functions of one node, as layers take them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn import registry

Activation = Callable[[Node], Node]

_NAMED: dict[str, Any] = {
    "linear": ops.linear,
    "relu": ops.relu,
    "leaky_relu": ops.leaky_relu,
    "relu6": ops.relu6,
    "elu": ops.elu,
    "selu": ops.selu,
    "gelu": ops.gelu,
    "silu": ops.silu,
    "mish": ops.mish,
    "softplus": ops.softplus,
    "softsign": ops.softsign,
    "sigmoid": ops.sigmoid,
    "hard_sigmoid": ops.hard_sigmoid,
    "hard_silu": ops.hard_silu,
    "tanh": ops.tanh,
    "hard_tanh": ops.hard_tanh,
    "exponential": ops.exp,
    "softmax": ops.softmax,
    "log_softmax": ops.log_softmax,
}
_ALIASES = {"exp": "exponential", "swish": "silu", "hard_swish": "hard_silu"}

registry.KINDS["activation"] = _NAMED | {alias: _NAMED[name] for alias, name in _ALIASES.items()}


def get(identifier: Any) -> Activation:
    """Return the activation that a name, a function of one node or None (`linear`) stands for.

    >>> from tinygraph.nn import activations
    >>> activations.get("tanh")
    <op tanh(x)>
    """
    return ops.linear if identifier is None else registry.get("activation", identifier)
