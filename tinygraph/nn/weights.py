"""`Weight`: a parameter of a layer; what it begins with, and what may take its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.graph import Node, Shape
from tinygraph.nn import registry
from tinygraph.nn.checks import array_problem
from tinygraph.ops import Parameter, param
from tinygraph.saving.loading import blank

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Weight:
    """A parameter of a layer, and what training does about it."""

    node: Parameter
    trainable: bool
    regularizer: Callable[[Node], Node] | None
    constraint: Callable[[Node], Node] | None


def parameter(owner: str, name: str, shape: Shape, dtype: np.dtype, initializer: Any) -> Parameter:
    """Return a parameter that begins as the initializer says, or raise ValueError for another shape."""
    made = blank(name, shape, dtype)
    if made is not None:
        return made
    value = np.asarray(registry.get("initializer", initializer)(shape, dtype=dtype))
    if value.shape != shape:
        raise ValueError(f"{owner}: the initializer of {name!r} made {value.shape}, not {shape}.")
    return param(name, value, dtype=dtype)


def checked_values(owner: str, weights: Sequence[Parameter], values: Any, built: bool) -> list[Array]:
    """Return ``values`` as an array for each of the weights, or raise ValueError."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        came = type(values).__name__
        raise ValueError(f"{owner}: expected a list of {len(weights)} arrays, got {came}.")
    if len(values) != len(weights):
        made = "" if built else " It has no weights before it is built."
        raise ValueError(f"{owner}: expected {len(weights)} arrays, got {len(values)}.{made}")
    return [_checked(owner, weight, value) for weight, value in zip(weights, values, strict=True)]


def _checked(owner: str, weight: Parameter, value: Any) -> Array:
    """Return ``value`` as an array for ``weight``, or raise ValueError."""
    try:
        array = np.asarray(value)
        problem = array_problem(array)
    except ValueError:
        array, problem = np.empty(0), "rows of different lengths"
    if problem or array.shape != weight.shape:
        got = problem or f"shape {array.shape}"
        raise ValueError(f"{owner}: {weight.label} expects shape {weight.shape}, got {got}.")
    return array.astype(weight.dtype)
