"""The state of a model as arrays by name: what `Model.save_weights` writes and `load_weights` reads.

``weights/0000/dense/kernel`` and so on are the weights in the order of the model, those that are not trained
too. ``optimizer/0000/...`` is what the optimizer, if the model is compiled, has of its own: steps, learning
rate; ``slots/0000/momentum`` what it has of weight 0. ``draws/0000/...`` says how far the random numbers of
dropout and noise are; ``states/0000/0000`` is the first state of the first stateful layer that has some.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.files import write_whole
from tinygraph.nn.pickled import draws_of, stateful_of
from tinygraph.nn.recurrent.states import state_shapes
from tinygraph.ops import Parameter
from tinygraph.saving.errors import ModelFormatError

if TYPE_CHECKING:
    from tinygraph.nn.compiled import Compiled

Array = np.ndarray[Any, Any]
Named = list[tuple[str, Array]]
#: what stands first in the names of arrays; "training" is of `tinygraph.saving.training`
GROUPS = ("weights", "optimizer", "slots", "draws", "states", "training")
#: what gives a model a part of its state
Gives = list[Callable[[], None]]


def arrays_of(model: Compiled) -> dict[str, Array]:
    """Return copies of all arrays that make the state of a model, by name."""
    found = {
        f"{group}/{k:04d}/{parameter.label}": parameter.value
        for group, parameters in _parts_of(model).items()
        for k, parameter in enumerate(parameters)
    }
    if model.compiled:
        model.optimizer.build(model.trainable_weights)
        found |= {
            f"slots/{k:04d}/{name}": slot.value
            for k, w in enumerate(model.weights)
            if w in model.optimizer.served
            for name, slot in model.optimizer.slots_of(w).items()
        }
    for k, layer in enumerate(stateful_of(model)):
        found |= {f"states/{k:04d}/{j:04d}": value for j, value in enumerate(layer.lasting.values)}
    return found


def take_arrays(model: Compiled, arrays: Mapping[str, Array], path: str | os.PathLike[str]) -> None:
    """Give a model the state that `arrays_of` another one is, all of it or none.

    Weights are needed. The optimizer's state and the draws are taken where both sides have them. Stateful
    layers of which there is no state begin with zeros, and so do the moments of weights that have none.

    Raises:
        ModelFormatError: the state of another model; names ``path``.
    """
    for name in arrays:
        if name.partition("/")[0] not in GROUPS:
            raise ModelFormatError(f"{path}: expected arrays of {', '.join(GROUPS)}, got {name!r}.")
    gives: Gives = []
    for group, parameters in _parts_of(model).items():
        stored = _stored(arrays, group)
        if not stored and group != "weights":
            continue
        _check(model, path, group, [(p.label, p.shape, p.dtype) for p in parameters], stored)
        pairs = zip(parameters, stored, strict=True)
        gives += [partial(parameter.assign, array) for parameter, (_, array) in pairs]
    if model.compiled and _stored(arrays, "optimizer"):
        gives += _slots(model, arrays, path)
    gives += _states(model, arrays, path)
    for give in gives:
        give()


def write_state(
    model: Compiled,
    path: str | os.PathLike[str],
    metadata: Mapping[str, str],
    more: Mapping[str, Array] | None = None,
) -> None:
    """Write the state of a model, and ``more`` arrays, to a file, whole or not at all; make its folder."""
    from safetensors.numpy import save

    content = save({**arrays_of(model), **(more or {})}, dict(metadata))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_whole(Path(path), content)


def read_state(model: Compiled, path: str | os.PathLike[str]) -> None:
    """Give a model the state that a file has, all of it or none.

    Raises:
        FileNotFoundError: there is no such file.
        ModelFormatError: it is no safetensors file, or the state of another model.
    """
    take_arrays(model, opened(Path(path))[0], path)


def opened(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Return the arrays and the metadata of a safetensors file."""
    from safetensors import SafetensorError, safe_open

    with open(path, "rb") as file:  # raises FileNotFoundError, IsADirectoryError and so on
        keras = file.read(4) in (b"\x89HDF", b"PK\x03\x04")
    if keras:
        raise ModelFormatError(
            f"{path}: a file of Keras, not of tinygraph; bring its weights by get_weights and set_weights."
        )
    try:
        with safe_open(path, framework="np") as file_:
            return {name: file_.get_tensor(name) for name in file_.keys()}, file_.metadata() or {}  # noqa: SIM118
    except SafetensorError as problem:
        raise ModelFormatError(f"{path}: no whole safetensors file: {problem}.") from None


