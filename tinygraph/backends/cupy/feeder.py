"""Batches on their way to the device: they are copied while the steps before are still computed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Buffer(NamedTuple):
    """A batch in pinned host memory and on the device; ``arrived`` there, and ``taken`` from there."""

    host: dict[str, Array]
    device: dict[str, Any]
    arrived: Any
    taken: Any


class Feeder:
    """Brings host arrays, by name, into ``fed``: in two buffers in turn, on a stream of its own.

    The host waits only for the copy of the batch before the last. What waits for the step that is being
    computed is the last hop, from the buffer to where the program reads, and that is the device's own affair.
    """

    def __init__(self, xp: Any, fed: Mapping[str, Any]):
        self.xp = xp
        self.fed = fed
        self.stream = xp.cuda.Stream(non_blocking=True)
        self.buffers = [self._buffer(), self._buffer()]

    def __call__(self, feeds: Mapping[str, Array]) -> None:
        """Bring a batch."""
        buffer = self.buffers[0]
        self.buffers.reverse()
        buffer.arrived.synchronize()
        self.stream.wait_event(buffer.taken)
        for name, value in feeds.items():
            buffer.host[name][...] = value
            buffer.device[name].set(buffer.host[name], stream=self.stream)
        buffer.arrived.record(self.stream)
        current = self.xp.cuda.get_current_stream()
        current.wait_event(buffer.arrived)
        for name in feeds:
            self.xp.copyto(self.fed[name], buffer.device[name])
        buffer.taken.record(current)

    def _buffer(self) -> Buffer:
        event = self.xp.cuda.Event
        host = {name: self._pinned(array) for name, array in self.fed.items()}
        device = {name: self.xp.empty(array.shape, array.dtype) for name, array in self.fed.items()}
        return Buffer(host, device, event(disable_timing=True), event(disable_timing=True))

    def _pinned(self, array: Any) -> Array:
        """An array of host memory that the device can read by itself."""
        size = math.prod(array.shape)
        memory = self.xp.cuda.alloc_pinned_memory(max(1, size * array.itemsize))
        return np.frombuffer(memory, array.dtype, size).reshape(array.shape)
