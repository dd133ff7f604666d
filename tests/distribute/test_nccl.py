"""Sums over GPUs: on them where there are two, and else what NCCL is told, by something in CuPy's place."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest
from distribute.launch import mpirun

import tinygraph as tg
from tinygraph.backends import BackendError
from tinygraph.backends.cupy.nccl import Communicator


class Ranks:
    """Rank 2 of 6, to which root has sent its id."""

    rank, size = 2, 6

    def same(self, value):
        assert value is None  # only root makes one
        return "the id of root"


class Library(types.ModuleType):
    """In place of cupy.cuda.nccl: it notes what it is told."""

    available = True
    NCCL_FLOAT32, NCCL_FLOAT64, NCCL_SUM = 7, 8, 0

    def __init__(self, told):
        super().__init__("cupy_of_the_test.cuda.nccl")
        self.told = told

    def get_unique_id(self):
        raise AssertionError("this is not root")

    def NcclCommunicator(self, *arguments):
        self.told.append(("communicator", *arguments))
        return types.SimpleNamespace(allReduce=lambda *sent: self.told.append(("sum", *sent)))


@pytest.fixture
def cupy(monkeypatch):
    """What stands in CuPy's place on a machine of two GPUs; ``told`` is what it was told."""
    told = []
    module = types.ModuleType("cupy_of_the_test")
    module.told, module.nccl = told, Library(told)
    module.cuda = types.SimpleNamespace(
        runtime=types.SimpleNamespace(getDeviceCount=lambda: 2),
        Device=lambda number: types.SimpleNamespace(use=lambda: told.append(("device", number))),
        get_current_stream=lambda: types.SimpleNamespace(ptr=99),
    )
    monkeypatch.setitem(sys.modules, "cupy_of_the_test", module)
    monkeypatch.setitem(sys.modules, "cupy_of_the_test.cuda", types.ModuleType("cuda"))
    monkeypatch.setitem(sys.modules, "cupy_of_the_test.cuda.nccl", module.nccl)
    return module


@pytest.mark.parametrize(("dtype", "kind"), [("float32", 7), ("float64", 8)])
def test_a_sum_is_told_in_place_on_the_stream_of_the_step(cupy, dtype, kind):
    array = types.SimpleNamespace(data=types.SimpleNamespace(ptr=1234), dtype=np.dtype(dtype), size=10)
    Communicator(cupy, Ranks(), local=1, count=2)(array)
    made = ("communicator", 6, "the id of root", 2)
    assert cupy.told == [("device", 1), made, ("sum", 1234, 1234, 10, kind, 0, 99)]


def test_more_ranks_than_gpus_are_refused(cupy):
    with pytest.raises(BackendError, match="3 ranks on a machine of 2 GPUs; start one rank for each GPU"):
        Communicator(cupy, Ranks(), local=0, count=3)


def test_without_nccl_the_message_says_what_to_install(cupy):
    cupy.nccl.available = False
    with pytest.raises(BackendError, match="CuPy finds no NCCL; pip install nvidia-nccl-cu12"):
        Communicator(cupy, Ranks(), local=0, count=1)


def test_two_gpus_train_as_one():
    device = next(device for device in tg.devices() if device.backend == "cupy")
    if not device.usable:
        pytest.skip(device.detail)
    import cupy

    if cupy.cuda.runtime.getDeviceCount() < 2:
        pytest.skip("there is one GPU")
    assert float(mpirun(2, "on_gpus.py").stdout) < 1e-10
