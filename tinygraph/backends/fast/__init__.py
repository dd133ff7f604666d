"""Machine code for products and fused operations, compiled with llvmlite: the extra ``fast``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

try:
    import llvmlite
    import llvmlite.binding as llvm
except ImportError as problem:
    from tinygraph.backends import BackendError

    raise BackendError(
        f"jit_compile: llvmlite cannot be imported ({problem}); pip install 'tinygraph[fast]'."
    ) from None

from tinygraph.backends.fast import elementwise, finite, product
from tinygraph.backends.fast.call import tapes
from tinygraph.backends.fast.machine import machine
from tinygraph.backends.numpy import NumpyBackend
from tinygraph.graph import Node
from tinygraph.ops import all_finite, matmul
from tinygraph.ops.fused import fused

Run = Callable[[], Any]


class FastBackend(NumpyBackend):
    """NumPy, except that what there is machine code for runs as such, a whole stretch of calls as one."""

    def bind(self, node: Node, inputs: Sequence[Any], out: Any) -> Run:
        """Return a call without arguments that computes ``node`` into ``out``."""
        bound: Run | None = None
        if node.op is matmul:
            x, y = inputs
            bound = product.call(x, y, out, machine().host)
        elif node.op is all_finite:
            bound = finite.call(inputs, out, machine().host)
        elif node.op is fused:
            bound = elementwise.call(node.attrs["graph"], inputs, out, machine().host)
        return bound or super().bind(node, inputs, out)

    def recorded(self, calls: Sequence[Run]) -> list[Run]:
        """Return calls that do the same one after another, each stretch of machine code as one."""
        return tapes(calls)


def describe() -> str:
    """Say which compiler and processor these are."""
    version = ".".join(map(str, llvm.llvm_version_info))
    return f"kernels compiled by llvmlite {llvmlite.__version__} (LLVM {version}) for {machine().cpu}"
