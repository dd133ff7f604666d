"""Optimizers: new values of parameters from their gradients, as nodes of the same graph."""

from __future__ import annotations

from typing import Any

from tinygraph.nn import registry, schedules as schedules
from tinygraph.nn.optimizers.adagrad import Adadelta as Adadelta, Adagrad as Adagrad
from tinygraph.nn.optimizers.adam import Adam as Adam, AdamW as AdamW
from tinygraph.nn.optimizers.adamax import Adamax as Adamax
from tinygraph.nn.optimizers.base import Optimizer as Optimizer
from tinygraph.nn.optimizers.nadam import Nadam as Nadam
from tinygraph.nn.optimizers.rmsprop import RMSprop as RMSprop
from tinygraph.nn.optimizers.sgd import SGD as SGD


def get(identifier: Any) -> Optimizer:
    """Return the optimizer that a name, a config or an `Optimizer` stands for.

    >>> from tinygraph.nn import optimizers
    >>> optimizers.get("adam").learning_rate
    0.001
    """
    optimizer = registry.get("optimizer", identifier)
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"optimizer: expected a name, a config or an Optimizer, got {identifier!r}.")
    return optimizer
