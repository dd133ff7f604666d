"""Weights and the optimizer's state, to and from the HDF5 file of Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.exchange.keras import hdf5, optimizers
from tinygraph.exchange.keras.places import Place, numbered, places_of
from tinygraph.nn.compiled import Compiled
from tinygraph.nn.layer import Layer
from tinygraph.ops import Parameter
from tinygraph.saving.errors import ModelFormatError

Array = np.ndarray[Any, Any]

#: what Keras may keep beside the weights that has no place here: states of metrics, and of random numbers
BESIDE = ("optimizer", "metrics", "loss_tracker", "_loss_tracker", "compile_metrics", "_compile_metrics")
RANDOM = "seed_generator"
OPTIMIZER = "optimizer"


def weights_file(model: Compiled) -> bytes:
    """Return the bytes of a weights file, with the optimizer's state if the model is compiled."""
    model._check_built()
    variables: dict[str, tuple[str, Sequence[Array]]] = {
        place.path: (place.layer.name, [w.value for w in place.layer.own_parameters])
        for place in places_of(model)
    }
    if model.compiled:
        state = optimizers.state_of(model.optimizer, model.trainable_weights)
        variables[OPTIMIZER] = (model.optimizer.name, state)
    return hdf5.written(variables)


def take_weights(model: Compiled, file: hdf5.Variables, by_name: bool) -> None:
    """Give a model the weights of a file, and the optimizer's state where both sides have one; all or none.

    Args:
        model: the model, with its shapes.
        file: what is in the file.
        by_name: whether the layers of a model are found by their names, as where the file has the model too,
            instead of by their order, as Keras does it.

    Raises:
        ModelFormatError: weights of other shapes, or such that the model has no place for.
    """
    if "layer_names" in file.file.attrs:
        raise ModelFormatError("weights as Keras 2 writes them; load them in Keras 3 and save them again.")
    taken: list[tuple[Parameter, Array]] = []
    named = Names(file) if by_name else numbered
    for place in places_of(model, named):
        parameters = place.layer.own_parameters
        shapes = [parameter.shape for parameter in parameters]
        taken += zip(parameters, file.arrays(place.path, place.layer.title, shapes), strict=True)
    state = _optimizer_state(model, file)
    for name in file.unused():
        parts = name.split("/")
        if parts[0] not in BESIDE and RANDOM not in name:
            raise ModelFormatError(f"{name}: {model.title} has no place for this variable.")
    for parameter, array in taken:
        parameter.assign(array)
    if state:
        optimizers.take_state(model.optimizer, model.trainable_weights, state)


def _optimizer_state(model: Compiled, file: hdf5.Variables) -> list[Array]:
    """Return the optimizer's state; none if either side has none. Without steps it may lack the slots."""
    if not model.compiled:
        return []
    came = [dataset.shape for dataset in file.datasets(OPTIMIZER)]
    trained = model.trainable_weights
    shapes = optimizers.shapes_of(model.optimizer, trained)
    if 0 < len(came) <= 2:
        shapes = shapes[: len(came)]
    return file.arrays(OPTIMIZER, type(model.optimizer).__name__, shapes) if came else []


class Names:
    """Finds the layers of a model by the names that the file says; those of old files have none."""

    def __init__(self, file: hdf5.Variables):
        self.file = file

    def __call__(self, path: str, layers: Sequence[Layer]) -> list[Place]:
        """Return the places of layers."""
        group = self.file.group(path)
        told = {self.file.name(f"{path}/{each}"): f"{path}/{each}" for each in group or ()}
        found = numbered(path, layers)
        return [Place(told.get(place.layer.name, place.path), place.layer) for place in found]
