"""`Metric`: sums over samples that the graph computes, and the number that the host makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.compile import Function, compile
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn.checks import array_problem
from tinygraph.nn.registry import Configurable, snake_case

Array = np.ndarray[Any, Any]


class Metric(Configurable):
    """The base of all metrics: a subclass has ``statistics``, nodes, and ``result_of`` their sums.

    In a training program the statistics of each batch are added up inside the graph. Alone, a metric is
    used as in Keras: ``update_state`` adds a batch of arrays, ``result`` is the value for all so far, and
    ``reset_state`` begins afresh.

    Args:
        name: what it is reported as; made from the class if not given.

    >>> import tinygraph as tg
    >>> from tinygraph.nn import metrics
    >>> class LargestError(metrics.Metric):
    ...     def statistics(self, y_true, y_pred, sample_weight=None):
    ...         return [tg.max(abs(y_true - y_pred)), tg.ones(())]
    ...     def result_of(self, statistics):
    ...         return float(statistics[0] / statistics[1])
    >>> metric = LargestError()
    >>> metric.update_state([[1.0], [2.0]], [[1.0], [5.0]]); metric.update_state([[4.0]], [[5.0]])
    >>> metric.result()
    2.0
    """

    #: whether less is better, ``"min"``, or more, ``"max"``; None if it depends
    direction: str | None = None
    #: whether ``statistics`` takes ``inputs``, too: in training those of the model, nodes by name
    takes_inputs = False

    def __init__(self, name: str | None = None):
        self.name = name or snake_case(type(self).__name__)
        self._sums: list[Array] | None = None
        self._function = lru_cache(maxsize=8)(self._compiled)

    def statistics(self, y_true: Node, y_pred: Node, sample_weight: Node | None = None) -> list[Node]:
        """Return what is added up over batches: nodes whose shapes do not depend on the batch.

        Args:
            y_true: the targets.
            y_pred: the predictions, (batch, ...).
            sample_weight: (batch,), or what broadcasts to the values axis by axis; a mask does, too.
        """
        raise NotImplementedError(f"{type(self).__name__} must define statistics(self, y_true, y_pred, ...).")

    def result_of(self, statistics: Sequence[Array]) -> Any:
        """Return the metric for the sums of ``statistics`` over all batches: a float, or an array of them."""
        raise NotImplementedError(f"{type(self).__name__} must define result_of(self, statistics).")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None, **more: Any) -> None:
        """Add a batch of arrays. It is computed in the precision of the arrays.

        ``more`` is what else ``statistics`` takes, such as ``inputs``.
        """
        for name, value in (("y_true", y_true), ("y_pred", y_pred)):
            if value is None:
                raise GraphError(f"{type(self).__name__}: expected numbers as {name}, got None.")
        given = {"y_true": y_true, "y_pred": y_pred, "sample_weight": sample_weight, **more}
        feeds = {name: self._array(name, value) for name, value in given.items() if value is not None}
        function = self._function(*((name, array.shape, array.dtype) for name, array in feeds.items()))
        new = function(**{name: feeds[name] for name in function.inputs})
        self._sums = new if self._sums is None else [a + b for a, b in zip(self._sums, new, strict=True)]

    def result(self) -> Any:
        """Return the metric for all batches since `reset_state`; raises RuntimeError without any."""
        if self._sums is None:
            raise RuntimeError(f"{type(self).__name__}: no result yet; call update_state first.")
        return self.result_of(self._sums)

    def reset_state(self) -> None:
        """Forget all batches."""
        self._sums = None

    def _compiled(self, *inputs: tuple[str, Shape, np.dtype]) -> Function:
        nodes = {name: ops.input(name, shape, dtype) for name, shape, dtype in inputs}
        known = [nodes.pop(name) for name in ("y_true", "y_pred", "sample_weight") if name in nodes]
        return compile(self.statistics(*known, **nodes))

    def _array(self, name: str, value: Any) -> Array:
        """Return ``value`` as an array of one of the dtypes that graphs know."""
        array = np.asarray(value)
        if problem := array_problem(array):
            raise GraphError(f"{type(self).__name__}: expected numbers as {name}, got {problem}.")
        if array.dtype.kind == "f":
            return array.astype("float32" if array.dtype.itemsize <= 4 else "float64", copy=False)
        return array.astype("bool" if array.dtype.kind == "b" else "int64", copy=False)


def ratio(part: Any, whole: Any) -> Array:
    """part / whole of each element, 0 where the whole is 0."""
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole != 0)


def wide(node: Node) -> Node:
    """Return ``node`` in float64, which adds up many batches without losing digits."""
    return ops.cast(node, dtype="float64")
