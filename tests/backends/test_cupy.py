"""The CuPy backend's own code, on a cupy made of NumPy; on a real GPU where there is one."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import backends
from tinygraph.backends import cupy as cupy_backend


class DeviceArray(np.ndarray):
    """An array that stands for one on a device: NumPy functions on it and host arrays do not mix."""

    def set(self, host):
        assert type(host) is np.ndarray
        assert host.flags.c_contiguous
        assert (host.shape, host.dtype) == (self.shape, self.dtype)
        np.copyto(self.view(np.ndarray), host)

    def __array_finalize__(self, source):
        pass


def fake_cupy() -> types.ModuleType:
    """NumPy under cupy's names, with arrays of a type of their own."""
    module = types.ModuleType("cupy")
    module.__getattr__ = lambda name: getattr(np, name)  # type: ignore[method-assign]
    module.__version__ = "0.0"
    module.ndarray = DeviceArray
    module.empty = lambda shape, dtype: np.empty(shape, dtype).view(DeviceArray)
    module.asarray = lambda value, dtype=None: np.array(value, dtype).view(DeviceArray)
    module.asnumpy = lambda array: np.array(array.view(np.ndarray))
    runtime = types.SimpleNamespace(
        getDeviceCount=lambda: 1,
        CUDARuntimeError=RuntimeError,
        getDeviceProperties=lambda number: {"name": b"a GPU made of NumPy"},
    )
    module.cuda = types.SimpleNamespace(runtime=runtime)
    return module


@pytest.fixture
def fake(monkeypatch):
    """The CuPy backend on the fake module."""
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


def train(backend: str) -> tuple[list[float], tg.Parameter]:
    """A few steps of descent; the losses, and the parameter."""
    random = np.random.default_rng(0)
    x, w = tg.input("x", (5, 3)), tg.param("w", random.normal(size=(3, 2)))
    step = tg.counter("step")
    loss = tg.mean(tg.tanh(x @ w) ** 2 * tg.dropout_mask(step, (5, 2), 0.2, seed=1))
    (slope,) = tg.gradients(loss, [w])
    f = tg.compile({"loss": loss}, {w: w - 0.5 * slope}, backend=backend)
    value = random.normal(size=(5, 3))
    return [float(f(x=value)["loss"]) for _ in range(5)], w


def test_a_device_is_described(fake):
    device = next(device for device in tg.devices() if device.backend == "cupy")
    assert device == ("cupy", True, "CuPy 0.0 on a GPU made of NumPy")


def test_write_tells_host_from_device(fake):
    array = fake.asarray(np.zeros((2, 2), "float32"))
    fake.write(array, np.arange(4.0).reshape(2, 2).T)
    np.testing.assert_array_equal(fake.to_host(array), [[0, 2], [1, 3]])
    fake.write(array, fake.asarray(np.ones((2, 2), "float32")))
    host = fake.to_host(array)
    np.testing.assert_array_equal(host, np.ones((2, 2)))
    assert type(host) is np.ndarray


def test_a_parameter_moves_to_the_device_and_back(fake):
    w = tg.param("w", [1.0, 2.0])
    on_device, on_host = tg.compile({"y": w * 2.0}, {w: w + 1.0}, backend="cupy"), tg.compile(w * 1.0)
    on_device()
    assert type(w.cell.array) is DeviceArray
    np.testing.assert_array_equal(w.value, [2.0, 3.0])
    assert type(w.value) is np.ndarray
    w.assign([5.0, 6.0])
    np.testing.assert_array_equal(on_device()["y"], [10.0, 12.0])
    np.testing.assert_array_equal(on_host(), [6.0, 7.0])
    assert type(w.cell.array) is np.ndarray
    np.testing.assert_array_equal(on_device()["y"], [12.0, 14.0])
    np.testing.assert_array_equal(on_host(), [7.0, 8.0])


@pytest.mark.parametrize("where", ["fake", "gpu"])
def test_training_is_that_of_numpy(where, request):
    request.getfixturevalue(where)
    losses, w = train("cupy")
    expected, v = train("numpy")
    assert losses[-1] != losses[0]
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    np.testing.assert_allclose(w.value, v.value, rtol=1e-5)


def test_random_numbers_are_the_same_bits(gpu):
    draws = [
        tg.compile(tg.uniform(tg.constant(3), (1000,), seed=5, dtype=dtype), backend=backend)()
        for dtype in ("float32", "float64")
        for backend in ("numpy", "cupy")
    ]
    np.testing.assert_array_equal(draws[0], draws[1])
    np.testing.assert_array_equal(draws[2], draws[3])
