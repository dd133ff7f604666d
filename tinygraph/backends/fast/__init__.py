"""Machine code for products and fused operations, compiled with llvmlite: the extra ``fast``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

try:
    import llvmlite
    import llvmlite.binding as llvm
except ImportError as problem:
    from tinygraph.backends import BackendError

    raise BackendError(
        f"jit_compile: llvmlite cannot be imported ({problem}); pip install 'tinygraph[fast]'."
    ) from None

from tinygraph.backends.commit import HostCommit
from tinygraph.backends.fast.binding import bound
from tinygraph.backends.fast.call import Call, Run, tapes
from tinygraph.backends.fast.machine import machine
from tinygraph.backends.fast.moving import moved
from tinygraph.backends.numpy import NumpyBackend
from tinygraph.graph import Node


class FastBackend(NumpyBackend):
    """NumPy, except that what there is machine code for runs as such, a whole stretch of calls as one."""

    def bind(self, node: Node, inputs: Sequence[Any], out: Any) -> Run:
        """Return a call without arguments that computes ``node`` into ``out``."""
        return bound(node, inputs, out, machine().host) or super().bind(node, inputs, out)

    def threads(self, largest: int) -> AbstractContextManager[None]:
        """There is nothing to choose: products in machine code take one thread."""
        return nullcontext()

    def bind_copies(self, pairs: Sequence[tuple[Any, Any]]) -> list[Run]:
        """Return calls that copy the first array of each pair into the second."""
        return [moved(out, value, machine().host) for value, out in pairs]

    def sequence(self, calls: Sequence[Run]) -> list[Run]:
        """Return calls that do the same one after another, each stretch of machine code as one."""
        return tapes(calls)

    def commit(self, calls: Sequence[Run], guard: Any) -> HostCommit:
        """Return what makes ``calls`` where ``guard`` is not False. Python sees to Ctrl-C between two calls,
        not within machine code."""
        calls = tapes(calls)
        return HostCommit(calls, guard, uninterrupted=len(calls) == 1 and isinstance(calls[0], Call))


def describe() -> str:
    """Say which compiler and processor these are."""
    version = ".".join(map(str, llvm.llvm_version_info))
    return f"kernels compiled by llvmlite {llvmlite.__version__} (LLVM {version}) for {machine().cpu}"
