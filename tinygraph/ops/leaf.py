"""Leaves of a graph: inputs, parameters, constants and counters. They have no kernel: they are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygraph.defaults import floatx
from tinygraph.graph import OPS, GraphError, Kind, Node, Shape
from tinygraph.ops.cells import Cell, Stretch
from tinygraph.ops.rules import integer_shape, known_dtype

Array = np.ndarray[Any, Any]


class Leaf:
    """A kind of leaf; ``make`` is the function that makes one."""

    view = None
    picks = False
    gradient = None

    def __init__(self, name: str, make: Callable[..., Node], fed: bool = False):
        self.name = name
        #: whether a run is given its value
        self.fed = fed
        self.make = make
        OPS[name] = self

    def __call__(self, *args: Any, **attrs: Any) -> Node:
        """Make one."""
        return self.make(*args, **attrs)

    def __repr__(self) -> str:
        return f"<leaf {self.name}>"


class Parameter(Node):
    """A leaf with a value that training changes. The node is immutable; its value stands in a cell."""

    __slots__ = ()

    def __new__(cls: type[Kind], op: Leaf, value: Array, name: str) -> Kind:
        """A leaf of the shape and dtype of ``value``."""
        return Node.__new__(cls, op, (), {"cell": Cell(value)}, value.shape, value.dtype, name=name)

    @property
    def cell(self) -> Cell:
        """Where the value stands."""
        return self.attrs["cell"]

    @property
    def value(self) -> Array:
        """A copy of the value."""
        return np.array(self.cell.host())

    def assign(self, value: Any) -> None:
        """Replace the value by one of the same shape; raises `GraphError` and keeps it otherwise."""
        array = np.asarray(value)
        if array.shape != self.shape:
            raise GraphError(f"{self.label}: expected a value of {self.shape}, got {array.shape}.")
        self.cell.assign(array.astype(self.dtype))


class Counter(Parameter):
    """A whole number that every run of a program that uses it advances by one."""

    __slots__ = ()


class Part(Parameter):
    """A parameter whose value is ``span`` of another's, ``whole``, which is flat: writing one writes both."""

    __slots__ = ()

    def __new__(cls: type[Kind], whole: Parameter, span: slice, shape: Shape, name: str) -> Kind:
        """A leaf of ``shape``, which has as many elements as the span."""
        attrs = {"cell": Stretch(whole.cell, span, shape), "whole": whole, "span": span}
        return Node.__new__(cls, param_op, (), attrs, shape, whole.dtype, name=name)

    @property
    def whole(self) -> Parameter:
        """The parameter that this one is a part of."""
        return self.attrs["whole"]

    @property
    def span(self) -> slice:
        """Which elements of the whole these are."""
        return self.attrs["span"]


def checked(name: Any) -> str:
    """Return the name of a leaf, or raise `GraphError`."""
    if not isinstance(name, str) or not name:
        raise GraphError(f"expected a string as name, got {name!r}")
    return name


def array_of(value: Any, dtype: Any, name: str) -> Array:
    """Return ``value`` as an array of ``dtype``: floats take `floatx` unless it is given."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise GraphError(f"{name}: expected numbers, got rows of different lengths; pad them.") from None
    if array.dtype.kind not in "fiub":
        raise GraphError(f"{name}: expected numbers, got an array of {array.dtype}.")
    return np.array(array, dtype=known_dtype(dtype or _standard(array.dtype)), order="C")


def _standard(dtype: np.dtype) -> np.dtype:
    """Floats are `floatx`, whole numbers int64 (ids need no other), truth is bool."""
    return {"f": floatx(), "b": np.dtype(bool)}.get(dtype.kind, np.dtype("int64"))


def input(name: str, shape: Any, dtype: Any = None) -> Node:
    """A leaf that is fed at each run: ``compile(...)(name=array)``.

    Args:
        name: what it is fed by; unique in a graph.
        shape: whole numbers, the batch included: an op graph has no unknown dimension.
        dtype: float32, float64, int32, int64 or bool; `tinygraph.set_floatx`'s by default.

    >>> import tinygraph as tg
    >>> tg.input("x", (4, 3))
    <x float32[4, 3]>
    """
    try:
        return Node(input_op, (), {}, integer_shape(shape), known_dtype(dtype), name=checked(name))
    except GraphError as problem:
        raise GraphError(f"input {name!r}: {problem}.") from None


def param(name: str, value: Any, dtype: Any = None) -> Parameter:
    """A leaf with a value of its own, which `tinygraph.compile`'s ``updates`` may change.

    Args:
        name: for messages and drawings.
        value: an array; it is copied. Floats become `tinygraph.set_floatx`'s type unless dtype is given.

    >>> import tinygraph as tg
    >>> tg.param("w", [[1.0, 2.0]]).value
    array([[1., 2.]], dtype=float32)
    """
    return Parameter(param_op, array_of(value, dtype, checked(name)), name)


def constant(value: Any, dtype: Any = None, name: str = "") -> Node:
    """A leaf with a fixed value: a number or an array.

    >>> import tinygraph as tg
    >>> tg.constant([1.0, 2.0])
    <constant float32[2]>
    """
    array = array_of(value, dtype, name or "constant")
    array.flags.writeable = False
    # A Python float has more digits than float32: they are kept for those who compile in float64.
    attrs = {"value": array, "number": value} if type(value) is float else {"value": array}
    return Node(constant_op, (), attrs, array.shape, array.dtype, name=name)


def counter(name: str, start: int = 0) -> Counter:
    """A leaf that counts the runs of the programs it is used in: the step of a random number."""
    return Counter(counter_op, np.array(start, dtype="int64"), name)


def full(shape: Any, value: float, dtype: Any = None) -> Node:
    """A constant of one number everywhere; it takes the memory of that one number.

    >>> import tinygraph as tg
    >>> tg.compile(tg.full((2, 2), 3.0) + 1.0)()
    array([[4., 4.],
           [4., 4.]], dtype=float32)
    """
    number = np.asarray(value, dtype=known_dtype(dtype))
    array = np.broadcast_to(number, integer_shape(shape))
    return Node(constant_op, (), {"value": array, "number": value}, array.shape, array.dtype)


def zeros(shape: Any, dtype: Any = None) -> Node:
    """A constant of zeros: `full` with 0."""
    return full(shape, 0, dtype)


def ones(shape: Any, dtype: Any = None) -> Node:
    """A constant of ones: `full` with 1."""
    return full(shape, 1, dtype)


input_op = Leaf("input", input, fed=True)
param_op = Leaf("param", param)
constant_op = Leaf("constant", constant)
counter_op = Leaf("counter", counter)
