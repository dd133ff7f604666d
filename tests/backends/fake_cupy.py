"""NumPy under CuPy's names: control flow without a GPU, and kernels as C++ where there is a compiler."""

from __future__ import annotations

import types

import numpy as np
from backends.cuda_on_host import HostKernel


class DeviceArray(np.ndarray):
    """An array that stands for one on a device: NumPy functions on it and host arrays do not mix.

    ``looks`` counts how often the host waited for a value.
    """

    looks = 0

    def set(self, host, stream=None):
        assert type(host) is np.ndarray
        assert host.flags.c_contiguous
        assert (host.shape, host.dtype) == (self.shape, self.dtype)
        np.copyto(self.view(np.ndarray), host)

    @property
    def data(self):
        return types.SimpleNamespace(ptr=self.ctypes.data)

    def __bool__(self):
        DeviceArray.looks += 1
        return bool(self.view(np.ndarray))

    def __float__(self):
        DeviceArray.looks += 1
        return float(self.view(np.ndarray))


class FakeStream:
    """A stream whose work is done at once, except while it is captured."""

    capturing = None

    def __init__(self, non_blocking=False):
        self.waited = []

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        pass

    def begin_capture(self):
        FakeStream.capturing = []

    def end_capture(self):
        launches, FakeStream.capturing = FakeStream.capturing, None
        return FakeGraph(launches)

    def wait_event(self, event):
        self.waited.append(event)


class FakeGraph:
    """What was captured: launched as often as one likes."""

    launched = 0

    def __init__(self, launches):
        self.launches = launches

    def launch(self):
        FakeGraph.launched += 1
        for launch in self.launches:
            launch()


class FakeKernel(HostKernel):
    """A kernel whose launches are written down, not made, while a stream is captured."""

    launched = 0

    def __call__(self, *given):
        if FakeStream.capturing is not None:
            FakeStream.capturing.append(lambda: HostKernel.__call__(self, *given))
        else:
            FakeKernel.launched += 1
            super().__call__(*given)


class FakeEvent:
    """An event that has always happened."""

    def __init__(self, disable_timing=False):
        pass

    def record(self, stream):
        assert isinstance(stream, FakeStream)

    def synchronize(self):
        pass


def asnumpy(array):
    DeviceArray.looks += 1
    return np.array(array.view(np.ndarray))


def fake_cupy() -> types.ModuleType:
    """NumPy under cupy's names, with arrays of a type of their own."""
    module = types.ModuleType("cupy")

    def computed(name):
        assert FakeStream.capturing is None, f"cupy.{name} may allocate while a stream is captured"
        return getattr(np, name)

    module.__getattr__ = computed  # type: ignore[method-assign]
    module.__version__ = "0.0"
    module.ndarray = DeviceArray
    module.empty = lambda shape, dtype: np.empty(shape, dtype).view(DeviceArray)
    module.zeros = lambda shape, dtype: np.zeros(shape, dtype).view(DeviceArray)
    module.asarray = lambda value, dtype=None: np.array(value, dtype).view(DeviceArray)
    module.asnumpy = asnumpy
    module.RawKernel = FakeKernel
    runtime = types.SimpleNamespace(
        getDeviceCount=lambda: 1,
        CUDARuntimeError=RuntimeError,
        getDeviceProperties=lambda number: {"name": b"a GPU made of NumPy"},
    )
    current = FakeStream()
    module.cuda = types.SimpleNamespace(
        runtime=runtime,
        Stream=FakeStream,
        Event=FakeEvent,
        get_current_stream=lambda: current,
        alloc_pinned_memory=bytearray,
    )
    return module
