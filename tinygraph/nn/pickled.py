"""What pickles and copies are made from: arguments, weights, and what a model is trained by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.nn import registry
from tinygraph.ops import Counter

if TYPE_CHECKING:
    from tinygraph.nn.compiled import Compiled
    from tinygraph.nn.layer import Layer

Array = np.ndarray[Any, Any]


def draws_of(layer: Layer) -> list[Counter]:
    """Return what says how far the random numbers of dropout and noise are."""
    held = [value for each in layer.family for value in vars(each).values()]
    return [value for value in held if isinstance(value, Counter)]


def seeded_of(layer: Layer) -> list[Any]:
    """Return what draws random numbers by a seed, a whole number, among a layer and what it is made of."""
    return [each for each in layer.family if isinstance(vars(each).get("seed"), (int, np.integer))]


def stateful_of(layer: Layer) -> list[Any]:
    """Return the stateful layers among a layer and what it is made of."""
    return [each for each in layer.family if "lasting" in vars(each) and vars(each)["stateful"]]


def named_in(layer: Layer) -> dict[str, Any]:
    """Return by name the classes and functions, perhaps the user's own, that a config only names."""
    found: dict[str, Any] = {}
    for each in layer.family:
        for value in (each, *vars(each).values()):
            thing = type(value) if isinstance(value, registry.Configurable) else value
            if not callable(thing) or (name := registry.name_of(thing)) == "<lambda>":
                continue
            if found.setdefault(name, thing) is not thing:
                raise ValueError(f"{layer.title}: a copy cannot tell two things named {name!r} apart.")
    return found


def parts_of(layer: Layer) -> tuple[Any, ...]:
    """Return what `remade` makes a layer of: config, what it names, shape, weights, draws and states."""
    weights = layer.get_weights() if layer.built else None
    draws = [counter.value for counter in draws_of(layer)]
    states = [each.lasting.values for each in stateful_of(layer)]
    return registry.serialize(layer), named_in(layer), layer.built_shape, weights, draws, states


def remade(
    described: Mapping[str, Any],
    named: Mapping[str, Any],
    shape: Any,
    weights: Sequence[Array] | None,
    draws: Sequence[Array],
    states: Sequence[Sequence[Array]] = (),
) -> Layer:
    """Return the layer of this config, built for samples of ``shape`` where it has weights.

    ``named`` are the classes and functions that the config only names.
    """
    layer: Layer = registry.deserialize(described, named)
    if weights is not None:
        layer.ensure_built(shape)
        layer.set_weights(weights)
    for counter, drawn in zip(draws_of(layer), draws, strict=True):
        counter.assign(drawn)
    for each, values in zip(stateful_of(layer), states, strict=False):
        each.lasting.restore(values, each.cell.float)
    return layer


def compiled_state(model: Compiled) -> tuple[Any, ...]:
    """Return which weights the optimizer has state of, as places among all, and the values of its state."""
    weights = model.weights
    served = [weights.index(weight) for weight in model.optimizer.served]
    return served, [variable.value for variable in model.optimizer.variables]


def recompiled(
    remake: Sequence[Any], settings: Mapping[str, Any], served: Sequence[int], values: Sequence[Array]
) -> Compiled:
    """Return the model that `remade` makes, compiled, with the optimizer in the state that it had."""
    model: Any = remade(*remake)
    model.compile(**settings)
    model.optimizer.build([model.weights[index] for index in served])
    for variable, value in zip(model.optimizer.variables, values, strict=True):
        variable.assign(value)
    return model
