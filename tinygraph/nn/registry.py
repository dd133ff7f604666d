"""Names for things: one door for ``"adam"``, ``{"class_name": ...}`` and objects themselves.

The registry is closed: only what tinygraph declares with `register` is in it. What else may be named comes
from ``custom_objects``, given by the caller.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from tinygraph.nn.describing import describing
from tinygraph.nn.signatures import argument_names, check_fields, did_you_mean
from tinygraph.saving.loading import brief, part

T = TypeVar("T")

#: kind -> name -> class or function; a class is there by its own name, in snake case, and by its aliases
KINDS: dict[str, dict[str, Any]] = {}

#: kind -> others that will do where it is wanted
TAKEN_FOR = {"layer": ("model",), "metric": ("loss",)}

_custom: ContextVar[Mapping[str, Any]] = ContextVar("custom_objects", default=MappingProxyType({}))
#: what the description has in several places, once it is made: class and number -> object
_shared: ContextVar[dict[tuple[str, int], Any] | None] = ContextVar("shared", default=None)


class Configurable:
    """Something made from named arguments, each of which it keeps as the attribute of that name."""

    #: arguments of its bases that a class sets itself
    settled: tuple[str, ...] = ()
    #: whether it has weights: in several places of a description it is then one object, made once
    has_weights = False

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data: what `from_config` takes."""
        return {name: plain(getattr(self, name)) for name in argument_names(type(self))}

    @classmethod
    def from_config(cls: type[T], config: Mapping[str, Any]) -> T:
        """Make one from the arguments of `get_config`."""
        return cls(**config)


def register(kind: str, *aliases: str) -> Callable[[T], T]:
    """Declare a class or function under its name (a class also in snake case) and its aliases."""

    def declare(thing: T) -> T:
        name = thing.__name__  # type: ignore[attr-defined]
        names = KINDS.setdefault(kind, {})
        for each in (name, snake_case(name), *aliases):
            if names.setdefault(each, thing) is not thing:
                raise ValueError(f"register: there are two {kind}s named {each!r}.")
        if inspect.isclass(thing):
            thing.kind = kind  # type: ignore[attr-defined]
        return thing

    return declare


def get(kind: str, identifier: Any) -> Any:
    """Return what ``identifier`` names: a name, a config dict, or an object or function, which is returned.

    A class is called without arguments. Raises ValueError for a name that nothing has.
    """
    if isinstance(identifier, Mapping):
        return deserialize(identifier, kind=kind)
    if isinstance(identifier, str):
        identifier = _find(kind, identifier)
    if inspect.isclass(identifier):
        return identifier()
    if not isinstance(identifier, Configurable) and not callable(identifier):
        raise ValueError(f"{kind}: expected a name, a config or an object, got {brief(identifier)}.")
    return identifier


def serialize(thing: Any) -> Any:
    """Return plain data that `deserialize` makes the same object of: strings, numbers, lists and dicts.

    >>> from tinygraph import nn
    >>> nn.serialize(nn.optimizers.SGD(0.1))["class_name"]
    'SGD'
    """
    with describing() as met:
        if not isinstance(thing, Configurable):
            return plain(thing)
        if (before := met.again(thing)) is not None:
            return before
        cls = type(thing)
        met.note(cls.__name__, cls)
        described = {"class_name": cls.__name__, "config": thing.get_config()}
        if kind := getattr(cls, "kind", None):
            described["kind"] = kind
        if thing.has_weights:
            met.keep(thing, described)
        return described


def deserialize(
    config: Any, custom_objects: Mapping[str, Any] | None = None, *, kind: str | None = None
) -> Any:
    """Make the object that ``config`` describes.

    Args:
        config: what `serialize` returned: ``{"class_name": ..., "config": {...}}``, or a name.
        custom_objects: name -> class or function of the caller's own, for names outside the registry.
        kind: "layer", "loss", ...: for names that several kinds share. A config may say it itself.

    Raises:
        ValueError: an unknown or ambiguous name, or a config of another form.

    >>> from tinygraph import nn
    >>> nn.deserialize({"class_name": "Dense", "config": {"units": 3}}).units
    3
    """
    token = _custom.set({**_custom.get(), **(custom_objects or {})})
    within = custom_objects is None and _shared.get() is not None
    shared = _shared.set(_shared.get() if within else {})
    try:
        return _deserialize(config, kind)
    finally:
        _shared.reset(shared)
        _custom.reset(token)


def _deserialize(config: Any, kind: str | None) -> Any:
    if isinstance(config, str):
        return get(kind or _only_kind(config), config)
    if not isinstance(config, Mapping) or not isinstance(config.get("class_name"), str):
        raise ValueError(
            f"deserialize: expected {{'class_name': ..., 'config': {{...}}}}, got {brief(config)}."
        )
    name, arguments = config["class_name"], config.get("config", {})
    if not isinstance(arguments, Mapping):
        raise ValueError(f"deserialize: the config of {name!r} must be a dict, got {brief(arguments)}.")
    with part(config):
        check_fields(name, config, ["class_name"], ["config", "kind", "shared"])
        found, made = _find(_kind_of(config, kind), name), _shared.get()
        if not inspect.isclass(found):
            return found
        number = config.get("shared")
        if made is None or number is None:
            return _made(found, arguments)
        if (name, number) not in made:
            made[name, number] = _made(found, arguments)
        return made[name, number]


def _made(cls: type, arguments: Mapping[str, Any]) -> Any:
    return cls.from_config(arguments) if issubclass(cls, Configurable) else cls(**arguments)


def _kind_of(config: Mapping[str, Any], wanted: str | None) -> str:
    """Return the kind of what a config describes: the one that is ``wanted``, or that it says itself."""
    kind = config.get("kind", wanted)
    if kind is None:
        return _only_kind(config["class_name"])
    if not isinstance(kind, str) or (wanted is not None and kind not in (wanted, *TAKEN_FOR.get(wanted, ()))):
        raise ValueError(f"expected {config['class_name']!r} to be a {wanted}, got {brief(kind)}.")
    return kind


def _only_kind(name: str) -> str:
    """Return the one kind that has ``name``."""
    if name in _custom.get():
        return "custom object"
    kinds = [kind for kind, names in KINDS.items() if name in names]
    if len(kinds) > 1:
        raise ValueError(f"deserialize: {name!r} is a {' and a '.join(kinds)}; say which with kind=.")
    if not kinds:
        known = [each for names in KINDS.values() for each in names]
        raise ValueError(f"deserialize: unknown name {name!r}{did_you_mean(name, known)}")
    return kinds[0]


def _find(kind: str, name: str) -> Any:
    names = {**KINDS.get(kind, {}), **_custom.get()}
    if name not in names:
        raise ValueError(f"unknown {kind} {name!r}{did_you_mean(name, names)}")
    return names[name]


def plain(value: Any) -> Any:
    """Return ``value`` as strings, numbers, lists and dicts."""
    if isinstance(value, Configurable):
        return serialize(value)
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if getattr(value, "__name__", "") == "<lambda>":
        raise ValueError("serialize: a lambda has no name to find it by; use a function with a name.")
    return _noted(value) if callable(value) else value


def _noted(function: Callable[..., Any]) -> str:
    name = name_of(function)
    with describing() as met:
        met.note(name, function)
    return name


def name_of(function: Callable[..., Any]) -> str:
    """Return what a config calls a function or an operation."""
    return str(getattr(function, "name", None) or getattr(function, "__name__", type(function).__name__))


def snake_case(name: str) -> str:
    """Return ``MeanSquaredError`` as ``mean_squared_error``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])", "_", name).lower()
