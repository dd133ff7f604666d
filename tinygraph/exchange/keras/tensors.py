"""Tensors as Keras describes them among the arguments of calls: by the layer and the call they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

#: layer, number of its call, number of the result
Tensor = tuple[str, int, int]
CLASS = "__keras_tensor__"


def references(value: Any) -> Iterator[Tensor]:
    """Give the tensors among the arguments of a call, in order."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if is_tensor(each):
            yield tensor(each)
        elif isinstance(each, Mapping):
            waiting += reversed(list(each.values()))
        elif isinstance(each, list):
            waiting += reversed(each)


def is_tensor(value: Any) -> bool:
    """Whether a description is that of a tensor."""
    return isinstance(value, Mapping) and value.get("class_name") == CLASS


def tensor(entry: Mapping[str, Any]) -> Tensor:
    """Return what a described tensor refers to."""
    name, call, index = entry["config"]["keras_history"]
    return str(name), int(call), int(index)


def described(wanted: Tensor, shape: Any, dtype: str) -> dict[str, Any]:
    """Return the description of a tensor; the shape has the batch in front, None for any."""
    config = {"shape": shape, "dtype": dtype, "keras_history": list(wanted)}
    return {"class_name": CLASS, "config": config}


def layer_name(entry: Mapping[str, Any]) -> str:
    """Return the name of a layer of a Functional model."""
    return str(entry["name"] if "name" in entry else entry["config"]["name"])
