"""`Writer`: collects the operators, weights and names of one ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.exchange.onnx.probes import Probes, Product
from tinygraph.graph import Node

Array = np.ndarray[Any, Any]

#: ONNX' numbers for dtypes
DTYPES = {"float32": 1, "int32": 6, "int64": 7, "bool": 9, "float64": 11}


class OpenSize(ValueError):
    """A size that is open, where ONNX needs a number."""


@dataclass
class Operator:
    """One operator of the graph: its kind, its name, and the names of what it takes and gives."""

    kind: str
    name: str
    inputs: list[str]
    results: list[str]
    attrs: dict[str, Any]


class Writer:
    """What is written so far. `emit` functions add operators; values go by name."""

    def __init__(self, probes: Probes):
        self.probes = probes
        #: node of the traced graph -> the name of its value, or of each of several
        self.names: dict[Node, Any] = {}
        self.operators: list[Operator] = []
        #: the name of a value -> the operator that it comes from
        self.made: dict[str, Operator] = {}
        self.arrays: dict[str, Array] = {}
        #: the names of the graph's outputs
        self.outputs: list[str] = []
        #: where the nodes stand that are written now
        self.place = ""
        self._known: dict[Any, str] = {}
        self._taken: set[str] = {""}
        self._written: dict[Any, Operator] = {}

    def name(self, wanted: str) -> str:
        """Return a name that is not taken: ``wanted``, or with a number."""
        name, count = wanted, 1
        while name in self._taken:
            count += 1
            name = f"{wanted}_{count}"
        self._taken.add(name)
        return name

    def add(self, operator: str, inputs: Sequence[str], **attrs: Any) -> str:
        """Write an operator of one result, and return the result's name."""
        return self.add_several(operator, inputs, [""], **attrs)[0]

    def add_several(
        self, operator: str, inputs: Sequence[str], endings: Sequence[str], **attrs: Any
    ) -> list[str]:
        """Write an operator, and return the names of its results, which have these endings.

        The same on the same is written once.
        """
        key = (operator, tuple(inputs), repr(attrs))
        if key in self._written:
            return self._written[key].results
        name = self.name(f"{self.place}/{operator}" if self.place else operator)
        results = [self.name(f"{name}{ending}:0") for ending in endings]
        self._written[key] = Operator(operator, name, list(inputs), results, attrs)
        self.made.update(dict.fromkeys(results, self._written[key]))
        self.operators.append(self._written[key])
        return results

    def array(self, value: Any, dtype: Any = None, name: str = "constant") -> str:
        """Return the name of an array that is written with the graph; equal ones are written once."""
        array = np.ascontiguousarray(value, dtype=dtype).reshape(np.shape(value))
        key = (array.dtype.name, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = self.kept(array, name)
        return self._known[key]

    def kept(self, array: Array, name: str, key: Any = None) -> str:
        """Return the name of a weight; that of one ``key`` is written once."""
        if key is None or key not in self._known:
            found = self.name(name)
            self.arrays[found] = array
            if key is None:
                return found
            self._known[key] = found
        return self._known[key]

    def cast(self, name: str, came: np.dtype, wanted: np.dtype) -> str:
        """The value in another dtype."""
        return name if came == wanted else self.add("Cast", [name], to=DTYPES[np.dtype(wanted).name])

    def shape(self, sizes: Sequence[Product | None]) -> str:
        """The name of a shape, made at run time if sizes are open."""
        if any(size is None for size in sizes):
            raise OpenSize("a size is no multiple of open ones")
        if not any(size.sizes for size in sizes if size):
            return self.array([size.factor for size in sizes if size], "int64")
        parts = [self._size(size) for size in sizes if size]
        return parts[0] if len(parts) == 1 else self.add("Concat", parts, axis=0)

    def _size(self, size: Product) -> str:
        """The name of a size as an array of one element."""
        result = self.array([size.factor], "int64") if size.factor != 1 or not size.sizes else ""
        for each in size.sizes:
            found = self._known.get(each)
            if found is None:
                place, axis = each.axes[0]
                source = self.names[self.probes.inputs[place]]
                found = self.add("Shape", [source], start=axis, end=axis + 1)
                self._known[each] = found
            result = self.add("Mul", [result, found]) if result else found
        return result

    def finished(self, values: Sequence[str]) -> list[Operator]:
        """Return the operators that are needed, such that the outputs' names are those of these values."""
        self.place = ""
        renamed: dict[str, str] = {}
        for output, value in zip(self.outputs, values, strict=True):
            if value in self.made and value not in renamed:
                renamed[value] = output
            else:
                self.operators.append(Operator("Identity", self.name("Identity"), [value], [output], {}))
        needed, kept = {*self.outputs, *renamed}, []
        for operator in reversed(self.operators):
            if needed.isdisjoint(operator.results):
                continue
            needed.update(operator.inputs)
            if operator.kind in ("LSTM", "GRU", "RNN"):  # what nobody reads, a runtime need not make
                operator.results = [name if name in needed else "" for name in operator.results]
            operator.inputs = [renamed.get(name, name) for name in operator.inputs]
            operator.results = [renamed.get(name, name) for name in operator.results]
            kept.append(operator)
        return kept[::-1]
