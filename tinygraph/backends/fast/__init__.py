"""Machine code for products and fused operations, compiled with llvmlite: the extra ``fast``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

try:
    import llvmlite
    import llvmlite.binding as llvm
except ImportError as problem:
    from tinygraph.backends import BackendError

    raise BackendError(
        f"jit_compile: llvmlite cannot be imported ({problem}); pip install 'tinygraph[fast]'."
    ) from None

from tinygraph.backends.fast import copying, elementwise, finite, product, reduction
from tinygraph.backends.fast.call import Call, Run, tapes
from tinygraph.backends.fast.machine import machine
from tinygraph.backends.numpy import NumpyBackend
from tinygraph.graph import Node
from tinygraph.ops import affine, all_finite, copy, matmul, mean, reshape, sum
from tinygraph.ops.fused import fused


class FastBackend(NumpyBackend):
    """NumPy, except that what there is machine code for runs as such, a whole stretch of calls as one."""

    def bind(self, node: Node, inputs: Sequence[Any], out: Any) -> Run:
        """Return a call without arguments that computes ``node`` into ``out``."""
        host = machine().host
        bound: Run | None = None
        if node.op is fused:
            bound = elementwise.call(node.attrs["graph"], inputs, out, host)
        elif node.op in (matmul, affine):
            bound = product.call(inputs, out, host)
        elif node.op is all_finite:
            bound = finite.call(inputs, out, host)
        elif node.op in (sum, mean):
            axis = node.attrs["axis"]
            divisor = 1 if node.op is sum else inputs[0].size // max(1, out.size)
            bound = reduction.call(inputs[0], out, axis, divisor, host)
        elif node.op is copy:
            bound = copying.call(out, inputs[0], host)
        elif node.op.view is not None and node.op.view.of_strided:
            bound = copying.call(out, node.op.view.make(np, inputs[0], **node.attrs), host)
        elif node.op is reshape:
            bound = copying.call(out.reshape(inputs[0].shape), inputs[0], host)
        return bound or super().bind(node, inputs, out)

    def copying(self, array: Any, value: Any) -> Run:
        """Return a call that copies ``value`` into ``array``."""
        return copying.call(array, value, machine().host) or super().copying(array, value)

    def recorded(self, calls: Sequence[Run]) -> list[Run]:
        """Return calls that do the same one after another, each stretch of machine code as one."""
        return tapes(calls)

    def uninterrupted(self, calls: Sequence[Run]) -> bool:
        """Python sees to Ctrl-C between two calls, not within machine code."""
        return len(calls) == 1 and isinstance(calls[0], Call)


def describe() -> str:
    """Say which compiler and processor these are."""
    version = ".".join(map(str, llvm.llvm_version_info))
    return f"kernels compiled by llvmlite {llvmlite.__version__} (LLVM {version}) for {machine().cpu}"
