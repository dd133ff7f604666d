"""What a model is trained by, as Keras describes it: optimizer, losses, metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tinygraph.exchange.keras.configs import Custom, revived
from tinygraph.exchange.keras.descriptions import described_value, named
from tinygraph.nn import registry
from tinygraph.nn.compiled import Compiled
from tinygraph.saving.errors import ModelFormatError

#: what is the same on both sides
SHARED = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
#: how Keras runs, which changes no number
HOW = {"run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"}


def compile_config(model: Compiled) -> dict[str, Any]:
    """Return what Keras compiles a model with."""
    settings = model._settings("save")
    plain = {name: registry.plain(settings[name]) for name in SHARED}
    for name, kind in (("loss", "loss"), ("metrics", "metric"), ("weighted_metrics", "metric")):
        plain[name] = _each_name(plain[name], partial(named, kind))
    return {name: _described(value) for name, value in plain.items()}


def _each_name(value: Any, change: Callable[[str], Any]) -> Any:
    """Return names, which may stand in lists and dicts, changed; configs as they are."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each_name(each, change) for each in value]
    if isinstance(value, Mapping) and "class_name" not in value:
        return {name: _each_name(each, change) for name, each in value.items()}
    return value


def _described(value: Any) -> Any:
    """Return configs as those of Keras, wherever they stand; functions are described already."""
    if isinstance(value, list):
        return [_described(each) for each in value]
    if isinstance(value, Mapping) and "module" not in value:
        if "class_name" in value:
            return described_value(value)
        return {name: _described(each) for name, each in value.items()}
    return value


def compile_as(model: Compiled, config: Mapping[str, Any], custom: Custom) -> None:
    """Compile a model as Keras' file says."""
    for name in config.keys() - {*SHARED} - HOW:
        if config[name] is not None:
            raise ModelFormatError(f"compile: {name}={config[name]!r} is not there; use compile=False.")
    given = {name: revived(config.get(name), custom) for name in SHARED}
    if given["loss"] is None:
        raise ModelFormatError("the model was compiled without a loss; read it with compile=False.")
    for name in ("loss", "metrics", "weighted_metrics"):
        given[name] = _each_name(given[name], lambda each: custom.get(each, each))
    model.compile(**given)
