"""Models and weights in files of Keras: what `Model.save`, `tinygraph.load` and the like call."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinygraph.defaults import seeded
from tinygraph.exchange.keras import archive, hdf5
from tinygraph.exchange.keras.calls import described_model
from tinygraph.exchange.keras.compiling import compile_as, compile_config
from tinygraph.exchange.keras.configs import revived
from tinygraph.exchange.keras.weights import take_weights, weights_file
from tinygraph.files import write_with_folder
from tinygraph.nn.compiled import Compiled
from tinygraph.nn.training import Trainable
from tinygraph.saving.container import ZIP
from tinygraph.saving.errors import ModelFormatError
from tinygraph.saving.loading import brief, loading

Name = str | os.PathLike[str]


def read_keras(
    path: Name, custom_objects: Mapping[str, Any] | None = None, compile: bool = True
) -> Trainable:
    """Return the model of a ``.keras`` file, with its weights.

    Nothing in the file is run, and no module that it names is imported: classes are those of tinygraph, and
    the caller's own.

    Args:
        path: the file.
        custom_objects: name -> class or function of your own, for names that are not Keras'.
        compile: whether to compile the model as it was, and give the optimizer its state.

    Raises:
        FileNotFoundError: there is no such file.
        ModelFormatError: no whole file of Keras 3; a layer or an argument that is not there here.
        ImportError: h5py is not installed (extra ``keras``).

    >>> import tempfile
    >>> from tinygraph.nn import LSTM, Dense, Sequential
    >>> model = Sequential([LSTM(4, input_shape=(5, 3)), Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_keras(model, folder + "/m.keras")
    ...     again = read_keras(folder + "/m.keras")
    >>> [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    True
    """
    stored = archive.read_archive(path)
    custom = custom_objects or {}
    with loading(path, len(stored.weights)), seeded(0):
        model = revived(stored.config, custom)
    with archive.as_format_errors(path, "it does not fit together"):
        if not isinstance(model, Trainable) or not model.outputs:
            raise ModelFormatError(f"expected a model with its shapes, got {brief(model)}.")
        settings = stored.config.get("compile_config")
        if compile and settings:
            compile_as(model, settings, custom)
        with hdf5.opened(io.BytesIO(stored.weights)) as file:
            take_weights(model, file, by_name=True)
    return model


def write_keras(model: Compiled, path: Name) -> None:
    """Write a model to a ``.keras`` file that Keras 3 opens: layers, weights, what it is trained by.

    The file is there whole or not at all.

    Raises:
        ValueError: something that Keras has not, with what to do.
        ImportError: h5py is not installed (extra ``keras``).
    """
    described = described_model(model)
    if model.compiled:
        described["compile_config"] = compile_config(model)
    archive.write_archive(path, described, weights_file(model))


def read_keras_weights(model: Compiled, path: Name) -> None:
    """Give a model the weights of a ``.weights.h5`` file, or of a ``.keras`` file, all of them or none.

    As in Keras, layers are found by their order, whatever their names. The optimizer's state is taken where
    both sides have one.

    Raises:
        FileNotFoundError: there is no such file.
        ModelFormatError: no weights of Keras 3, or those of another model.
        ImportError: h5py is not installed (extra ``keras``).
    """
    model._check_built()
    with open(path, "rb") as file:
        zipped = file.read(4) == ZIP
        file.seek(0)
        content = io.BytesIO(archive.read_archive(path).weights) if zipped else file
        with archive.as_format_errors(path, "no weights of Keras"), hdf5.opened(content) as variables:
            take_weights(model, variables, by_name=False)


def write_keras_weights(model: Compiled, path: Name) -> None:
    """Write a ``.weights.h5`` file, with the optimizer's state if the model is compiled; whole or not at all.

    Raises:
        ImportError: h5py is not installed (extra ``keras``).
    """
    write_with_folder(Path(path), weights_file(model))
