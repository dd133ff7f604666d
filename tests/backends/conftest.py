"""The CuPy backend: on a cupy made of NumPy, and on a GPU where there is one."""

from __future__ import annotations

import sys

import pytest
from backends.cuda_on_host import COMPILER
from backends.fake_cupy import fake_cupy

import tinygraph as tg
from tinygraph import backends
from tinygraph.backends import cupy as cupy_backend


@pytest.fixture
def fake(monkeypatch):
    """The CuPy backend on the fake module; its kernels need a compiler of C++."""
    if COMPILER is None:
        pytest.skip("no g++ to run CUDA's C on the processor with")
    cupy_backend.backend.cache_clear()
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy())
    yield backends.get("cupy")
    cupy_backend.backend.cache_clear()


@pytest.fixture
def gpu():
    """The CuPy backend on a GPU."""
    device = next(device for device in tg.devices() if device.backend == "cupy")
    if not device.usable:
        pytest.skip(device.detail)
    return backends.get("cupy")


@pytest.fixture(params=["fake", "gpu"])
def device(request):
    """Both in turn."""
    return request.getfixturevalue(request.param)
