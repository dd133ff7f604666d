"""The optimizer's state in the order of Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.nn.optimizers import Adam, Nadam, Optimizer, RMSprop
from tinygraph.nn.optimizers.accumulation import TOTAL
from tinygraph.nn.optimizers.averaging import AVERAGE
from tinygraph.ops import Parameter
from tinygraph.saving.errors import ModelFormatError

Array = np.ndarray[Any, Any]


def variables_of(optimizer: Optimizer, trained: Sequence[Parameter]) -> list[Parameter]:
    """Return all state but the counter: the learning rate, averages, sums of gradients, slots.

    Slots that Keras makes together stand side by side for each weight; others one after another.
    """
    own, slots = optimizer.variables, [optimizer._slots[w] for w in trained]
    found = [each for each in own if each.name == "learning_rate"]
    for first in (AVERAGE, TOTAL):
        found += [each[first] for each in slots if first in each]
    for group in _groups(optimizer):
        found += [each[name] for each in slots for name in group]
    return found + ([optimizer.momentum_product] if isinstance(optimizer, Nadam) else [])


def _groups(optimizer: Optimizer) -> list[list[str]]:
    """Return the names of the slots, those together that Keras makes together."""
    names = list(optimizer.slots())
    if isinstance(optimizer, RMSprop):
        return [[name] for name in names]
    return [names[:2], names[2:]] if isinstance(optimizer, Adam) else [names]


def state_of(optimizer: Optimizer, trained: Sequence[Parameter]) -> list[Array]:
    """Return the state as Keras has it; its counter counts batches, also where several make one step."""
    optimizer.build(trained)
    batches = optimizer._batches(*(int(counter.value) for counter in optimizer._counters))
    values = [variable.value for variable in variables_of(optimizer, trained)]
    return [np.asarray(batches, "int32"), *values]


def shapes_of(optimizer: Optimizer, trained: Sequence[Parameter]) -> list[tuple[int, ...]]:
    """Return the shapes of `state_of`."""
    optimizer.build(trained)
    return [(), *(variable.shape for variable in variables_of(optimizer, trained))]


def take_state(optimizer: Optimizer, trained: Sequence[Parameter], arrays: Sequence[Array]) -> None:
    """Give the optimizer a state of Keras; one that has made no step may lack the slots."""
    count, *values = arrays
    if (batches := int(count)) < 0:
        raise ModelFormatError(f"the optimizer's counter must not be negative, got {batches}.")
    steps = optimizer.gradient_accumulation_steps or 1
    for counter, made in zip(optimizer._counters, divmod(batches, steps), strict=False):
        counter.assign(np.asarray(made))
    for variable, value in zip(variables_of(optimizer, trained), values, strict=False):
        variable.assign(value)
