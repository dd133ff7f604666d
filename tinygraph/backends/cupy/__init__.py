"""The CuPy backend: arrays on an NVIDIA GPU. CuPy is imported when the backend is first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.backends import BackendError, Call, Commit
from tinygraph.backends.commit import HostCommit
from tinygraph.backends.cupy.feeder import Feeder
from tinygraph.graph import Node

if TYPE_CHECKING:
    from tinygraph.backends.cupy.compiled import CompiledCupyBackend


class CupyBackend:
    """Runs the same kernels with CuPy, on the current GPU."""

    name = "cupy"
    immediate = False
    compiles_at_once = True

    def __init__(self, cupy: Any, device: CupyBackend | None = None):
        self.xp = cupy
        self.device = device or self

    def empty(self, size: int) -> Any:
        """Return ``size`` bytes of device memory; CuPy's pool aligns them to 512."""
        return self.xp.empty(size, dtype=np.uint8)

    def asarray(self, value: Any) -> Any:
        """Return the array on the device."""
        return self.xp.asarray(value)

    def to_host(self, array: Any) -> np.ndarray[Any, Any]:
        """Return a copy in host memory; waits for the device."""
        return np.asarray(self.xp.asnumpy(array))

    def copy(self, array: Any) -> Any:
        """Return a copy on the device."""
        return array.copy()

    def feeder(self, fed: Mapping[str, Any]) -> Feeder:
        """Return a call that brings host arrays, by name, into the arrays ``fed``."""
        return Feeder(self.xp, fed)

    def bind(self, node: Node, inputs: Sequence[Any], out: Any) -> Call:
        """Return a call without arguments that computes ``node`` into ``out``."""
        return partial(node.op.kernel, self.xp, *inputs, out=out, **node.attrs)

    def threads(self, largest: int) -> AbstractContextManager[None]:
        """A GPU has no threads to choose."""
        return nullcontext()

    def bind_copies(self, pairs: Sequence[tuple[Any, Any]]) -> Sequence[Call]:
        """Return calls that copy the first array of each pair into the second."""
        return [partial(self.xp.copyto, out, value) for value, out in pairs]

    def sequence(self, calls: Sequence[Call]) -> Sequence[Call]:
        """Return the calls."""
        return calls

    def commit(self, calls: Sequence[Call], guard: Any) -> Commit:
        """Return what makes ``calls`` where ``guard`` is not False; it waits for the device to know."""
        return HostCommit(calls, guard)

    def compiled(self) -> CompiledCupyBackend:
        """Return CuPy with kernels of our own, captured in CUDA graphs."""
        from tinygraph.backends.cupy.compiled import CompiledCupyBackend

        return CompiledCupyBackend(self.xp, self.device)


@cache
def backend() -> CupyBackend:
    """Return the one CuPy backend; raises `BackendError` where there is no CuPy or no GPU."""
    try:
        import cupy
    except ModuleNotFoundError as problem:
        why = f"CuPy needs {problem.name}" if problem.name != "cupy" else "CuPy is not installed"
        raise BackendError(f"backend 'cupy': {why}; pip install 'tinygraph[cupy]' for CUDA 12.") from None
    except ImportError as problem:
        raise BackendError(f"backend 'cupy': CuPy cannot be imported: {problem}.") from None
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as problem:
        raise BackendError(f"backend 'cupy': CUDA does not start: {problem}.") from None
    if not count:
        raise BackendError("backend 'cupy': CuPy is installed, but finds no GPU.")
    return CupyBackend(cupy)


def describe(backend: CupyBackend) -> str:
    """Say which CuPy and GPU these are."""
    properties = backend.xp.cuda.runtime.getDeviceProperties(0)
    return f"CuPy {backend.xp.__version__} on {properties['name'].decode()}"
