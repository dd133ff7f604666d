"""Fused elementwise operations as machine code, compiled with llvmlite: the extra ``fast``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

try:
    import llvmlite
    import llvmlite.binding as llvm
except ImportError as problem:
    from tinygraph.backends import BackendError

    raise BackendError(
        f"jit_compile: llvmlite cannot be imported ({problem}); pip install 'tinygraph[fast]'."
    ) from None

from tinygraph.backends.fast import call, finite, kernel, library
from tinygraph.backends.fast.machine import machine
from tinygraph.backends.numpy import NumpyBackend
from tinygraph.graph import Graph, Node
from tinygraph.ops import all_finite
from tinygraph.ops.fused import fused


class FastBackend(NumpyBackend):
    """NumPy, except that fused operations, and the look for what is not finite, run as machine code."""

    def bind(self, node: Node, inputs: Sequence[Any], out: Any) -> Callable[[], Any]:
        """Return a call without arguments that computes ``node`` into ``out``."""
        if node.op is all_finite:
            block = finite.block(inputs, out)
            if block is not None:
                return call.kept(library.function(finite.source(machine().host)), block, [*inputs, out])
        if node.op is fused:
            bound = call.bound(node.attrs["graph"], inputs, out)
            if bound is not None:
                varies = tuple(step != 0 for _, step in bound.space.strides[: len(inputs)])
                text = source(node.attrs["graph"], varies, bound.space.cols == 1)
                return call.call(bound, library.function(text))
        return super().bind(node, inputs, out)


@lru_cache(maxsize=4096)
def source(graph: Graph, varies: tuple[bool, ...], one_column: bool) -> str:
    """The text of a kernel."""
    return kernel.source(graph, varies, one_column, machine().host)


def describe() -> str:
    """Say which compiler and processor these are."""
    version = ".".join(map(str, llvm.llvm_version_info))
    return f"kernels compiled by llvmlite {llvmlite.__version__} (LLVM {version}) for {machine().cpu}"
