"""Shape rules that several operations share: what an operation needs, and the shape it then has."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from tinygraph.defaults import floatx
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.op import Rule

Inferred = tuple[Shape, np.dtype]


def inplace(rule: Rule, first: int = sys.maxsize) -> Rule:
    """Mark a rule whose kernels may write over one of their ``first`` inputs, if it has the result's
    shape and dtype."""
    rule.inplace = first  # type: ignore[attr-defined]
    return rule


def broadcast(*shapes: Shape) -> Shape:
    """Return the shape that ``shapes`` broadcast to, by NumPy's rule."""
    if shapes.count(shapes[0]) == len(shapes):
        return shapes[0]
    rank = max(map(len, shapes))
    result = [1] * rank
    for shape in shapes:
        for axis, size in enumerate(shape, rank - len(shape)):
            if result[axis] == 1:
                result[axis] = size
            elif size not in (1, result[axis]):
                raise GraphError("needs shapes that broadcast (equal, or 1, on each axis)")
    return tuple(result)


def promote(inputs: tuple[Node, ...]) -> np.dtype:
    """Return the dtype that holds all ``inputs``; whole numbers beside floats take the floats' dtype."""
    dtypes = [node.dtype for node in inputs]
    if dtypes.count(dtypes[0]) == len(dtypes):
        return dtypes[0]
    return np.result_type(*([dtype for dtype in dtypes if dtype.kind == "f"] or dtypes))


@inplace
def elementwise(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """Each element of the result comes from one element of each input, after broadcasting."""
    shape, dtype = inputs[0].shape, inputs[0].dtype
    for node in inputs:  # most often all are alike: to see that first takes half the time
        if node.shape != shape or node.dtype is not dtype:
            return broadcast(*[node.shape for node in inputs]), promote(inputs)
    return shape, dtype


@inplace
def elementwise_number(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """As `elementwise`, of numbers only: NumPy has no -True and an exp(True) of three digits."""
    shape, dtype = elementwise(inputs, attrs)
    return shape, number(dtype)


@inplace
def elementwise_float(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """As `elementwise`, of whole numbers too: the result is of a float dtype."""
    shape, dtype = elementwise_number(inputs, attrs)
    return shape, dtype if dtype.kind == "f" else floatx()


@inplace
def comparison(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """Each element of the result is the truth of a comparison, after broadcasting."""
    return broadcast(*(node.shape for node in inputs)), np.dtype(bool)


@inplace
def same_float(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """The result has the input's shape; axes count from the front, the dtype is a float one."""
    (x,) = inputs
    attrs["axis"] = axis_or_axes(attrs["axis"], x.ndim)
    return x.shape, x.dtype if number(x.dtype).kind == "f" else floatx()


def known_dtype(dtype: Any) -> np.dtype:
    """Return ``dtype``, by default `floatx`; one of the five that kernels know."""
    try:
        result = floatx() if dtype is None else np.dtype(dtype)
    except TypeError:
        result = None
    if result is None or result.name not in ("float32", "float64", "int32", "int64", "bool"):
        raise GraphError(f"expected dtype float32, float64, int32, int64 or bool, got {dtype!r}")
    return result


def number(dtype: np.dtype) -> np.dtype:
    """Return ``dtype``, which must not be that of truth values."""
    if dtype.kind == "b":
        raise GraphError("needs numbers, not True and False; cast them first")
    return dtype


def axis_of(axis: Any, ndim: int) -> int:
    """Return ``axis`` counted from the front; it must be one of ``ndim`` axes."""
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
        raise GraphError(f"needs a whole number as axis, not {axis!r}")
    if not -ndim <= axis < ndim:
        raise GraphError(f"needs an axis of {ndim} axes, not {axis}")
    return int(axis) % ndim


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return one, several or (None) all axes as a sorted tuple counted from the front."""
    if axis is None:
        return tuple(range(ndim))
    several = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(sorted(axis_of(a, ndim) for a in several))
    if len(set(axes)) != len(axes):
        raise GraphError(f"needs each axis once, not {tuple(several)}")
    return axes


def axis_or_axes(axis: Any, ndim: int) -> int | tuple[int, ...]:
    """Return one axis, or several of them, counted from the front."""
    return axes_of(axis, ndim) if isinstance(axis, (tuple, list)) else axis_of(axis, ndim)


def reduced(shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Shape:
    """Return ``shape`` after a reduction over ``axes``."""
    if keepdims not in (True, False):
        raise GraphError(f"needs keepdims True or False, not {keepdims!r}")
    if keepdims:
        return tuple(1 if axis in axes else size for axis, size in enumerate(shape))
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


def integer_shape(shape: Any) -> Shape:
    """Return ``shape`` as a tuple of whole numbers >= 0."""
    several = shape if isinstance(shape, (tuple, list)) else (shape,)
    for size in several:
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 0:
            raise GraphError(f"needs a shape of whole numbers >= 0, not {shape!r}")
    return tuple(map(int, several))
