"""Data on its way in: what people pass to fit becomes checked arrays, or a clear error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.graph import Shape
from tinygraph.nn.checks import array_problem
from tinygraph.nn.registry import did_you_mean

if TYPE_CHECKING:
    from tinygraph.nn.graphed import Graphed
    from tinygraph.nn.steps import Head

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


def inputs_of(model: Graphed, x: Any) -> Samples:
    """Check ``x`` (an array, a list or a dict of arrays by input) against the model's inputs."""
    by_name = _by_name(x, [symbol.name for symbol in model.inputs], "x")
    arrays = {}
    for symbol in model.inputs:
        what = "x" if len(model.inputs) == 1 else f"x[{symbol.name!r}]"
        array = _numbers(by_name[symbol.name], what)
        _check_sample_shape(array, symbol.shape, what)
        check_finite(array, what)
        if symbol.dtype.kind == "i" and array.dtype.kind == "f" and (array != np.floor(array)).any():
            raise DataError(f"{what}: expected whole numbers, got {array.dtype} with fractions.")
        for call in model.calls:
            if symbol in call.inputs:
                call.layer.check_values(array, what)
        arrays[symbol.name] = _native(array, symbol.dtype)
    _check_lengths(arrays, "x")
    return Samples(arrays)


def targets_of(model: Graphed, heads: Sequence[Head], y: Any) -> Samples:
    """Check ``y`` (an array, a list or a dict of arrays by output) against the outputs and their losses."""
    trained = [head for head in heads if head.loss is not None]
    by_name = _by_name(y, [head.name for head in trained], "y")
    shapes = dict(zip(model.output_names, (symbol.shape for symbol in model.outputs), strict=True))
    arrays = {}
    for head in trained:
        what = "y" if len(trained) == 1 else f"y[{head.name!r}]"
        array = _numbers(by_name[head.name], what)
        check_finite(array, what)
        shape = shapes[head.name]
        array = _fitted(array, head.target_shape(shape), what)
        if head.takes_classes:
            array = _labels(array, shape[-1], what)
        elif bounds := head.loss.target_range if head.loss else None:
            _check_range(array, bounds, what)
        arrays[head.target] = _native(
            array, np.dtype("int64") if head.takes_classes else model.outputs[0].dtype
        )
    _check_lengths(arrays, "y")
    return Samples(arrays)


def weights_of(
    heads: Sequence[Head], targets: Samples, sample_weight: Any, class_weight: Mapping[int, float] | None
) -> dict[str, Array]:
    """Return the weight of each sample (or of each time step of it), by the name it is fed by."""
    if sample_weight is None and class_weight is None:
        return {}
    if sample_weight is not None and class_weight is not None:
        raise DataError("sample_weight and class_weight cannot be combined; multiply them into one.")
    trained = [head for head in heads if head.loss is not None]
    if class_weight is not None:
        return {trained[0].sample_weight: _class_weights(trained, targets, class_weight)}
    several = isinstance(sample_weight, (dict, list, tuple)) and len(trained) > 1
    by_name = (
        _by_name(sample_weight, [head.name for head in trained], "sample_weight")
        if several
        else {head.name: sample_weight for head in trained}
    )
    weights = {}
    for head in trained:
        array = _numbers(by_name[head.name], "sample_weight")
        check_finite(array, "sample_weight")
        true = targets.arrays[head.target]
        if array.shape != true.shape[: array.ndim] or array.ndim == 0:
            raise DataError(
                f"sample_weight: expected ({len(true)},), one weight for each sample, got {array.shape}."
            )
        weights[head.sample_weight] = _native(array, np.dtype("float64"))
    return weights


def _class_weights(trained: Sequence[Head], targets: Samples, class_weight: Mapping[int, float]) -> Array:
    """The weight of each sample's class: its label, the largest of a one-hot row, or the rounded value."""
    if len(trained) != 1:
        raise DataError("class_weight: needs a model with one output; use sample_weight for several.")
    true = targets.arrays[trained[0].target]
    if true.ndim > 1 and true.shape[-1] > 1 and not trained[0].takes_classes:
        labels = true.argmax(axis=-1)
    else:
        labels = np.rint(true).astype(np.int64).reshape(len(true), -1)
        labels = labels[:, 0] if labels.shape[1] == 1 else labels
    weights = np.ones(labels.shape)
    for label, weight in class_weight.items():
        weights[labels == label] = weight
    return weights


