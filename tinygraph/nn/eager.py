"""Layers run at once, on arrays: a program for each set of shapes, of which the last few are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.compile import Function, compile
from tinygraph.graph import GraphError
from tinygraph.nn.arguments import put_back, take_out
from tinygraph.nn.checks import array_problem
from tinygraph.nn.latest import Latest
from tinygraph.nn.tracing import Trace
from tinygraph.ops import input

if TYPE_CHECKING:
    from tinygraph.nn.layer import Layer

Array = np.ndarray[Any, Any]


#: A result's form with slots for its arrays, the program that makes them, and what to ask before a run.
Made = tuple[dict[str, Any], Function, list[Callable[[], None]]]


class Programs:
    """The programs of one layer that is called on arrays."""

    def __init__(self, layer: Layer):
        self.layer = layer
        self.latest: Latest[Made] = Latest()

    def clear(self) -> None:
        """Drop all programs: the layer has changed."""
        self.latest = Latest()

    def run(
        self,
        values: Sequence[Any],
        several: bool,
        training: bool,
        arguments: Mapping[str, Any],
        extra: Sequence[Any],
    ) -> Any:
        """Return what the layer makes of the arrays; ``several`` says whether they came as a list."""
        arrays = [self.array(index, value) for index, value in enumerate(values)]
        more = [np.asarray(value) for value in extra]
        kinds = tuple((array.shape, array.dtype) for array in arrays + more)
        trainable = tuple(layer.trainable for layer in self.layer.family)
        key = (kinds, training, str(arguments), trainable)
        form, function, checks = self.latest.get(
            key, lambda: self._compiled(arrays, several, training, arguments, more)
        )
        for check in checks:
            check()
        feeds = {f"x{k}": array for k, array in enumerate(arrays + more)}
        results = function(**{name: feeds[name] for name in function.inputs})  # a mask may be of no use
        return put_back(form, results)["result"]

    def _compiled(
        self,
        arrays: Sequence[Array],
        several: bool,
        training: bool,
        arguments: Mapping[str, Any],
        extra: Sequence[Array],
    ) -> Made:
        """Return the form of the result, the program of what is in it, and what to ask before a run."""
        both = [*arrays, *extra]
        every = [input(f"x{k}", array.shape, dtype=array.dtype) for k, array in enumerate(both)]
        nodes, more = every[: len(arrays)], every[len(arrays) :]
        with Trace(training) as trace:
            given = put_back(arguments, more)
            result = self.layer.lower(nodes if several else nodes[0], training=training, **given)
        form, nodes = take_out({"result": result})
        function = compile(nodes, updates=trace.updates)
        function.lock = self.layer.turns
        return form, function, trace.checks

    def array(self, index: int, value: Any) -> Array:
        """Return an input as an array in one of the dtypes of graphs, or raise `GraphError`."""
        what = f"{self.layer.title}, input {index}"
        try:
            array = np.asarray(value)
            problem = array_problem(array) or ("a single number" if array.ndim == 0 else "")
        except ValueError:
            array, problem = np.empty(1), "rows of different lengths"
        if problem:
            raise GraphError(f"{what}: expected an array of numbers, got {problem}.")
        if array.size == 0:
            raise GraphError(f"{what}: expected at least one sample, got an empty array of {array.shape}.")
        self.layer.check_values(array, what, index)
        wanted = self.layer.wanted(index)
        floats = wanted if wanted.kind == "f" else self.layer.float
        dtype = {"b": np.dtype(bool), "f": floats}.get(array.dtype.kind, np.dtype("int64"))
        return array.astype(dtype, copy=False)
