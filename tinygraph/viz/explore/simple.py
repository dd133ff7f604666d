"""The same model with a `SimpleRNN` in place of each LSTM and GRU, to be compared with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinygraph.defaults import reseeded
from tinygraph.nn import registry, signatures
from tinygraph.nn.recurrent.simple import SimpleRNN
from tinygraph.nn.training import Trainable

GATED = ("LSTM", "GRU")


def simplified(model: Trainable) -> Trainable:
    """Return ``model`` with each LSTM and GRU a `SimpleRNN` of as many units; other weights are copies.

    What is drawn for the new weights follows from the seed of `tinygraph.set_seed` as if it had just been
    set, which then goes on as it would have.

    Raises:
        ValueError: there is no LSTM or GRU, or one that returns the state that a `SimpleRNN` does not have.
    """
    layers = registry.serialize(model)["config"]["layers"]
    replaced = [each["config"] for each in _entries(layers) if each["class_name"] in GATED]
    if not replaced:
        raise ValueError("the model has no LSTM or GRU layer")
    if any(config["return_state"] for config in replaced):
        raise ValueError("a layer returns its states, and a SimpleRNN has others")
    with reseeded():
        simple: Any = model.remade(layers=_simplified(layers))
    ours = {weight.label: weight for weight in model.weights}
    for weight in simple.weights:
        same = ours.get(weight.label)
        if same is not None and same.shape == weight.shape:
            weight.assign(same.value)
    return simple


def _entries(config: Any) -> list[Mapping[str, Any]]:
    """All objects that a config describes, at any depth."""
    values = list(config.values()) if isinstance(config, Mapping) else config
    inner = [e for v in values for e in _entries(v)] if isinstance(values, list) else []
    return [config, *inner] if isinstance(config, Mapping) and "class_name" in config else inner


def _simplified(config: Any) -> Any:
    """The config with every LSTM and GRU in it described as a `SimpleRNN`."""
    if isinstance(config, list):
        return [_simplified(each) for each in config]
    if not isinstance(config, Mapping):
        return config
    if config.get("class_name") in GATED:
        known = signatures.argument_names(SimpleRNN)
        return dict(config) | {
            "class_name": "SimpleRNN",
            "config": {name: value for name, value in config["config"].items() if name in known},
        }
    return {name: _simplified(value) for name, value in config.items()}
