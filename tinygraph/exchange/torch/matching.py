"""Which module of PyTorch is which layer, and whether all names and shapes of a state dict fit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.exchange.torch.forms import Entry, depth_of, entries_of
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.layer import Layer
from tinygraph.nn.signatures import did_you_mean

Array = np.ndarray[Any, Any]
Modules = Mapping[str, str | Sequence[str]]

#: the end of the names of a recurrent module's weights
_DEPTH = re.compile(r"_l(\d+)(_reverse)?$")


def units_of(thing: Layer) -> dict[str, Layer]:
    """The layers that have weights, by name; those of a model in a model behind its name and a dot."""
    if not isinstance(thing, Layer):
        raise TypeError(f"exchange.torch: expected a model or a layer, got {type(thing).__name__}.")
    if not thing.built:
        raise ValueError(f"{thing.title} has no weights yet; give it an input_shape, or call build(shape).")
    found: dict[Layer, str] = {}
    waiting = [(thing.name, thing)] if not isinstance(thing, Graphed) else _inside(thing, "")
    while waiting:
        name, layer = waiting.pop(0)
        if isinstance(layer, Graphed):
            waiting = _inside(layer, f"{name}.") + waiting
        elif layer.weights:
            found.setdefault(layer, name)
    return {name: layer for layer, name in found.items()}


def _inside(model: Graphed, prefix: str) -> list[tuple[str, Layer]]:
    return [(prefix + layer.name, layer) for layer in model.layers]


def named_entries(thing: Layer, units: Mapping[str, Layer], modules: Modules) -> list[Entry]:
    """Every weight with its full names in PyTorch; each layer belongs to one module."""
    if not isinstance(modules, Mapping) or not all(map(_are_names, modules, modules.values())):
        raise TypeError(f"modules: expected names of layers by names of modules, got {modules!r}.")
    left, entries = dict(units), []
    for module, named in modules.items():
        layers = []
        for name in [named] if isinstance(named, str) else named:
            if name not in left:
                if name in units:
                    raise ValueError(
                        f"modules: layer {name!r} of {thing.title} is in two modules; name it once."
                    )
                known = did_you_mean(name, units)
                raise ValueError(f"modules: {thing.title} has no layer with weights {name!r}{known}")
            layers.append(left.pop(name))
        prefix = f"{module}." if module else ""
        entries += [e._replace(names=tuple(prefix + n for n in e.names)) for e in entries_of(layers)]
    if left:
        raise ValueError(f"modules: {_listed(left)} of {thing.title} is in no module; name one for it.")
    return entries


def _are_names(module: Any, named: Any) -> bool:
    """Whether this is the name of a module, and that of a layer or those of several."""
    layers = [named] if isinstance(named, str) else named
    if not isinstance(module, str) or not isinstance(layers, (list, tuple)):
        return False
    return bool(layers) and all(isinstance(name, str) and name for name in layers)


def in_order(thing: Layer, units: Mapping[str, Layer], given: Mapping[str, Array]) -> Modules:
    """Take the modules of a state dict for the layers, one after another."""
    depths: dict[str, int] = {}
    for name in given:
        module, _, parameter = name.rpartition(".")
        found = _DEPTH.search(parameter)
        depths[module] = max(depths.get(module, 0), int(found[1]) + 1 if found else 0)
    waiting, modules = list(units), {}
    for module, depth in depths.items():
        taken = modules[module] = waiting[:1]
        while sum(depth_of(units[name]) for name in taken) < depth and len(taken) < len(waiting):
            taken.append(waiting[len(taken)])
        waiting = waiting[len(taken) :]
    if waiting or not all(modules.values()):
        raise ValueError(
            f"load_state_dict: {thing.title} has weights in {_listed(units)}; the state dict has the modules "
            f"{_listed(depths)}. Make them as many, load layer by layer, or say with modules="
            "{'module': 'layer', ...} which is which."
        )
    return modules


def check(thing: Layer, given: Mapping[str, Array], expected: Mapping[str, Array], modules: Modules) -> None:
    """Raise ValueError unless the state dict has all names, none but them, and the shapes."""
    missing, left = (
        [n for n in one if n not in other] for one, other in ((expected, given), (given, expected))
    )
    if missing or left:
        said = [
            f"{_listed(names)} {what}" for names, what in ((missing, "missing"), (left, "left over")) if names
        ]
        raise ValueError(
            f"load_state_dict: {thing.title}: {' and '.join(said)}. {_advice(missing, left, modules)}"
        )
    for name, array in given.items():
        if array.shape != expected[name].shape:
            raise ValueError(
                f"load_state_dict: {thing.title}: expected {name} of shape {expected[name].shape}, got "
                f"{array.shape}. {_taken(modules)}"
            )


def _advice(missing: Sequence[str], left: Sequence[str], modules: Modules) -> str:
    """What to do about names that do not fit."""
    if any("weight_hr" in name for name in left):
        return "No layer here has the projection of proj_size."
    if all("bias" in name for name in (*missing, *left)):
        return "Make the layer with use_bias, or center, as the module has its bias."
    return _taken(modules)


def _taken(modules: Modules) -> str:
    pairs = ", ".join(f"{module or 'the module'} for {named}" for module, named in modules.items())
    return f"Modules were taken for layers so: {pairs}; say with modules= if it should be otherwise."


def _listed(names: Any) -> str:
    return ", ".join(map(str, names)) or "none"
