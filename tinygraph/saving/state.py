"""The state of a model in a safetensors file: what `Model.save_weights` writes and `load_weights` reads.

Its arrays are named in the order of the model: ``weights/0000/dense/kernel`` and so on are the weights,
those that are not trained too; ``optimizer/0000/...`` is the optimizer's state, if the model is compiled:
steps, learning rate, moments; ``draws/0000/...`` says how far the random numbers of dropout and noise are.
The states of stateful recurrent layers are not in it. Its metadata are strings.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.files import write_whole
from tinygraph.nn.pickled import draws_of
from tinygraph.ops import Parameter
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


def write_state(model: Compiled, path: str | os.PathLike[str], metadata: Mapping[str, str]) -> None:
    """Write the state of a model to a file, whole or not at all; make its folder if need be."""
    from safetensors.numpy import save

    arrays = {
        f"{group}/{k:04d}/{parameter.label}": parameter.value
        for group, parameters in parts_of(model).items()
        for k, parameter in enumerate(parameters)
    }
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_whole(Path(path), save(arrays, dict(metadata)))


def read_state(model: Compiled, path: str | os.PathLike[str]) -> dict[str, str]:
    """Give a model the state that a file has, all of it or none; return the metadata.

    Weights are needed. The optimizer's state and the draws are taken where both sides have them.

    Raises:
        FileNotFoundError: there is no such file.
        ModelFormatError: it is no safetensors file, or the state of another model.
    """
    arrays, metadata = _opened(Path(path))
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
    for parameter, array in taken:
        parameter.assign(array)
    return metadata


def _opened(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Return the arrays and the metadata of a safetensors file."""
    from safetensors import SafetensorError, safe_open

    with open(path, "rb") as file:  # raises FileNotFoundError, IsADirectoryError and so on
        keras = file.read(4) in (b"\x89HDF", b"PK\x03\x04")
    if keras:
        raise ModelFormatError(
            f"{path}: a file of Keras, not of tinygraph; bring its weights by get_weights and set_weights."
        )
    try:
        with safe_open(path, framework="np") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}, opened.metadata() or {}  # noqa: SIM118
    except SafetensorError as problem:
        raise ModelFormatError(f"{path}: no whole safetensors file: {problem}.") from None