def _by_name(value: Any, names: Sequence[str], what: str) -> dict[str, Any]:
    """Return the arrays by name, from one array, a list in order or a dict."""
    if value is None:
        raise DataError(f"{what}: expected an array, got None.")
    if isinstance(value, Mapping):
        for name in value:
            if name not in names:
                raise DataError(f"{what}: there is no {name!r}{did_you_mean(name, names)}.")
        missing = [name for name in names if name not in value]
        if missing:
            raise DataError(f"{what}: {missing[0]!r} is missing; expected {', '.join(names)}.")
        return dict(value)
    if len(names) == 1:
        only = isinstance(value, (list, tuple)) and len(value) == 1 and hasattr(value[0], "shape")
        return {names[0]: value[0] if only and getattr(value[0], "ndim", 0) > 1 else value}
    if not isinstance(value, (list, tuple)) or len(value) != len(names):
        got = f"{len(value)}" if isinstance(value, (list, tuple)) else type(value).__name__
        raise DataError(f"{what}: expected a list of {len(names)} arrays ({', '.join(names)}), got {got}.")
    return dict(zip(names, value, strict=True))


def _numbers(value: Any, what: str) -> Array:
    """Return ``value`` as an array of numbers with at least one sample."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise DataError(f"{what}: expected rows of one length, got ragged ones; pad them.") from None
    if problem := array_problem(array):
        raise DataError(f"{what}: expected numbers, got {problem}.")
    if array.ndim == 0:
        raise DataError(f"{what}: expected an array of samples, got a single number.")
    if array.size == 0:
        raise DataError(f"{what}: expected at least one sample, got an empty array of shape {array.shape}.")
    return array


def _native(array: Array, dtype: np.dtype) -> Array:
    """Return the array in ``dtype``, in the machine's byte order and C order."""
    return np.ascontiguousarray(array, dtype=dtype)


def _check_sample_shape(array: Array, shape: Shape, what: str) -> None:
    if array.shape[1:] == shape:
        return
    expected = ", ".join(map(str, ("samples", *shape)))
    message = f"{what}: expected ({expected}), got {array.shape}."
    if array.ndim == len(shape) + 1:
        axis = next(a for a, size in enumerate(shape) if size != array.shape[a + 1])
        message += f" Axis {axis + 1} must be {shape[axis]}, as the model was built with."
    elif array.shape == shape:
        message += f" For a single sample write {what}[None]."
    else:
        message += f" It has {array.ndim} axes, not {len(shape) + 1}."
    raise DataError(message)


def check_finite(array: Array, what: str) -> None:
    """Raise `DataError` that names the first index where ``array`` is NaN or infinite."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    raise DataError(f"{what}: expected finite numbers, got {array[index]} at index {index}.")


def _fitted(array: Array, shape: Shape, what: str) -> Array:
    """Return the true values in the shape of the outputs; an axis of one may be missing or too many."""
    if array.shape[1:] == shape:
        return array
    if shape[-1:] == (1,) and array.shape[1:] == shape[:-1]:
        return array[..., None]
    if array.shape[-1:] == (1,) and array.shape[1:-1] == shape and array.ndim > 1:
        return array[..., 0]
    expected = ", ".join(map(str, ("samples", *shape))) + ("," if not shape else "")
    raise DataError(f"{what}: expected ({expected}) to match the model's output, got {array.shape}.")


def _labels(array: Array, classes: int, what: str) -> Array:
    if array.dtype.kind == "f" and (array != np.floor(array)).any():
        raise DataError(f"{what}: expected whole numbers as labels, got {array.dtype} with fractions.")
    outside = (array < 0) | (array >= classes)
    if outside.any():
        index = tuple(int(i) for i in np.argwhere(outside)[0])
        raise DataError(
            f"{what}: expected labels from 0 to {classes - 1}, the model has {classes} outputs; "
            f"got {array[index]:g} at index {index}."
        )
    return array


def _check_range(array: Array, bounds: tuple[float, float], what: str) -> None:
    outside = (array < bounds[0]) | (array > bounds[1])
    if outside.any():
        index = tuple(int(i) for i in np.argwhere(outside)[0])
        raise DataError(
            f"{what}: the loss expects values from {bounds[0]:g} to {bounds[1]:g}, "
            f"got {array[index]:g} at index {index}."
        )


def _check_lengths(arrays: Mapping[str, Array], what: str) -> None:
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{name}: {count}" for name, count in lengths.items())
        raise DataError(f"{what}: expected as many samples everywhere, got {counts}.")
