"""The CuPy backend's own code, on a cupy made of NumPy; on a real GPU where there is one."""

from __future__ import annotations

import numpy as np
import pytest
from backends.fake_cupy import DeviceArray

import tinygraph as tg
from tinygraph.ops.leaf import Part


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


def test_what_comes_to_the_host_is_a_copy_of_its_own_kind(fake):
    array = fake.asarray(np.zeros((2, 2), "float32"))
    host = fake.to_host(array)
    array[...] = 1.0
    np.testing.assert_array_equal(host, np.zeros((2, 2)))
    assert type(host) is np.ndarray


def test_parts_of_a_parameter_move_together(device):
    """A program on the host, then one on the device, then the first again: all of one memory."""
    whole = tg.param("m", np.arange(4.0))
    first, last = (Part(whole, slice(k, k + 2), (2, 1), f"part{k}") for k in (0, 2))
    host = tg.compile(first * 1.0, {first: first + 1.0}, jit_compile=False)
    there = tg.compile(last * 1.0, {last: last * 2.0}, backend="cupy")
    for run in range(2):
        np.testing.assert_array_equal(host(), [[run], [1.0 + run]])
        np.testing.assert_array_equal(there(), [[2.0 * 2**run], [3.0 * 2**run]])
    np.testing.assert_array_equal(whole.value, [2.0, 3.0, 8.0, 12.0])
    first.assign([[5.0], [6.0]])
    np.testing.assert_array_equal(whole.value, [5.0, 6.0, 8.0, 12.0])


def test_programs_of_one_device_share_their_parameters(device):
    """Compiled or not, a parameter stands in one array, and no program moves it for another."""
    w = tg.param("w", [1.0, 2.0])
    programs = [
        tg.compile(w * 2.0, {w: w + 1.0}, backend="cupy", jit_compile=jit) for jit in (True, True, False)
    ]
    programs[0]()
    array = w.cell.array
    for program in programs:
        program()
    assert w.cell.array is array
    np.testing.assert_array_equal(w.value, [5.0, 6.0])


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
