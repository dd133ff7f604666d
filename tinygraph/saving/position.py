"""How far a training is, as it stands in a file: plain data for JSON, and arrays called ``training/0000``."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from tinygraph.nn.position import Position
from tinygraph.saving.errors import ModelFormatError
from tinygraph.saving.loading import brief

Array = np.ndarray[Any, Any]
NAMES = [each.name for each in fields(Position)]
#: those with what callbacks say, which may be anything
OPEN = ("rows", "callbacks")
#: what stands for an array and for a number that JSON has not
ARRAY, NUMBER = "$array", "$number"
DEEPEST = 8  # levels of lists and dicts


def plain_position(position: Position) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return a position as data for JSON, and as arrays by name.

    What callbacks told or keep that is neither plain data nor numbers in an array is left out, with a
    warning: a model can be saved whatever they do.
    """
    arrays: dict[str, Array] = {}

    def plain(value: Any, depth: int = 1) -> Any:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf" and value.dtype.itemsize <= 8:
            name = f"training/{len(arrays):04d}"
            arrays[name] = value
            return {ARRAY: name}
        if isinstance(value, float) and not math.isfinite(value):
            return {NUMBER: repr(value)}
        if isinstance(value, Mapping) and not {ARRAY, NUMBER} & set(value) and depth <= DEEPEST:
            return {str(key): plain(each, depth + 1) for key, each in value.items()}
        if isinstance(value, (list, tuple)) and depth <= DEEPEST:
            return [plain(each, depth + 1) for each in value]
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        raise TypeError(brief(value))

    def kept(owner: str, values: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for name, value in values.items():
            try:
                found[name] = plain(value, depth=3)
            except TypeError as problem:
                warnings.warn(
                    f"save: {name!r} of {owner} is left out: expected numbers, text, lists and arrays, "
                    f"got {problem}.",
                    stacklevel=2,
                )
        return found

    told = {name: getattr(position, name) for name in NAMES} | {"epochs": np.array(position.epochs, "int64")}
    rows = kept("the history", _columns(position.rows))
    callbacks = [[name, kept(name, values)] for name, values in position.callbacks]
    return {
        **{n: plain(told[n]) for n in NAMES if n not in OPEN},
        "rows": rows,
        "callbacks": callbacks,
    }, arrays


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the values of each name, and which rows have one, as arrays: there may be many rows."""
    columns: dict[str, Any] = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        at = [k for k, row in enumerate(rows) if name in row]
        columns[name] = {"at": np.array(at, "int64"), "values": _compact([rows[k][name] for k in at])}
    return columns


def _compact(values: list[Any]) -> list[Any] | Array:
    """Return values as an array where that says the same of all."""
    kinds = {type(value.item() if isinstance(value, np.generic) else value) for value in values}
    for kind, dtype in ((float, "float64"), (int, "int64"), (bool, "bool")):
        if kinds == {kind} and (kind is not int or all(-(2**63) <= value < 2**63 for value in values)):
            return np.array(values, dtype)
    return values


def _rows(count: int, columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows that `_columns` took apart."""
    rows: list[dict[str, Any]] = [{} for _ in range(count)]
    for name, column in columns.items():
        at, values = column["at"].tolist(), column["values"]
        listed = values.tolist() if isinstance(values, np.ndarray) else values
        if at != sorted(set(at)) or not set(at) <= set(range(count)):
            raise ValueError(f"rows has {name!r} in {at}")
        for k, value in zip(at, listed, strict=True):
            rows[k][name] = value
    return rows


def read_position(plain: Any, arrays: Mapping[str, Array], path: str | os.PathLike[str]) -> Position:
    """Return the position that `plain_position` described.

    Raises:
        ModelFormatError: it did not; names ``path``.
    """

    def read(value: Any, depth: int = 0) -> Any:
        if depth > DEEPEST:
            raise ValueError("too many levels")
        if isinstance(value, dict) and len(value) == 1 and (ARRAY in value or NUMBER in value):
            return arrays[value[ARRAY]] if ARRAY in value else float(value[NUMBER])
        if isinstance(value, dict):
            return {key: read(each, depth + 1) for key, each in value.items()}
        return [read(each, depth + 1) for each in value] if isinstance(value, list) else value

    try:
        found = read(plain)
        if not isinstance(found, dict) or set(found) != set(NAMES):
            raise ValueError(f"expected {', '.join(NAMES)}")
        found["epochs"] = found["epochs"].tolist()
        found["rows"] = _rows(len(found["epochs"]), found["rows"])
        for name, fits in CHECKS.items():
            if not fits(found[name]):
                raise ValueError(f"{name} is {found[name]!r}")
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise ModelFormatError(f"{path}: it does not say how far the training is: {problem}.") from None
    return Position(**found)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _counts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_count, value))


def _sums(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(sums, list) and all(isinstance(s, np.ndarray) and s.dtype == np.float64 for s in sums)
        for sums in value.values()
    )


def _kept(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], dict)
    )


#: what each part must be
CHECKS: dict[str, Callable[[Any], bool]] = {
    "epoch": _count,
    "batch": _count,
    "order": lambda value: value is None or _count(value),
    "going": lambda value: _counts(value) and len(value) == 2,
    "data": lambda value: isinstance(value, dict) and all(isinstance(each, int) for each in value.values()),
    "seeds": lambda value: isinstance(value, list) and all(isinstance(each, int) for each in value),
    "epochs": _counts,
    "sums": _sums,
    "callbacks": lambda value: isinstance(value, list) and all(map(_kept, value)),
}
