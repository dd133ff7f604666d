"""The state of a model in a safetensors file: what `Model.save_weights` writes and `load_weights` reads.

Its arrays are named in the order of the model: ``weights/0000/dense/kernel`` and so on are the weights,
those that are not trained too; ``optimizer/0000/...`` is the optimizer's state, if the model is compiled:
steps, learning rate, moments; ``draws/0000/...`` says how far the random numbers of dropout and noise are.
The states of stateful recurrent layers are not in it. Its metadata are strings.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.interrupts import interrupts_held
from tinygraph.nn.pickled import draws_of
from tinygraph.ops import Parameter
from tinygraph.saving import container
from tinygraph.saving.errors import ModelFormatError

if TYPE_CHECKING:
    from tinygraph.nn.compiled import Compiled

Array = np.ndarray[Any, Any]


def parts_of(model: Compiled) -> dict[str, Sequence[Parameter]]:
    """Return the parameters that make the state of a model, in named groups."""
    model._check_built()
    parts: dict[str, Sequence[Parameter]] = {"weights": model.weights}
    if model.compiled:
        model.optimizer.build(model.trainable_weights)
        parts["optimizer"] = model.optimizer.variables
    parts["draws"] = draws_of(model)
    return parts


def arrays_of(model: Compiled) -> dict[str, Array]:
    """Return the arrays that make the state of a model, by name: that between two steps."""
    with model.turns:
        return {
            f"{group}/{k:04d}/{parameter.label}": parameter.value
            for group, parameters in parts_of(model).items()
            for k, parameter in enumerate(parameters)
        }


def write_state(model: Compiled, path: str | os.PathLike[str], metadata: Mapping[str, str]) -> None:
    """Write the state of a model to a file, whole or not at all; make its folder if need be."""
    container.write(path, arrays_of(model), metadata)


def read_state(model: Compiled, path: str | os.PathLike[str]) -> dict[str, str]:
    """Give a model the state that a file has, all of it or none; return the metadata.

    Weights are needed. The optimizer's state and the draws are taken where both sides have them.

    Raises:
        FileNotFoundError: there is no such file.
        ModelFormatError: it is no safetensors file, or the state of another model.
    """
    arrays, metadata, _ = container.read(path)
    take_arrays(model, arrays, path)
    return metadata


def take_arrays(model: Compiled, arrays: Mapping[str, Array], path: str | os.PathLike[str]) -> None:
    """Give a model the state that these arrays are, all of it or none; ``path`` is where they are from."""
    taken: list[tuple[Parameter, Array]] = []
    for group, parameters in parts_of(model).items():
        stored = [arrays[name] for name in sorted(arrays) if name.startswith(f"{group}/")]
        if not stored and group != "weights":
            continue
        came, expected = [array.shape for array in stored], [parameter.shape for parameter in parameters]
        if came != expected:
            where = next(
                (k for k, pair in enumerate(zip(came, expected, strict=False)) if pair[0] != pair[1]), None
            )
            detail = (
                f"{len(expected)} arrays, got {len(came)}"
                if where is None
                else f"{parameters[where].label} of shape {expected[where]}, got {came[where]}"
            )
            raise ModelFormatError(f"{path}: the {group} of another model: {model.title} expected {detail}.")
        taken += zip(parameters, stored, strict=True)
    with model.turns, interrupts_held():
        for parameter, array in taken:
            parameter.assign(array)
