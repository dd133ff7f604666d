"""A whole model in one file: `Model.save` and `tinygraph.load`.

Beside the arrays of its state (see `tinygraph.saving.state`) the file has two descriptions in JSON: ``model``
is the architecture, as `tinygraph.nn.serialize` returns it, and ``training`` is what it is trained by, and
how far it has come. There is no code in it: classes are tinygraph's, or the caller's ``custom_objects``.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tinygraph.backends import BackendError
from tinygraph.defaults import seeded
from tinygraph.nn import registry
from tinygraph.nn.callbacks import History
from tinygraph.nn.pickled import compiled_state
from tinygraph.saving import container
from tinygraph.saving.errors import ModelFormatError
from tinygraph.saving.state import arrays_of, take_arrays
from tinygraph.version import __version__

if TYPE_CHECKING:
    from tinygraph.nn.stored import Stored
    from tinygraph.nn.training import Trainable

Path = str | os.PathLike[str]


def save_model(model: Stored, path: Path) -> None:
    """Write a model to a file; see `Model.save`."""
    described = {"model": registry.serialize(model), "training": _training(model)}
    try:
        texts = {name: json.dumps(value) for name, value in described.items()}
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{model.title}.save: get_config must return plain data, but: {problem}.") from None
    container.write(path, arrays_of(model), {"written_by": __version__, **texts})


def load(path: Path, custom_objects: Mapping[str, Any] | None = None, compile: bool = True) -> Trainable:
    """Return the model that `Model.save` wrote to a file, ready to predict or to be trained further.

    Args:
        path: a file of `Model.save`.
        custom_objects: name -> class or function, for those of your own that the model uses.
        compile: whether to compile the model as it was, with the optimizer's state.

    Raises:
        FileNotFoundError: there is no such file.
        ModelFormatError: it is damaged, no model, of a newer version, or needs custom objects that are not
            given. No code from the file is ever run.

    >>> import tempfile, tinygraph as tg
    >>> from tinygraph.nn import Dense, Sequential
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Sequential([Dense(2, input_shape=(3,))]).save(folder + "/m.tiny")
    ...     tg.load(folder + "/m.tiny").output_shape(None)
    (2,)
    """
    contents = container.read(path)
    if "model" not in contents.metadata:
        raise ModelFormatError(
            f"{path}: it has weights and no model; make the model, and take them with model.load_weights."
        )
    described = {
        name: container.parsed(path, name, contents.metadata.get(name, "{}"))
        for name in ("model", "training")
    }
    custom = custom_objects or {}
    try:
        model = _made(described["model"], custom)
        if compile and described["training"]:
            _prepare(model, described["training"], custom)
    except Exception as error:  # whatever a description that anyone may have written leads to
        if isinstance(error, ModelFormatError):
            raise
        told = f"{type(error).__name__}: {error}" if isinstance(error, (KeyError, IndexError)) else error
        raise ModelFormatError(
            f"{path}: no model can be made of its description: {told} "
            "Classes and functions of your own go into custom_objects."
        ) from error
    take_arrays(model, contents.arrays, path)
    return model


def _made(described: Any, custom: Mapping[str, Any]) -> Trainable:
    """Return the model of a description, with weights that nothing has drawn seeds for."""
    from tinygraph.nn.training import Trainable

    with seeded(0):
        model = registry.deserialize(described, custom, kind="model")
    if not isinstance(model, Trainable) or not model.outputs:
        raise ModelFormatError(f"expected a model with its shapes, got {model!r}.")
    return model


def _training(model: Stored) -> dict[str, Any]:
    """Return as plain data what a model is trained by, and what is known of its training."""
    told: dict[str, Any] = {}
    if model.compiled:
        settings = {name: value for name, value in model._settings("save").items() if name != "distribute"}
        try:
            told["compile"] = {name: registry.plain(value) for name, value in settings.items()}
        except ValueError as problem:
            warnings.warn(
                f"{model.title}.save: what it is trained by is left out: {problem} After tinygraph.load, "
                "compile it again, and take the optimizer's state with load_weights.",
                stacklevel=4,
            )
        told["served"] = compiled_state(model)[0]
    if model.history is not None:
        told["history"] = {"epoch": model.history.epoch, "rows": registry.plain(model.history.rows)}
        told["columns"] = registry.plain(model.columns)
    return told


def _prepare(model: Trainable, told: Mapping[str, Any], custom: Mapping[str, Any]) -> None:
    """Compile a model, and give it its history, as `_training` has told."""
    if "compile" in told:
        settings = {name: _named(value, custom) for name, value in told["compile"].items()}
        try:
            model.compile(**settings)
        except BackendError as missing:
            warnings.warn(f"{model.title}: compiled for NumPy: {missing}", stacklevel=4)
            model.compile(**settings | {"backend": "numpy", "jit_compile": "auto"})
        model.optimizer.build([model.weights[index] for index in told["served"]])
    if "history" in told:
        model.history = History()
        for epoch, row in zip(told["history"]["epoch"], told["history"]["rows"], strict=True):
            model.history.on_epoch_end(epoch, row)
        model.columns = {name: tuple(columns) for name, columns in told["columns"].items()}


def _named(value: Any, custom: Mapping[str, Any]) -> Any:
    """Return what `compile` takes for plain data: objects for configs and for names of the caller's own."""
    if isinstance(value, str):
        return custom.get(value, value)
    if isinstance(value, list):
        return [_named(each, custom) for each in value]
    if isinstance(value, Mapping):
        if "class_name" in value:
            return registry.deserialize(value, custom)
        return {name: _named(each, custom) for name, each in value.items()}
    return value
