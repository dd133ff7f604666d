"""What a model is trained towards: true values and weights of samples, checked against outputs and losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.graph import Shape
from tinygraph.nn.arrays import (
    Array,
    DataError,
    check_finite,
    check_lengths,
    check_whole,
    first_index,
    native,
    numbers,
)
from tinygraph.nn.checks import shown
from tinygraph.nn.data import Samples, by_name

if TYPE_CHECKING:
    from tinygraph.nn.graphed import Graphed
    from tinygraph.nn.head import Head


def targets_of(model: Graphed, heads: Sequence[Head], y: Any, where: str = "") -> Samples:
    """Check ``y`` (an array, a list or a dict of arrays by output) against the outputs and their losses."""
    trained = _trained(heads)
    outputs = dict(zip(model.output_names, model.outputs, strict=True))
    first = next(iter(trained.values()))
    shape = first.target_shape(outputs[first.name].shape)
    axes = (len(shape) + 1, len(shape)) if shape[-1:] == (1,) else (len(shape) + 1,)
    given = by_name(y, list(trained), f"{where}y", axes)
    arrays = {}
    for name, head in trained.items():
        what = f"{where}y" if len(trained) == 1 else f"{where}y[{name!r}]"
        array = numbers(given[name], what)
        check_finite(array, what, given[name])
        array = _fitted(array, head, outputs[name].shape, what)
        if head.takes_classes:
            _check_labels(array, outputs[name].shape[-1], getattr(head.loss, "ignore_class", None), what)
        elif head.loss is not None and head.loss.target_range is not None:
            _check_range(array, head.loss.target_range, what)
        dtype = np.dtype("int64") if head.takes_classes else outputs[name].dtype
        arrays[head.target] = native(array, dtype, what)
    check_lengths({f"{where}y[{head.name!r}]": arrays[head.target] for head in trained.values()})
    return Samples(arrays)


def weights_of(heads: Sequence[Head], targets: Samples, given: Any, where: str = "") -> dict[str, Array]:
    """Return the weight of each sample (or of each time step of it), by the name it is fed by."""
    if given is None:
        return {}
    trained, what = _trained(heads), f"{where}sample_weight"
    if isinstance(given, Mapping):
        each = by_name({**dict.fromkeys(trained), **given}, list(trained), what)
    elif isinstance(given, (list, tuple)) and len(trained) > 1:
        each = by_name(given, list(trained), what)
    else:
        each = dict.fromkeys(trained, given)
    weights = {}
    for name, head in trained.items():
        if each[name] is None:
            continue
        array = numbers(each[name], what)
        check_finite(array, what)
        true = targets.arrays[head.target].shape
        rows = true if head.takes_classes or head.takes_any or len(true) == 1 else true[:-1]
        if array.ndim > 1 and array.shape[-1] == 1 and array.shape[:-1] == rows[: array.ndim - 1]:
            array = array[..., 0]
        if array.shape != rows[: array.ndim]:
            either = f"{rows[:1]} or {rows}" if len(rows) > 1 else f"{rows}"
            raise DataError(f"{what}: expected a weight for each sample, {either}, got {array.shape}.")
        weights[head.sample_weight] = native(array, np.dtype("float64"), what)
    return weights


def class_weights_of(heads: Sequence[Head], targets: Samples, given: Any) -> dict[str, Array]:
    """Return the weight of each sample by its class: its label, the largest of a one-hot row, or the
    rounded value. A class without a weight has 1."""
    if given is None:
        return {}
    trained = list(_trained(heads).values())
    if len(trained) != 1:
        raise DataError("class_weight: needs a model with one output; use sample_weight for several.")
    true = targets.arrays[trained[0].target]
    if true.ndim > 1 and true.shape[-1] > 1 and not trained[0].takes_classes:
        labels = true.argmax(axis=-1)
    else:
        labels = np.rint(true).astype(np.int64)
        labels = labels[..., 0] if labels.ndim > 1 and labels.shape[-1] == 1 else labels
    weights = np.ones(labels.shape)
    for label, weight in _class_weights(given).items():
        weights[labels == label] = weight
    return {trained[0].sample_weight: weights}


def _trained(heads: Sequence[Head]) -> dict[str, Head]:
    return {head.name: head for head in heads if head.loss is not None}


def _class_weights(given: Any) -> dict[int, float]:
    if not isinstance(given, Mapping):
        raise DataError(f"class_weight: expected a dict {{label: weight}}, got {type(given).__name__}.")
    for label, weight in given.items():
        whole = isinstance(label, (int, np.integer)) and not isinstance(label, bool)
        number = isinstance(weight, (int, float, np.integer, np.floating)) and np.isfinite(weight)
        if not whole or not number or weight < 0:
            raise DataError(
                f"class_weight: expected whole numbers as labels and finite weights of at least 0, "
                f"got {label!r}: {weight!r}."
            )
    return dict(given)


def _fitted(array: Array, head: Head, output: Shape, what: str) -> Array:
    """Return the true values in the shape of the outputs; an axis of one may be missing or too many."""
    shape = head.target_shape(output)
    if array.shape[1:] == shape:
        return array
    if shape[-1:] == (1,) and array.shape[1:] == shape[:-1]:
        return array[..., None]
    if array.shape[-1:] == (1,) and array.shape[1:-1] == shape and array.ndim > 1:
        return array[..., 0]
    if head.takes_any:
        return array
    expected = shown(["samples", *shape])
    message = f"{what}: expected {expected} to match the output {head.name!r}, got {array.shape}."
    if head.takes_classes and array.shape[1:] == output:
        message += " Labels are whole numbers; for one-hot rows use 'categorical_crossentropy'."
    elif array.shape[1:] == output[:-1] and type(head.loss).__name__ == "CategoricalCrossentropy":
        message += " One-hot rows are needed; for labels use 'sparse_categorical_crossentropy'."
    raise DataError(message)


def _check_labels(array: Array, classes: int, ignored: int | None, what: str) -> None:
    check_whole(array, what)
    outside = (array < 0) | (array >= classes)
    if ignored is not None:
        outside &= array != ignored
    if outside.any():
        index = first_index(outside)
        raise DataError(
            f"{what}: expected labels from 0 to {classes - 1}, as the output has {classes} classes; "
            f"got {array[index]:g} at index {index}."
        )


def _check_range(array: Array, bounds: tuple[float, float], what: str) -> None:
    outside = (array < bounds[0]) | (array > bounds[1])
    if outside.any():
        index = first_index(outside)
        raise DataError(
            f"{what}: the loss expects values from {bounds[0]:g} to {bounds[1]:g}, "
            f"got {array[index]:g} at index {index}."
        )
