"""A whole model in one file: `Model.save` and `tinygraph.load`.

Beside the arrays of its state (see `tinygraph.saving.state`) the file has descriptions in JSON: ``model`` is
the architecture, as `tinygraph.nn.serialize` returns it; ``training`` is what it is trained by, and how far
it has come; ``own`` names what of both is the writer's. There is no code in it: classes are tinygraph's, or
the caller's ``custom_objects``.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tinygraph.backends import BackendError
from tinygraph.defaults import floats, floatx, seeded
from tinygraph.graph import GraphError
from tinygraph.nn import registry
from tinygraph.nn.checks import file_name, flag
from tinygraph.nn.describing import describing
from tinygraph.saving import container
from tinygraph.saving.errors import ModelFormatError
from tinygraph.saving.loading import brief, check_size, loading
from tinygraph.saving.position import plain_position, read_position
from tinygraph.saving.state import Array, arrays_of, check_whole, take_arrays
from tinygraph.version import __version__

if TYPE_CHECKING:
    from tinygraph.nn.stored import Stored
    from tinygraph.nn.training import Trainable

Path = str | os.PathLike[str]


def save_model(model: Stored, path: Path) -> None:
    """Write a model to a file; see `Model.save`."""
    with describing() as met:
        text, own = described(model), {"model": met.own}
        training, arrays = _training(model)
        own["compile"] = sorted({*met.own} - {*own["model"]})
    arrays |= arrays_of(model)
    if own["model"]:
        _warn_unless_made(model, text, met.named, arrays)
    texts = {"model": text, "training": _text(model, "training", training), "own": json.dumps(own)}
    container.write(path, arrays, {"written_by": __version__, **texts})


def described(model: Stored) -> str:
    """Return what a model is, as JSON; raises ValueError where nothing could read it again."""
    return _text(model, "model", registry.serialize(model))


def _text(model: Stored, what: str, value: Any) -> str:
    """Return a description as JSON, or raise ValueError unless `load` takes as much."""
    owner = f"{model.title}.save"
    try:
        text = json.dumps(value)
        check_size(text.count('"class_name"'))
        container.parsed(owner, what, text)
    except TypeError as problem:
        raise ValueError(f"{owner}: get_config must return plain data, but: {problem}.") from None
    except (GraphError, ModelFormatError) as problem:
        raise ValueError(f"{problem} Keep its weights with save_weights.") from None
    return text


def _warn_unless_made(model: Stored, text: str, named: Mapping[str, Any], arrays: dict[str, Array]) -> None:
    """Warn where the caller's own classes do not make the model again of what their `get_config` says."""
    try:
        with loading(f"{model.title}.save", sum(array.nbytes for array in arrays.values())):
            take_arrays(_made(json.loads(text), named), arrays, f"{model.title}.save")
    except ModelFormatError as problem:
        warnings.warn(
            f"{problem} tinygraph.load will not read the file before get_config and from_config are right; "
            "a model made by its code can take the weights, with load_weights.",
            stacklevel=4,
        )