def _parts_of(model: Compiled) -> dict[str, Sequence[Parameter]]:
    """Return the parameters that every model of this architecture has, in named groups."""
    model._check_built()
    parts: dict[str, Sequence[Parameter]] = {"weights": model.weights, "draws": draws_of(model)}
    if model.compiled:
        slots = {s for w in model.optimizer.served for s in model.optimizer.slots_of(w).values()}
        parts["optimizer"] = [own for own in model.optimizer.variables if own not in slots]
    return parts


def _slots(model: Compiled, arrays: Mapping[str, Array], path: Any) -> Gives:
    """Return what gives the optimizer its state of each weight, at the start where the arrays have none."""
    weights, starts = model.weights, model.optimizer.all_slots
    stored = dict(_stored(arrays, "slots"))
    served = [k for k in range(len(weights)) if _stored(stored, f"slots/{k:04d}")]
    expected = {f"slots/{k:04d}/{name}": weights[k] for k in served for name in starts}
    _check(
        model,
        path,
        "slots",
        [(name, w.shape, w.dtype) for name, w in sorted(expected.items())],
        sorted(stored.items()),
    )

    def give() -> None:
        model.optimizer.build([weights[k] for k in served])
        for w in model.optimizer.served:
            for name, slot in model.optimizer.slots_of(w).items():
                key = f"slots/{weights.index(w):04d}/{name}" if w in weights else ""
                slot.assign(stored[key] if key in stored else np.full(w.shape, starts[name]))

    return [give]


def _states(model: Compiled, arrays: Mapping[str, Array], path: Any) -> Gives:
    """Return what gives stateful layers their states, zeros where the arrays have none."""
    gives: Gives = []
    known: list[str] = []
    for k, layer in enumerate(stateful_of(model)):
        if stored := _stored(arrays, f"states/{k:04d}"):
            batch = stored[0][1].shape[:1]
            shapes = [(*batch, *shape) for shape in state_shapes(layer.cell)]
            names = [f"states/{k:04d}/{j:04d}" for j in range(len(shapes))]
            dtype = layer.cell.float
            _check(model, path, "states", [(n, s, dtype) for n, s in zip(names, shapes, strict=True)], stored)
            known += names
        gives.append(partial(layer.lasting.restore, [array for _, array in stored], layer.cell.float))
    if len(_stored(arrays, "states")) > len(known):
        raise ModelFormatError(f"{path}: the states of another model: {model.title} has no such layers.")
    return gives


def _stored(arrays: Mapping[str, Array], group: str) -> Named:
    """Return the arrays of a group, in the order of their numbers."""
    names = [name for name in arrays if name.startswith(f"{group}/")]
    return [(name, arrays[name]) for name in sorted(names, key=lambda name: (len(name.split("/")[1]), name))]


def _check(
    model: Compiled,
    path: Any,
    group: str,
    expected: Sequence[tuple[str, tuple[int, ...], np.dtype]],
    stored: Sequence[tuple[str, Array]],
) -> None:
    """Raise `ModelFormatError` unless the arrays have the names, shapes and kinds of number expected.

    Of a name its last part counts: layers are numbered as a program makes them.
    """
    for k, ((name, shape, dtype), (came, array)) in enumerate(zip(expected, stored, strict=False)):
        ends = name.rsplit("/")[-1] == came.rsplit("/")[-1]
        if not ends or array.shape != shape or not np.can_cast(array.dtype, dtype, "same_kind"):
            _refuse(
                model,
                path,
                group,
                f"{name} of shape {shape}, {dtype}, got {came} of {array.shape}, {array.dtype}",
            )
        if came.split("/")[1] != f"{k:04d}" and group in ("weights", "draws", "optimizer"):
            _refuse(model, path, group, f"{name} as number {k}, got {came}")
    if len(expected) != len(stored):
        _refuse(model, path, group, f"{len(expected)} arrays, got {len(stored)}")


def _refuse(model: Compiled, path: Any, group: str, detail: str) -> None:
    raise ModelFormatError(f"{path}: the {group} of another model: {model.title} expected {detail}.")
