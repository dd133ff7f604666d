"""Traces of recurrent layers: the values of gates and states at every time step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from tinygraph.graph import Node
from tinygraph.nn.arguments import put_back, take_out
from tinygraph.nn.layer import Layer
from tinygraph.nn.recurrent.rnn import RNN
from tinygraph.nn.tracing import Trace
from tinygraph.ops import constant
from tinygraph.viz.observe import Array, observe
from tinygraph.viz.series import series_of


def trace(layer: Layer, x: Any, training: bool = False, **arguments: Any) -> dict[Layer, dict[str, Array]]:
    """Return the series of each recurrent layer in ``layer``, run on the array ``x``: arrays by name.

    An array is (batch, time, ...), by the time of ``x`` also where the layer runs backwards. Nothing of the
    layer changes, but that it is built if it was not.
    """
    plain, extra = take_out(arguments)
    nodes = [constant(array, dtype=array.dtype) for array in map(np.asarray, extra)]
    array = layer.programs.array(0, x)
    with untouched(layer.family), Trace(training) as traced:
        layer.lower(constant(array, dtype=array.dtype), training=training, **put_back(plain, nodes))
        for check in traced.checks:
            check()
    series = {recurrent: series_of(unrolled) for recurrent, unrolled in traced.unrolled}
    values = observe(node for found in series.values() for nodes in found.values() for node in nodes)
    return {each: stacked(found, values) for each, found in series.items()}


def stacked(series: Mapping[str, Any], values: Mapping[Node, Array]) -> dict[str, Array]:
    """Return the values of each series as one array, (batch, time, ...)."""
    return {name: np.stack([values[node] for node in nodes], axis=1) for name, nodes in series.items()}


@contextmanager
def untouched(layers: Sequence[Layer]) -> Iterator[None]:
    """Let the lasting states of recurrent layers be afterwards as if nothing had been traced meanwhile."""
    with ExitStack() as stack:
        for each in layers:
            if isinstance(each, RNN):
                stack.enter_context(each.lasting.set_aside())
        yield