def load(path: Path, custom_objects: Mapping[str, Any] | None = None, compile: bool = True) -> Trainable:
    """Return the model that `Model.save` wrote to a file, ready to predict or to be trained further.

    Args:
        path: a file of `Model.save`, or one of Keras 3 whose name ends with .keras (extra ``keras``).
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
    if custom_objects is not None and not _are_named(custom_objects):
        raise ValueError(
            f"load: custom_objects must be classes or functions by name, got {custom_objects!r}."
        )
    flag("load", "compile", compile)
    if file_name("load", "path", path).endswith(".keras"):
        from tinygraph.exchange.keras.files import read_keras

        return read_keras(path, custom_objects, compile)
    contents = container.read(path)
    if "model" not in contents.metadata:
        raise ModelFormatError(
            f"{path}: it has weights and no model; make the model, and take them with model.load_weights."
        )
    texts, custom = contents.metadata, custom_objects or {}
    with loading(path, sum(array.nbytes for array in contents.arrays.values())):
        _check_own(container.parsed(path, "own", texts.get("own", "{}")), custom, compile)
        model = _made(container.parsed(path, "model", texts["model"]), custom)
        told = container.parsed(path, "training", texts.get("training", "{}"))
        if compile:
            with floats(told.get("floatx", floatx().name)):
                _prepare(model, told, custom)
        reached = read_position(told["position"], contents.arrays, path) if "position" in told else None
        take_arrays(model, contents.arrays, path)
        check_whole(model, contents.arrays, path)
    if reached is not None:
        model.position = reached
    return model


def _are_named(objects: Any) -> bool:
    """Whether these are classes or functions by name."""
    return isinstance(objects, Mapping) and all(
        isinstance(n, str) and callable(o) for n, o in objects.items()
    )


def _check_own(names: Mapping[str, list[str]], custom: Mapping[str, Any], compile: bool) -> None:
    """Raise ValueError for what was the writer's own and is not given: ours may have the same name."""
    needed = [*names.get("model", ()), *(names.get("compile", ()) if compile else ())]
    if missing := [name for name in needed if name not in custom]:
        raise ValueError(f"unknown is what its writer has of their own: {brief(missing)}.")


def _made(described: Any, custom: Mapping[str, Any]) -> Trainable:
    """Return the model of a description, with weights that nothing has drawn seeds for."""
    from tinygraph.nn.training import Trainable

    with seeded(0):
        model = registry.deserialize(described, custom, kind="model")
    if not isinstance(model, Trainable) or not model.outputs:
        raise GraphError(f"expected a model with its shapes, got {model!r}.")
    return model


def _training(model: Stored) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return as plain data, and arrays, what a model is trained by, and what is known of its training."""
    told: dict[str, Any] = {}
    arrays: dict[str, Array] = {}
    if model.compiled:
        settings = {name: value for name, value in model._settings("save").items() if name != "distribute"}
        try:
            told["compile"] = {name: registry.plain(value) for name, value in settings.items()}
            told["floatx"] = model.optimizer.rate_dtype.name
        except ValueError as problem:
            warnings.warn(
                f"{model.title}.save: what it is trained by is left out: {problem} After tinygraph.load, "
                "compile it again, and take the optimizer's state with load_weights.",
                stacklevel=4,
            )
    if model.position is not None:
        told["position"], arrays = plain_position(model.position)
        told["columns"] = registry.plain(model.columns)
    return told, arrays


def _prepare(model: Trainable, told: Mapping[str, Any], custom: Mapping[str, Any]) -> None:
    """Compile a model, and give it its history, as `_training` has told."""
    if "compile" in told:
        settings = {name: _named(value, custom, KINDS.get(name)) for name, value in told["compile"].items()}
        try:
            model.compile(**settings)
        except BackendError as missing:
            warnings.warn(f"{model.title}: compiled for NumPy: {missing}", stacklevel=4)
            model.compile(**settings | {"backend": "numpy", "jit_compile": "auto"})
    if "columns" in told:
        model.columns = {name: tuple(columns) for name, columns in told["columns"].items()}


#: what the settings of `compile` are made of, where that is not plain data
KINDS = {"optimizer": "optimizer", "loss": "loss", "metrics": "metric", "weighted_metrics": "metric"}


def _named(value: Any, custom: Mapping[str, Any], kind: str | None) -> Any:
    """Return what `compile` takes for plain data: objects for configs and for names of the caller's own."""
    if isinstance(value, str):
        return custom.get(value, value)
    if isinstance(value, list):
        return [_named(each, custom, kind) for each in value]
    if isinstance(value, Mapping):
        if "class_name" in value:
            return registry.deserialize(value, custom, kind=kind)
        return {name: _named(each, custom, kind) for name, each in value.items()}
    return value
