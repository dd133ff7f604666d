"""What pickles and copies are made from: arguments, weights, and what a model is trained by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.nn import registry

if TYPE_CHECKING:
    from tinygraph.nn.compiled import Compiled
    from tinygraph.nn.layer import Layer

Array = np.ndarray[Any, Any]


def remade(
    described: Mapping[str, Any], named: Mapping[str, Any], shape: Any, weights: Sequence[Array] | None
) -> Layer:
    """Return the layer of this config, built for samples of ``shape`` where it has weights.

    ``named`` are the classes and functions that the config only names.
    """
    layer: Layer = registry.deserialize(described, named)
    if weights is not None:
        layer.ensure_built(shape)
        layer.set_weights(weights)
    return layer


def compiled_state(model: Compiled, settings: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what `recompiled` takes: settings, the optimizer's classes, which weights it has state of, and it."""
    optimizer = settings["optimizer"]
    own = [optimizer, *vars(optimizer).values()]
    named = {type(each).__name__: type(each) for each in own if isinstance(each, registry.Configurable)}
    weights = model.weights
    served = [weights.index(weight) for weight in optimizer.served]
    values = [variable.value for variable in optimizer.variables]
    return {**settings, "optimizer": registry.serialize(optimizer)}, named, served, values


def recompiled(
    remake: Sequence[Any],
    settings: Mapping[str, Any],
    named: Mapping[str, Any],
    served: Sequence[int],
    values: Sequence[Array],
) -> Compiled:
    """Return the model that `remade` makes, compiled, with the optimizer in the state that it had."""
    model: Any = remade(*remake)
    optimizer = registry.deserialize(settings["optimizer"], named, kind="optimizer")
    model.compile(**{**settings, "optimizer": optimizer})
    weights = model.weights
    optimizer.build([weights[index] for index in served])
    for variable, value in zip(optimizer.variables, values, strict=True):
        variable.assign(value)
    return model
