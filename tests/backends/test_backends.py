"""Choosing a backend: which there are, which are usable, and what is missing if not."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import BackendError, backends
from tinygraph.backends import cupy as cupy_backend


@pytest.fixture
def _fresh():
    """Forget which cupy was found, before and after."""
    cupy_backend.backend.cache_clear()
    yield
    cupy_backend.backend.cache_clear()


def device(name: str) -> backends.Device:
    return next(device for device in tg.devices() if device.backend == name)


def test_every_backend_is_told_of():
    assert [device.backend for device in tg.devices()] == list(backends.BACKENDS)
    assert device("numpy").usable
    assert device("numpy").detail.startswith(f"NumPy {np.__version__}")


def test_an_unknown_backend():
    with pytest.raises(BackendError, match="backend 'torch': expected one of numpy, cupy"):
        backends.get("torch")
    with pytest.raises(BackendError, match="backend 'torch'"):
        tg.compile(tg.input("x", (2,)), backend="torch")


def test_a_backend_is_made_once():
    assert backends.get("numpy") is backends.get("numpy")


@pytest.mark.usefixtures("_fresh")
def test_cupy_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)  # import cupy raises ModuleNotFoundError
    found = device("cupy")
    assert not found.usable
    assert found.detail == "backend 'cupy': CuPy is not installed; pip install 'tinygraph[cupy]' for CUDA 12."
    with pytest.raises(BackendError, match="CuPy is not installed"):
        tg.compile(tg.input("x", (2,)), backend="cupy")


@pytest.mark.usefixtures("_fresh")
def test_cupy_that_cannot_be_imported(monkeypatch, tmp_path):
    (tmp_path / "cupy.py").write_text("raise ImportError('libcublas.so.12: cannot open shared object file')")
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    assert "CuPy cannot be imported: libcublas.so.12" in device("cupy").detail


def module_with(count) -> types.ModuleType:
    """A cupy whose getDeviceCount is ``count``."""

    class CUDARuntimeError(RuntimeError):
        pass

    def get_device_count() -> int:
        if isinstance(count, str):
            raise CUDARuntimeError(count)
        return count

    runtime = types.SimpleNamespace(getDeviceCount=get_device_count, CUDARuntimeError=CUDARuntimeError)
    module = types.ModuleType("cupy")
    module.cuda = types.SimpleNamespace(runtime=runtime)  # type: ignore[attr-defined]
    return module


@pytest.mark.usefixtures("_fresh")
@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "CuPy is installed, but finds no GPU"),
        ("cudaErrorInsufficientDriver", "CUDA does not start: cudaErrorInsufficientDriver"),
    ],
)
def test_cupy_without_a_gpu(monkeypatch, count, words):
    monkeypatch.setitem(sys.modules, "cupy", module_with(count))
    assert not device("cupy").usable
    assert words in device("cupy").detail


def test_without_llvmlite_it_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "llvmlite"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "tinygraph.backends.fast", raising=False)
    assert not backends.compiles("numpy")
    assert device("numpy").detail == (
        f"NumPy {np.__version__}; pip install 'tinygraph[fast]' for compiled kernels"
    )
    with pytest.raises(BackendError, match=r"llvmlite cannot be imported .*pip install 'tinygraph\[fast\]'"):
        tg.compile(tg.exp(tg.input("x", (2,))), jit_compile=True)
