"""One fused call of a few operations, run by NumPy or as machine code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph import Graph, Node, backends
from tinygraph.ops.fused import fused, part
from tinygraph.plan import plan
from tinygraph.run import Program


def one_call(build: Callable[..., Any], *values: np.ndarray) -> Graph:
    """The graph of one fused node that computes ``build(*nodes)``, one node or several."""
    inner = [tg.input(str(k), value.shape, value.dtype) for k, value in enumerate(values)]
    made = build(*inner)
    results: Sequence[Node] = [made] if isinstance(made, Node) else made
    outer = [tg.input(f"x{k}", value.shape, value.dtype) for k, value in enumerate(values)]
    whole = fused(*outer, graph=Graph({str(k): node for k, node in enumerate(results)}))
    return Graph({str(k): part(whole, index=k) for k in range(len(results))})


def run(graph: Graph, *values: np.ndarray, compiled: bool) -> list[np.ndarray]:
    """The outputs of `one_call`'s graph."""
    backend = backends.get("numpy")
    program = Program(plan(graph), backend.compiled() if compiled else backend)
    program.run({f"x{k}": value for k, value in enumerate(values)})
    return [program.value(name) for name in graph.outputs]


def compiled(build: Callable[..., Any], *values: np.ndarray) -> np.ndarray:
    """The one result of ``build`` as machine code."""
    (result,) = run(one_call(build, *values), *values, compiled=True)
    return result


def plain(build: Callable[..., Any], *values: np.ndarray) -> np.ndarray:
    """The one result of ``build`` in NumPy."""
    (result,) = run(one_call(build, *values), *values, compiled=False)
    return result
