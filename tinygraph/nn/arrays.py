"""One array on its way in: numbers from whatever holds them, finite, whole, in the machine's own form."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Any

import numpy as np

from tinygraph.nn.checks import array_problem

Array = np.ndarray[Any, Any]
BLOCK = 1 << 20  # elements that are looked at together, so that a file that is mapped need not fit in memory


class DataError(ValueError):
    """Data that a model cannot take: what was expected, what came, and where."""


def numbers(value: Any, what: str) -> Array:
    """Return ``value`` as an array of numbers with at least one sample."""
    if hasattr(value, "filled") and np.ma.is_masked(value):  # np.ma takes 5 ms to import
        raise DataError(f"{what}: expected numbers, got masked ones; fill them or leave those samples out.")
    array = on_host(value, what)
    if array.dtype.kind == "O" and _has_numeric_columns(value):
        array = value.to_numpy(dtype="float64", na_value=np.nan)
    if problem := array_problem(array):
        raise DataError(f"{what}: expected numbers, got {problem}{_wrong_column(value)}.")
    if array.ndim == 0:
        raise DataError(f"{what}: expected an array of samples, got a single number.")
    if array.size == 0:
        raise DataError(f"{what}: expected at least one sample, got an empty array of shape {array.shape}.")
    return array


def on_host(value: Any, what: str) -> Array:
    """Return ``value`` as a NumPy array: from what NumPy takes, or by DLPack, from a device as well."""
    try:
        array = np.asarray(value)
        if array.ndim or not hasattr(value, "__dlpack__"):
            return array
    except ValueError:
        raise DataError(f"{what}: expected rows of one length, got ragged ones; pad them.") from None
    except (TypeError, RuntimeError) as error:
        if not hasattr(value, "__dlpack__"):
            raise DataError(f"{what}: expected numbers, got {type(value).__name__}: {error}") from error
    ways: tuple[dict[str, Any], ...] = ({}, {"device": "cpu"})  # NumPy before 2.1 does not know the second
    for where in ways:
        try:
            return np.from_dlpack(value, **where)
        except (TypeError, RuntimeError, BufferError, ValueError) as error:
            reason = error
    raise DataError(
        f"{what}: the {type(value).__name__} does not give its numbers by DLPack ({reason}); "
        "copy them to the host first, with .get() or .detach().cpu()."
    ) from reason


def columns_of(value: Any) -> tuple[str, ...]:
    """Return the names of the columns of a data frame; of anything else, and of numbered ones, none."""
    names = tuple(getattr(value, "columns", ()))
    return names if all(isinstance(name, str) for name in names) else ()


def _wrong_column(frame: Any) -> str:
    """Say which named column of a data frame holds no numbers."""
    names = columns_of(frame)
    wrong = [
        name
        for name, kind in zip(names, getattr(frame, "dtypes", ()), strict=False)
        if kind.kind not in "fiub"
    ]
    return f" in column {wrong[0]!r}" if wrong else ""


def _has_numeric_columns(value: Any) -> bool:
    """Whether it is a data frame or series of pandas' own number types, which may hold missing values."""
    dtypes: Any = getattr(value, "dtypes", None)
    each = dtypes if hasattr(dtypes, "__iter__") else [dtypes]
    return hasattr(value, "to_numpy") and all(getattr(dtype, "kind", "O") in "fiub" for dtype in each)


def native(array: Array, dtype: np.dtype, what: str) -> Array:
    """Return the array in ``dtype``, in the machine's byte order and C order; what overflows is refused."""
    with np.errstate(over="ignore"):
        result = np.ascontiguousarray(array, dtype=dtype)
    if array.dtype.kind == "f" and array.dtype.itemsize > dtype.itemsize and not np.isfinite(result).all():
        index = first_index(~np.isfinite(result))
        raise DataError(f"{what}: {array[index]:g} at index {index} is too large for {dtype}; scale it.")
    return result


def first_index(wrong: Array) -> tuple[int, ...]:
    """Return the index of the first element that is True."""
    return tuple(int(i) for i in np.argwhere(wrong)[0])


def check_finite(array: Array, what: str, given: Any = None) -> None:
    """Raise `DataError` that names the first index where ``array`` is NaN or infinite, and its column where
    it was ``given`` as a data frame."""
    if array.dtype.kind != "f":
        return
    rows = max(1, BLOCK * len(array) // max(1, array.size))
    for start in range(0, len(array), rows):
        wrong = ~np.isfinite(array[start : start + rows])
        if wrong.any():
            row, *rest = first_index(wrong)
            index, names = (start + row, *rest), columns_of(given)
            column = f", column {names[rest[0]]!r}" if names and len(rest) == 1 else ""
            raise DataError(f"{what}: expected finite numbers, got {array[index]} at index {index}{column}.")


def check_whole(array: Array, what: str) -> None:
    """Raise `DataError` that names the first index where ``array`` has a fraction."""
    if array.dtype.kind == "f" and (wrong := array != np.floor(array)).any():
        index = first_index(wrong)
        raise DataError(f"{what}: expected whole numbers, got {array[index]:g} at index {index}.")


def check_lengths(parts: Mapping[str, Sized]) -> None:
    """Raise `DataError` unless all parts, by their names in the message, have as many samples."""
    lengths = {name: len(part) for name, part in parts.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{name} has {count}" for name, count in lengths.items())
        raise DataError(f"expected as many samples everywhere, but {counts}.")
