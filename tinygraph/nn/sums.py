"""Statistics of many batches: sums that the graph adds to, and that the host reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.graph import Node, absolute_scope
from tinygraph.ops import Parameter


class Sums:
    """Statistics added up over batches, inside the graph: float64 parameters that each step adds to."""

    def __init__(self) -> None:
        self.parameters: dict[str, list[Parameter]] = {}

    def add(self, name: str, statistics: Sequence[Node]) -> dict[Parameter, Node]:
        """Return the updates that add ``statistics`` to the sums called ``name``."""
        wide = [ops.cast(node, dtype="float64") for node in statistics]
        self._make(name, [np.zeros(node.shape) for node in wide])
        return {total: total + node for total, node in zip(self.parameters[name], wide, strict=True)}

    def _make(self, name: str, values: Sequence[np.ndarray[Any, Any]]) -> None:
        if name not in self.parameters:
            with absolute_scope(f"metrics/{name}"):
                self.parameters[name] = [
                    ops.param(f"sum{k}", value, dtype="float64") for k, value in enumerate(values)
                ]

    def values(self, name: str) -> list[np.ndarray[Any, Any]]:
        """Return the sums."""
        return [total.value for total in self.parameters[name]]

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        """Begin afresh, and go on with what was there afterwards: for a step in the midst of an epoch."""
        before = {name: self.values(name) for name in self.parameters}
        self.reset()
        try:
            yield
        finally:
            self.restore(before)

    def restore(self, values: Mapping[str, Sequence[np.ndarray[Any, Any]]]) -> None:
        """Go on with sums that were here, or in another process, before."""
        self.reset()
        for name, sums in values.items():
            self._make(name, sums)
            for total, value in zip(self.parameters[name], sums, strict=True):
                total.assign(value)

    def reset(self) -> None:
        """Set all sums to zero."""
        for totals in self.parameters.values():
            for total in totals:
                total.cell.assign(np.zeros(()))


def mean(sums: Sequence[np.ndarray[Any, Any]]) -> float:
    """Return total / count of a pair of sums, NaN of nothing."""
    total, count = sums
    return float(total / count) if count else float("nan")
