"""Objects as Keras describes them: the config of each, with the class and the module that Keras has it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinygraph.exchange.keras.names import ABSENT, ALIASES, DROPPED, MODULES, ONLY
from tinygraph.nn import registry
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.layer import Layer
from tinygraph.nn.recurrent.bidirectional import Bidirectional
from tinygraph.nn.recurrent.cell import Cell
from tinygraph.nn.recurrent.conv_lstm import ConvLSTMCell
from tinygraph.nn.recurrent.rnn import RNN

#: arguments that older versions of Keras 3 do not know, and what they are where nobody asked for them
NEWER = {"sliding_window": None, "use_gate": False}
#: seeds of Keras have 32 bits
SEEDS = 2**32


def described(class_name: str, kind: str | None, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description: of a class that Keras has too, or one of the user's own, by its name."""
    if class_name in ABSENT:
        raise ValueError(f"Keras has no {kind} {class_name!r}: {ABSENT[class_name]}, or save as .tiny.")
    known = kind in MODULES and class_name in registry.KINDS[kind]
    return {
        "module": MODULES[kind] if known and kind else None,
        "class_name": class_name,
        "config": dict(config),
        "registered_name": None if known else class_name,
    }


def described_function(name: str) -> dict[str, Any]:
    """Return the description of a function of the user's own, which Keras finds in its custom_objects."""
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


def described_layer(layer: Layer) -> dict[str, Any]:
    """Return the description of a layer, a cell or a model."""
    if isinstance(layer, Graphed):
        from tinygraph.exchange.keras.calls import described_model

        return described_model(layer)
    if "/" in layer.name:
        raise ValueError(f"{layer.title}: Keras takes no name with a slash; give it another one.")
    cls, config = type(layer), dict[str, Any]()
    for argument, value in layer.get_config().items():
        if argument in ONLY and value != ONLY[argument]:
            raise ValueError(f"{layer.title}: Keras has no {argument}={value!r}; save as .tiny.")
        if argument not in ONLY and _is_written(layer, argument, value):
            config[argument] = _value(layer, argument, value)
    known = registry.KINDS["layer"].get(cls.__name__) is cls
    return described(cls.__name__, "layer" if known else None, config)


def _is_written(layer: Layer, argument: str, value: Any) -> bool:
    """Whether Keras is told of an argument: not of those that it has not, where they do nothing."""
    if argument in NEWER:
        return value != NEWER[argument]
    if argument == "activity_regularizer":
        return value is not None  # not every constructor of Keras takes None
    if argument == "implementation":
        cell = layer.cell if isinstance(layer, RNN) else layer
        return isinstance(cell, Cell) and cell.gates > 1 and not isinstance(cell, ConvLSTMCell) and value != 2
    if argument == "trainable" and type(layer).__name__ == "SpatialDropout1D":
        return False
    return argument not in DROPPED


def _value(layer: Layer, argument: str, value: Any) -> Any:
    """Return the value of an argument; layers that a layer is made of as they are now."""
    if isinstance(layer, Bidirectional) and argument in ("layer", "backward_layer"):
        return described_layer(layer.forward if argument == "layer" else layer.backward)
    held = getattr(layer, argument, None)
    if isinstance(held, Layer):
        return described_layer(held)
    if isinstance(held, list) and held and all(isinstance(each, Layer) for each in held):
        return [described_layer(each) for each in held]
    if isinstance(value, str) and argument.endswith("activation"):
        return named("activation", value)
    if type(layer).__name__ == "Lambda" and argument in ("function", "mask") and isinstance(value, str):
        return described_function(value)
    return described_value(value, argument)


def described_value(value: Any, argument: str = "") -> Any:
    """Return plain data of ours as plain data of Keras."""
    if isinstance(value, Mapping) and "class_name" in value:
        config = {name: described_value(each, name) for name, each in value["config"].items()}
        return described(value["class_name"], value.get("kind"), config)
    if isinstance(value, Mapping):
        return {name: described_value(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [described_value(each, argument) for each in value]
    if argument == "seed" and value is not None:
        return value % SEEDS
    return value


def named(kind: str, name: str) -> Any:
    """Return what Keras calls what we find under a name; a function of the user's own as such."""
    names = registry.KINDS[kind]
    if name not in names:
        return described_function(name)
    if kind == "activation":
        return next(each for each, thing in names.items() if thing is names[name])
    if (absent := names[name].__name__) in ABSENT:
        raise ValueError(f"Keras has no {kind} {name!r}: {ABSENT[absent]}, or save as .tiny.")
    return ALIASES.get((kind, name), name)
