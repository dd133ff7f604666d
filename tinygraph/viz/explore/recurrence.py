"""What recurrent layers do in time, as plain records: gates, states, gradients, sums over steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from tinygraph.graph import Node
from tinygraph.ops import Parameter
from tinygraph.viz.backprop import Backprop
from tinygraph.viz.explore.store import Store
from tinygraph.viz.levels.scopes import where
from tinygraph.viz.observe import Array, norm
from tinygraph.viz.series import series_of, states_of

#: Where a gate of values from 0 to 1, and one from -1 to 1, is counted as saturated.
LOW, HIGH = 0.1, 0.9
_ONE_SIDED, _TWO_SIDED = {"sigmoid"}, {"tanh"}


class Recurrence:
    """Records of the recurrent layers of a declared graph, whose values and node numbers are known."""

    def __init__(
        self, passes: Backprop, values: Mapping[Node, Array], number: Mapping[Node, int], store: Store
    ):
        self.passes, self.values, self.number, self.store = passes, values, number, store

    def layers(self) -> Iterator[dict[str, Any]]:
        """Yield a record for each use of a recurrent layer."""
        for layer, unrolled in self.passes.unrolled:
            states, series = states_of(unrolled), series_of(unrolled)
            slopes = {
                name: [self.passes.adjoint.get(node) for node in nodes] for name, nodes in states.items()
            }
            shares = {name: share for name, nodes in series.items() if (share := self._saturation(nodes))}
            yield {
                "scope": unrolled.scope,
                "label": layer.name,
                "type": type(layer).__name__,
                "steps": len(unrolled.times),
                "order": list(unrolled.times),
                "states": list(states),
                "series": {name: [self.number[node] for node in nodes] for name, nodes in series.items()},
                "gradients": {name: [self._number(node) for node in found] for name, found in slopes.items()},
                "norms": {name: self.store.reference(self._norms(found)) for name, found in slopes.items()},
                "saturation": {name: self.store.reference(share) for name, share in shares.items()},
            }

    def weights(self) -> Iterator[dict[str, Any]]:
        """Yield a record for each trained weight that several time steps share: what each adds to dW."""
        for weight in self.passes.weights:
            terms = self._terms(weight)
            if len({where(node.scope).step for node in terms} - {None}) < 2:
                continue
            parts = [
                (place, list(nodes)) for place, nodes in groupby(terms, lambda node: where(node.scope)[1:])
            ]
            sums = [np.sum([self.values[node] for node in nodes], axis=0) for _, nodes in parts]
            yield {
                "node": self.number[weight],
                "label": weight.label,
                "layer": where(weight.scope).layer,
                "gradient": self.number[self.passes.adjoint[weight]],
                "parts": [
                    {"layer": layer, "step": step, "nodes": [self.number[node] for node in nodes]}
                    for (layer, step), nodes in parts
                ],
                "norms": self.store.reference([norm(total) for total in sums]),
            }

    def _terms(self, weight: Parameter) -> Sequence[Node]:
        """The nodes that dW is the sum of, in the order in which they are added."""
        slope = self.passes.adjoint.get(weight)
        if slope is None:
            return ()
        summed = slope.op.name == "add_n" and where(slope.scope).step is None
        return slope.inputs if summed else (slope,)

    def _number(self, node: Node | None) -> int:
        return -1 if node is None else self.number.get(node, -1)

    def _norms(self, nodes: Sequence[Node | None]) -> list[float]:
        return [0.0 if node is None else norm(self.values[node]) for node in nodes]

    def _saturation(self, nodes: Sequence[Node]) -> list[float]:
        """The share of units at every step that are near an end of their range; nothing without a range."""
        kinds = {node.op.name for node in nodes}
        values = [self.values[node] for node in nodes]
        if kinds <= _ONE_SIDED:
            return [float(np.mean((value < LOW) | (value > HIGH))) for value in values]
        if kinds <= _TWO_SIDED:
            return [float(np.mean(np.abs(value) > HIGH)) for value in values]
        return []
