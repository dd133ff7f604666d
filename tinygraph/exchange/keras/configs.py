"""Objects from Keras' descriptions: classes of the closed registry, or of the caller, never a module's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tinygraph.exchange.keras.names import ANY, KINDS, MODELS, NEUTRAL
from tinygraph.nn import registry, signatures
from tinygraph.nn.symbol import DTYPES
from tinygraph.saving.loading import brief, part

Config = Mapping[str, Any]
Custom = Mapping[str, Any]


def revived(entry: Any, custom: Custom) -> Any:
    """Return the object of a description, with all that is in it; plain data as they are."""
    if isinstance(entry, list):
        return [revived(each, custom) for each in entry]
    if not isinstance(entry, Mapping):
        return entry
    if "class_name" not in entry:
        return {name: revived(value, custom) for name, value in entry.items()}
    name, module, config = entry["class_name"], entry.get("module"), entry.get("config")
    if name in SPECIAL:
        return SPECIAL[name](config, custom)
    own = _own(entry, custom)
    kind = getattr(own, "kind", None) if own is not None else kind_of(name, module)
    if not isinstance(config, Mapping):
        raise ValueError(f"the config of {name!r} must be an object, got {brief(config)}.")
    cls: Any = own or registry.KINDS[str(kind)].get(name)
    if kind == "model":
        from tinygraph.exchange.keras.graphs import model_of

        with part(entry):
            return model_of(name, cls, config, custom)
    arguments = arguments_of(name, cls, config, custom)
    if own is not None:
        with part(entry):
            return own.from_config(arguments)
    return registry.deserialize({"class_name": name, "config": arguments, "kind": kind}, custom)


def kind_of(name: str, module: Any) -> str:
    """Return the kind of a class of Keras that exists here, or raise ValueError."""
    if name in MODELS and isinstance(module, str) and module.split(".")[0] == "keras":
        return "model"
    kind = KINDS.get(module) if isinstance(module, str) else None
    if isinstance(module, str) and ".ops" in module:
        raise ValueError(
            f"{name!r} of {module} is an operation on symbols; in Keras use a layer for it, such as Add."
        )
    if kind is None:
        raise ValueError(
            f"{name!r} of {module!r} is no class of Keras that exists here; "
            f"if it is your own, give custom_objects={{{name!r}: ...}}."
        )
    if name not in registry.KINDS[kind]:
        classes = [each for each, thing in registry.KINDS[kind].items() if thing.__name__ == each]
        raise ValueError(
            f"there is no {kind} {name!r} here{signatures.did_you_mean(name, classes)} "
            f"Give your own as custom_objects={{{name!r}: ...}}, or save the model without it."
        )
    return kind


def _own(entry: Config, custom: Custom) -> Any:
    """Return the caller's class of a description, by either of its names, if there is one."""
    for name in (entry.get("registered_name"), entry["class_name"]):
        if isinstance(name, str) and name in custom:
            return custom[name]
    return None


def arguments_of(name: str, cls: Any, config: Config, custom: Custom) -> dict[str, Any]:
    """Return a constructor's arguments; those that are not here are dropped only if they do nothing."""
    known = signatures.parameters_of(cls)
    found: dict[str, Any] = {}
    for argument, value in prepared(name, config).items():
        value = revived(value, custom)
        if argument in known:
            found[argument] = value
        elif not any(neutral is ANY or value == neutral for neutral in NEUTRAL.get(argument, ())):
            who = f"{name} {config['name']!r}" if isinstance(config.get("name"), str) else name
            raise ValueError(
                f"{who}: {argument}={brief(value)} is not there here; save the model without it."
            )
    return found


def prepared(name: str, config: Config) -> Config:
    """Return a config with what Keras changes in it changed back."""
    if name == "Bidirectional" and isinstance(layer := config.get("layer"), Mapping):
        inner = dict(layer.get("config", {}))
        inner["name"] = str(inner.get("name")).removeprefix("forward_")
        return {**config, "layer": {**layer, "config": inner}}
    if name == "Normalization" and config.get("axis") == []:
        return {**config, "axis": None}
    return config


def _policy(config: Any, custom: Custom) -> str:
    if (name := config.get("name")) not in ("float32", "float64"):
        raise ValueError(f"dtype policy {name!r}: there are float32 and float64 here.")
    return str(name)


def _function(config: Any, custom: Custom) -> Any:
    if not isinstance(config, str):
        raise ValueError(f"a function must be described by its name, got {brief(config)}.")
    return custom.get(config, config)


def _array(config: Any, custom: Custom) -> Any:
    return config["value"]


def _seed(config: Any, custom: Custom) -> Any:
    return config["seed"]


def _lambda(config: Any, custom: Custom) -> Any:
    raise ValueError("a lambda is stored as code, which is never run; use a function with a name.")


#: what Keras describes with a name of its own that is no class of ours
SPECIAL: dict[str, Callable[[Any, Custom], Any]] = {
    "DTypePolicy": _policy,
    "FloatDTypePolicy": _policy,
    "function": _function,
    "__numpy__": _array,
    "__tensor__": _array,
    "SeedGenerator": _seed,
    "__lambda__": _lambda,
}


def input_arguments(config: Config) -> dict[str, Any]:
    """Return the arguments of `Input` from the config of an InputLayer."""
    allowed = {"batch_shape", "batch_input_shape", "dtype", "name"}
    for argument in config.keys() - allowed:
        if config[argument] not in NEUTRAL.get(argument, ()):
            raise ValueError(f"InputLayer: {argument}={config[argument]!r} is not there here.")
    name, shape = config.get("name"), config.get("batch_shape", config.get("batch_input_shape"))
    if not isinstance(shape, list) or not shape or None in shape[1:]:
        raise ValueError(
            f"InputLayer {name!r}: shape {shape} leaves a size open, and every size is a number here. In "
            "Keras make the model with a fixed length, set_weights of the old one, and save that."
        )
    if (dtype := revived(config.get("dtype"), {})) not in DTYPES:
        raise ValueError(f"InputLayer {name!r}: expected dtype {', '.join(DTYPES)}, got {dtype!r}.")
    return {"batch_shape": shape, "dtype": dtype, "name": name}
