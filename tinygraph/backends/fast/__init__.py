"""Fused elementwise operations compiled to machine code with llvmlite: the `fast` extra."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from typing import Any

from tinygraph.backends.fast import call, kernel
from tinygraph.backends.fast.machine import machine
from tinygraph.backends.numpy import NumpyBackend
from tinygraph.graph import Graph, Node
from tinygraph.ops.fused import fused


class FastBackend(NumpyBackend):
    """NumPy, except that fused operations run as machine code."""

    def bind(self, node: Node, inputs: Sequence[Any], out: Any) -> Callable[[], Any]:
        """Return a call without arguments that computes ``node``."""
        if node.op is not fused:
            return super().bind(node, inputs, out)
        bound = call.bound(node.attrs["graph"], inputs, out)
        varies = tuple(step != 0 for _, step in bound.space.strides[: len(inputs)])
        text = source(node.attrs["graph"], varies, bound.space.cols == 1)
        return call.call(bound.space, bound, function(text))


@lru_cache(maxsize=4096)
def source(graph: Graph, varies: tuple[bool, ...], one_column: bool) -> str:
    """The text of a kernel."""
    return kernel.source(graph, varies, one_column, machine().host)


_loaded: dict[str, Any] = {}


def function(text: str) -> Callable[[int], None]:
    """The machine function of a text, compiled once."""
    key = hashlib.sha256(text.encode()).hexdigest()
    if key not in _loaded:
        _loaded[key] = machine().load(machine().compile(text), key)
    return _loaded[key][0]


@cache
def backend() -> FastBackend:
    return FastBackend()
