"""Observed values: what nodes are worth on given data, computed as they are written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tinygraph.compile import compile
from tinygraph.graph import Graph, Node
from tinygraph.ops import Parameter, constant

Array = np.ndarray[Any, Any]


def observe(nodes: Iterable[Node], feeds: Mapping[str, Any] | None = None) -> dict[Node, Array]:
    """Return the values of ``nodes`` for inputs by name, from the graph as it is: not rewritten, in NumPy.

    Parameters have the values that they have now, and keep them: counters of random numbers do not
    advance. An input that no node needs is left aside.

    Raises:
        GraphError: an input is missing, or does not fit.

    >>> import tinygraph as tg
    >>> x = tg.input("x", (2,))
    >>> y = tg.tanh(x)
    >>> {node.label: value.tolist() for node, value in observe([x, y], {"x": [0.0, 1000.0]}).items()}
    {'x': [0.0, 1000.0], 'tanh': [0.0, 1.0]}
    """
    graph = Graph({str(number): node for number, node in enumerate(dict.fromkeys(nodes))})
    values: dict[Node, Node] = {
        leaf: constant(leaf.value, dtype=leaf.dtype) for leaf in graph.leaves if isinstance(leaf, Parameter)
    }
    run = compile(graph.substitute(values).outputs, rewrite=False)
    found = run(**{name: array for name, array in (feeds or {}).items() if name in run.inputs})
    return {node: found[number] for number, node in graph.outputs.items()}


def norm(value: Array) -> float:
    """Return the root of the sum of squares of all elements, taken in float64; NaN and infinity pass through.

    >>> norm(np.array([[3.0], [4.0]], "float32"))
    5.0
    """
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(value.astype("float64")))
