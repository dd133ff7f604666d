"""Data on its way in: what people pass as x becomes checked arrays, or a clear error before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.graph import Shape
from tinygraph.nn.checks import array_problem, shown
from tinygraph.nn.registry import did_you_mean

if TYPE_CHECKING:
    from tinygraph.nn.graphed import Graphed

Array = np.ndarray[Any, Any]


class DataError(ValueError):
    """Data that a model cannot take: what was expected, what came, and where."""


@dataclass(frozen=True)
class Samples:
    """Arrays of equally many samples, by the name of the graph's input that they feed."""

    arrays: Mapping[str, Array]

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def take(self, rows: Any) -> dict[str, Array]:
        """Return the samples at ``rows``, a slice or an array of indices, as feeds."""
        return {name: array[rows] for name, array in self.arrays.items()}

    def split(self, fraction: float) -> tuple[Samples, Samples]:
        """Return the first samples and, of the given fraction, the last ones."""
        at = int(len(self) * (1.0 - fraction))
        return Samples(self.take(slice(0, at))), Samples(self.take(slice(at, None)))


def inputs_of(model: Graphed, x: Any, where: str = "") -> Samples:
    """Check ``x`` (an array, a list or a dict of arrays by input) against the model's inputs.

    ``where`` stands before the name of the argument in messages.
    """
    given = by_name(x, [symbol.name for symbol in model.inputs], f"{where}x", (model.inputs[0].ndim + 1,))
    arrays = {}
    for index, symbol in enumerate(model.inputs):
        what = f"{where}x" if len(model.inputs) == 1 else f"{where}x[{symbol.name!r}]"
        array = numbers(given[symbol.name], what)
        _check_sample_shape(array, symbol.shape, what)
        check_finite(array, what)
        if symbol.dtype.kind == "i":
            check_whole(array, what)
        model.check_values(array, what, index)
        arrays[symbol.name] = native(array, symbol.dtype, what)
    check_lengths({f"{where}x[{name!r}]": array for name, array in arrays.items()})
    return Samples(arrays)


def sample_shape_of(x: Any, what: str) -> Shape:
    """Return the shape of one sample of ``x``, for a model that takes its shapes from the data."""
    if isinstance(x, Mapping):
        raise DataError(f"{what}: expected an array, got a dict; the model has no named inputs yet.")
    array = numbers(by_name(x, ["x"], what)["x"], what)
    check_finite(array, what)
    if array.ndim < 2:
        raise DataError(
            f"{what}: expected (samples, ...), got {array.shape}. For one feature write x[:, None]."
        )
    return array.shape[1:]


def by_name(value: Any, names: Sequence[str], what: str, axes: Sequence[int] = ()) -> dict[str, Any]:
    """Return the arrays by name, from one array, a list in order or a dict.

    A list of one array is that array if the number of its axes is among ``axes``; else it is one sample.
    """
    if value is None:
        raise DataError(f"{what}: expected an array, got None.")
    if isinstance(value, Mapping):
        for name in value:
            if name not in names:
                raise DataError(f"{what}: there is no {name!r}{did_you_mean(name, names)}")
        missing = [name for name in names if name not in value]
        if missing:
            raise DataError(f"{what}: {missing[0]!r} is missing; expected {', '.join(names)}.")
        return dict(value)
    if len(names) == 1:
        only = isinstance(value, (list, tuple)) and len(value) == 1
        return {names[0]: value[0] if only and getattr(value[0], "ndim", 0) in axes else value}
    if not isinstance(value, (list, tuple)) or len(value) != len(names):
        got = f"{len(value)}" if isinstance(value, (list, tuple)) else type(value).__name__
        raise DataError(f"{what}: expected a list of {len(names)} arrays ({', '.join(names)}), got {got}.")
    return dict(zip(names, value, strict=True))


def numbers(value: Any, what: str) -> Array:
    """Return ``value`` as an array of numbers with at least one sample."""
    if hasattr(value, "filled") and np.ma.is_masked(value):  # np.ma takes 5 ms to import
        raise DataError(f"{what}: expected numbers, got masked ones; fill them or leave those samples out.")
    try:
        array = np.asarray(value)
    except ValueError:
        raise DataError(f"{what}: expected rows of one length, got ragged ones; pad them.") from None
    if array.dtype.kind == "O" and _has_numeric_columns(value):
        array = value.to_numpy(dtype="float64", na_value=np.nan)
    if problem := array_problem(array):
        raise DataError(f"{what}: expected numbers, got {problem}.")
    if array.ndim == 0:
        raise DataError(f"{what}: expected an array of samples, got a single number.")
    if array.size == 0:
        raise DataError(f"{what}: expected at least one sample, got an empty array of shape {array.shape}.")
    return array


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


def _check_sample_shape(array: Array, shape: Shape, what: str) -> None:
    if array.shape[1:] == shape:
        return
    message = f"{what}: expected {shown(['samples', *shape])}, got {array.shape}."
    if array.ndim == len(shape) + 1:
        axis = next(a for a, size in enumerate(shape) if size != array.shape[a + 1])
        message += f" Axis {axis + 1} must be {shape[axis]}, as the model was built with."
    elif array.shape == shape:
        message += f" For a single sample write {what}[None]."
    elif (*array.shape[1:], 1) == shape:
        message += f" Write {what}[..., None]."
    else:
        message += f" It has {array.ndim} axes, not {len(shape) + 1}."
    raise DataError(message)


def check_finite(array: Array, what: str) -> None:
    """Raise `DataError` that names the first index where ``array`` is NaN or infinite."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    index = first_index(~np.isfinite(array))
    raise DataError(f"{what}: expected finite numbers, got {array[index]} at index {index}.")


def check_whole(array: Array, what: str) -> None:
    """Raise `DataError` that names the first index where ``array`` has a fraction."""
    if array.dtype.kind == "f" and (wrong := array != np.floor(array)).any():
        index = first_index(wrong)
        raise DataError(f"{what}: expected whole numbers, got {array[index]:g} at index {index}.")


def check_lengths(parts: Mapping[str, Samples | Array]) -> None:
    """Raise `DataError` unless all parts, by their names in the message, have as many samples."""
    lengths = {name: len(part) for name, part in parts.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{name} has {count}" for name, count in lengths.items())
        raise DataError(f"expected as many samples everywhere, but {counts}.")
