"""The state of a model as arrays by name: what `Model.save_weights` writes and `load_weights` reads.

``weights/0000/dense/kernel`` and so on are the weights in the order of the model, those that are not trained
too. ``optimizer/0000/...`` is the optimizer's state, if the model is compiled: steps, learning rate, then the
moments of each weight that has some; ``served/0000`` has the places of these weights. ``draws/0000/...`` says
how far the random numbers of dropout and noise are, and ``states/0000/0000`` is the first state of the first
stateful layer that has run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.interrupts import interrupts_held
from tinygraph.nn.pickled import draws_of, stateful_of
from tinygraph.nn.recurrent.states import state_shapes
from tinygraph.ops import Parameter
from tinygraph.saving.errors import ModelFormatError
from tinygraph.saving.loading import brief

if TYPE_CHECKING:
    from tinygraph.nn.compiled import Compiled

Array = np.ndarray[Any, Any]
Path = str | os.PathLike[str]
#: the name, the shape and the dtype that an array should have
Form = tuple[str, tuple[int, ...], np.dtype]
#: what gives a model a part of its state
Gives = list[Callable[[], None]]

#: what stands first in the names of arrays; "training" is of `tinygraph.saving.position`
GROUPS = ("weights", "optimizer", "served", "draws", "states", "training")


def arrays_of(model: Compiled) -> dict[str, Array]:
    """Return copies of all arrays that make the state of a model, by name: that between two steps."""
    with model.turns:
        found = {name: leaf.value for name, leaf in _leaves(model).items()}
        if model.compiled:
            found["served/0000"] = np.array([model.weights.index(w) for w in _moved(model)], dtype="int64")
        for k, layer in enumerate(stateful_of(model)):
            found |= {f"states/{k:04d}/{j:04d}": value for j, value in enumerate(layer.lasting.values)}
        return found


def _leaves(model: Compiled) -> dict[str, Parameter]:
    """Return the parameters that are there whatever has run, by name."""
    model._check_built()
    parts: dict[str, Sequence[Parameter]] = {"weights": model.weights, "draws": draws_of(model)}
    if model.compiled:
        model.optimizer.build(model.trainable_weights)
        moments = [s for w in _moved(model) for s in model.optimizer.slots_of(w).values()]
        parts["optimizer"] = _own(model) + moments
    return {
        f"{group}/{k:04d}/{leaf.label}": leaf
        for group, leaves in parts.items()
        for k, leaf in enumerate(leaves)
    }


def _moved(model: Compiled) -> list[Parameter]:
    """Return the weights that the optimizer has moments of."""
    return [w for w in model.optimizer.served if w in model.weights]


def take_arrays(model: Compiled, arrays: Mapping[str, Array], path: Path) -> None:
    """Give a model the state that `arrays_of` another one is, all of it or none.

    Weights are needed. The optimizer's state and the draws are taken where both sides have them. Stateful
    layers of which there is no state begin with zeros, and so do the moments of weights that have none.

    Raises:
        ModelFormatError: the state of another model; names ``path``, where the arrays are from.
    """
    model._check_built()
    for name in arrays:
        if name.partition("/")[0] not in GROUPS or "/" not in name:
            raise ModelFormatError(f"{path}: expected arrays of {', '.join(GROUPS)}, got {brief(name)}.")
    gives: Gives = []
    for group, parameters in (("weights", model.weights), ("draws", draws_of(model))):
        stored = _stored(arrays, group)
        if stored or group == "weights":
            _check(model, path, group, list(map(_form, parameters)), stored)
            gives += [
                partial(leaf.assign, array) for leaf, array in zip(parameters, stored.values(), strict=True)
            ]
    if model.compiled and (stored := _stored(arrays, "optimizer")):
        gives.append(_optimizer(model, arrays, stored, path))
    gives += _states(model, arrays, path)
    with model.turns, interrupts_held():
        for give in gives:
            give()


def check_whole(model: Compiled, arrays: Mapping[str, Array], path: Path) -> None:
    """Raise `ModelFormatError` unless the arrays are those of this very model, all of them and no others."""
    own = {_ends(name) for name in _leaves(model)}
    groups = {group for group, *_ in own}
    if odd := {ends for ends in map(_ends, arrays) if ends[0] in groups} ^ own:
        name = "/".join(min(odd))
        raise ModelFormatError(f"{path}: the arrays of another model, not of {model.title}: {brief(name)}.")


def _ends(name: str) -> tuple[str, str, str]:
    """Return group, number and what an array is called in its layer, which may have another name now."""
    group, number, *path = name.split("/")
    return group, number, path[-1] if path else ""


def _own(model: Compiled) -> list[Parameter]:
    """Return the state of the optimizer that is not of one weight."""
    slots = {slot for w in model.optimizer.served for slot in model.optimizer.slots_of(w).values()}
    return [each for each in model.optimizer.variables if each not in slots]


def _optimizer(model: Compiled, arrays: Mapping[str, Array], stored: dict[str, Array], path: Path) -> Any:
    """Return what gives the optimizer its state; moments that the arrays have not begin anew."""
    optimizer, own, starts = model.optimizer, _own(model), model.optimizer.all_slots
    served = _served(model, arrays, path)
    forms = [(name, w.shape, w.dtype) for w in served for name in starts]
    _check(model, path, "optimizer", [*map(_form, own), *forms], stored)

    def give() -> None:
        optimizer.build(served)
        for w in optimizer.served:
            for name, slot in optimizer.slots_of(w).items():
                slot.assign(np.full(w.shape, starts[name]))
        slots = [slot for w in served for slot in optimizer.slots_of(w).values()]
        for leaf, array in zip([*own, *slots], stored.values(), strict=True):
            leaf.assign(array)

    return give


def _served(model: Compiled, arrays: Mapping[str, Array], path: Path) -> list[Parameter]:
    """Return the weights that the optimizer of the arrays has moments of; older files do not say which."""
    stored = _stored(arrays, "served")
    if not stored:
        return list(dict.fromkeys([*model.optimizer.served, *model.trainable_weights]))
    (places, *more), weights = stored.values(), model.weights
    listed = places.tolist() if places.ndim == 1 and places.dtype == np.int64 and not more else [-1]
    if len(set(listed)) < len(listed) or not all(0 <= place < len(weights) for place in listed):
        raise ModelFormatError(f"{path}: served: expected places among {len(weights)} weights, got {listed}.")
    return [weights[place] for place in listed]


def _states(model: Compiled, arrays: Mapping[str, Array], path: Path) -> Gives:
    """Return what gives stateful layers their states, zeros where the arrays have none."""
    gives: Gives = []
    taken = 0
    for k, layer in enumerate(stateful_of(model)):
        if stored := _stored(arrays, f"states/{k:04d}"):
            batch = next(iter(stored.values())).shape[:1]
            shapes, dtype = state_shapes(layer.cell), layer.cell.float
            forms = [(f"{j:04d}", (*batch, *shape), dtype) for j, shape in enumerate(shapes)]
            _check(model, path, "states", forms, stored)
        gives.append(partial(layer.lasting.restore, list(stored.values()), layer.cell.float))
        taken += len(stored)
    if taken < len(_stored(arrays, "states")):
        raise ModelFormatError(f"{path}: the states of another model: {model.title} has no such layers.")
    return gives


def _stored(arrays: Mapping[str, Array], group: str) -> dict[str, Array]:
    """Return the arrays of a group, in the order of their numbers."""
    names = [name for name in arrays if name.startswith(f"{group}/")]
    return {name: arrays[name] for name in sorted(names, key=lambda name: (len(name.split("/")[1]), name))}


def _form(leaf: Parameter) -> Form:
    return leaf.label, leaf.shape, leaf.dtype


def _check(model: Compiled, path: Path, group: str, forms: list[Form], stored: dict[str, Array]) -> None:
    """Raise `ModelFormatError` unless the arrays have the names, shapes and kinds of number expected.

    Of a name its last part counts: layers are numbered as a program makes them.
    """
    detail = f"{len(forms)} arrays, got {len(stored)}" if len(forms) != len(stored) else ""
    for (name, shape, dtype), (came, array) in zip(forms, stored.items(), strict=False):
        same = name.split("/")[-1] == came.split("/")[-1] and shape == array.shape
        if not same or array.dtype.kind != dtype.kind:
            detail = f"{name} of shape {shape}, {dtype}, got {came} of {array.shape}, {array.dtype}"
            break
    if detail:
        raise ModelFormatError(f"{path}: the {group} of another model: {model.title} expected {detail}.")
