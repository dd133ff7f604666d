"""Values among a call's keyword arguments, such as ``initial_state=[h, c]``: taken out, and put back."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tinygraph.graph import Node
from tinygraph.nn.symbol import Symbol


@dataclass(frozen=True)
class Slot:
    """The place of value number ``index`` among the arguments."""

    index: int


def taken_by(call: Callable[..., Any]) -> Collection[str]:
    """Return the names of what ``call`` takes; read off once, for a cell is called at every step."""
    return _parameters(getattr(call, "__func__", call))


@lru_cache(maxsize=256)
def _parameters(function: Callable[..., Any]) -> Collection[str]:
    return inspect.signature(function).parameters.keys()


def take_out(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """Return the arguments with a `Slot` for each symbol, node and array, and those values in order."""
    values: list[Any] = []

    def slot(leaf: Any) -> Any:
        if not isinstance(leaf, (Symbol, Node, np.ndarray)):
            return leaf
        values.append(leaf)
        return Slot(len(values) - 1)

    return {name: mapped(slot, listed(value)) for name, value in arguments.items()}, values


def put_back(arguments: Mapping[str, Any], values: Sequence[Any]) -> dict[str, Any]:
    """Return the arguments with ``values`` in their slots."""

    def value(leaf: Any) -> Any:
        return values[leaf.index] if isinstance(leaf, Slot) else leaf

    return {name: mapped(value, each) for name, each in arguments.items()}


def plain_slots(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments as plain data, a slot as ``{"slot": index}``."""

    def record(leaf: Any) -> Any:
        return {"slot": leaf.index} if isinstance(leaf, Slot) else leaf

    return {name: mapped(record, value) for name, value in arguments.items()}


def read_slots(arguments: Mapping[str, Any], values: Sequence[Any]) -> dict[str, Any]:
    """Return the arguments that `plain_slots` wrote, with all ``values`` in their slots, in order.

    Raises:
        ValueError: other slots than there are values.
    """
    slots: list[Any] = []

    def read(leaf: Any) -> Any:
        if not isinstance(leaf, Mapping) or "slot" not in leaf:
            return leaf
        slots.append(leaf["slot"])
        return Slot(len(slots) - 1)

    found = {name: mapped(read, value) for name, value in arguments.items()}
    if slots != [*range(len(values))]:
        raise ValueError(f"expected the {len(values)} further values as arguments, got slots {slots!r}.")
    return put_back(found, values)


def mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """Return ``value`` with everything in it changed; lists, which may stand in lists, stay lists."""
    if isinstance(value, list):
        return [mapped(change, each) for each in value]
    return change(value)


def listed(value: Any) -> Any:
    """Return tuples, which may stand in lists, as lists."""
    return [listed(each) for each in value] if isinstance(value, (list, tuple)) else value


def flat(value: Any) -> list[Any]:
    """Return what is in lists of lists as one list."""
    if not isinstance(value, (list, tuple)):
        return [value]
    return [leaf for each in value for leaf in flat(each)]
