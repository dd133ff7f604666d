"""Data on its way in: what people pass as x becomes checked arrays, or a clear error before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tinygraph.graph import Shape
from tinygraph.nn.arrays import (
    Array,
    DataError,
    check_finite,
    check_lengths,
    check_whole,
    columns_of,
    native,
    numbers,
)
from tinygraph.nn.checks import shown
from tinygraph.nn.signatures import did_you_mean

if TYPE_CHECKING:
    from tinygraph.nn.graphed import Graphed


@dataclass(frozen=True)
class Samples:
    """Arrays of equally many samples, by the name of the graph's input that they feed.

    ``columns`` are the names of columns by input, where data frames were given.
    """

    arrays: Mapping[str, Array]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

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
    arrays: dict[str, Array] = {}
    columns: dict[str, tuple[str, ...]] = {}
    for index, symbol in enumerate(model.inputs):
        what = f"{where}x" if len(model.inputs) == 1 else f"{where}x[{symbol.name!r}]"
        array = numbers(given[symbol.name], what)
        names = columns_of(given[symbol.name])
        array = _fitted(array, symbol.shape, what, names)
        check_finite(array, what, given[symbol.name])
        if symbol.dtype.kind == "i":
            check_whole(array, what)
        model.check_values(array, what, index)
        arrays[symbol.name] = native(array, symbol.dtype, what)
        columns |= {symbol.name: names} if names else {}
    check_lengths({f"{where}x[{name!r}]": array for name, array in arrays.items()})
    return Samples(arrays, columns)


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

    A list of one array is that array if the number of its axes is among ``axes``; else it is one sample. A
    data frame that has a column for each of several names is a dict of them.
    """
    if value is None:
        raise DataError(f"{what}: expected an array, got None.")
    if len(names) > 1 and set(names) <= set(getattr(value, "columns", ())):
        value = {name: value[name] for name in names}
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


def check_columns(data: Samples, known: Mapping[str, tuple[str, ...]], where: str = "") -> None:
    """Raise `DataError` for data frames with other columns, or in another order, than ``known`` ones."""
    for name, columns in data.columns.items():
        if known.get(name, columns) != columns:
            raise DataError(
                f"{where}x: the model was trained on the columns {', '.join(known[name])}, got "
                f"{', '.join(columns)}; choose them with frame[names]."
            )


def _fitted(array: Array, shape: Shape, what: str, names: Sequence[str]) -> Array:
    """Return the array in samples of ``shape``; a last axis of one may be missing."""
    if array.shape[1:] == shape:
        return array
    if (*array.shape[1:], 1) == shape:
        return array[..., None]
    message = f"{what}: expected {shown(['samples', *shape])}, got {array.shape}."
    if array.ndim == len(shape) + 1:
        axis = next(a for a, size in enumerate(shape) if size != array.shape[a + 1])
        message += f" Axis {axis + 1} must be {shape[axis]}, as the model was built with."
        message += f" Its columns are {', '.join(names)}." if names else ""
    elif array.shape == shape:
        message += f" For a single sample write {what}[None]."
    else:
        message += f" It has {array.ndim} axes, not {len(shape) + 1}."
    raise DataError(message)
