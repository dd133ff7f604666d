"""Sums over several GPUs by NCCL, on the stream that everything else runs on: the host waits for nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tinygraph.backends import BackendError


class Communicator:
    """One rank's end of a sum over all ranks, of which each has a GPU of its own.

    Args:
        xp: CuPy.
        ranks: ``rank``, ``size`` and ``same(value)``, which spreads the id of the communicator.
        local, count: which of the ranks on this machine it is, and how many there are: each takes the GPU of
            its number, from now on.
    """

    def __init__(self, xp: Any, ranks: Any, local: int, count: int):
        devices = xp.cuda.runtime.getDeviceCount()
        if count > devices:
            raise BackendError(
                f"backend 'cupy': {count} ranks on a machine of {devices} GPUs; start one rank for each GPU."
            )
        self.xp = xp
        # CuPy imports it only where there is the library.
        self.nccl = import_module(f"{xp.__name__}.cuda.nccl")
        if not self.nccl.available:
            raise BackendError("backend 'cupy': CuPy finds no NCCL; pip install nvidia-nccl-cu12.")
        xp.cuda.Device(local).use()
        unique = ranks.same(self.nccl.get_unique_id() if ranks.rank == 0 else None)
        self.ends = self.nccl.NcclCommunicator(ranks.size, unique, ranks.rank)
        self.kinds = {"float32": self.nccl.NCCL_FLOAT32, "float64": self.nccl.NCCL_FLOAT64}

    def __call__(self, array: Any) -> None:
        """Replace the array by its sum over all ranks; it begins when what was started before is done."""
        at, kind = array.data.ptr, self.kinds[array.dtype.name]
        stream = self.xp.cuda.get_current_stream().ptr
        self.ends.allReduce(at, at, array.size, kind, self.nccl.NCCL_SUM, stream)
