"""The NumPy backend: aligned memory, copies where promised."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import backends
from tinygraph.graph import OPS
from tinygraph.ops.bits import kept

NUMPY = backends.get("numpy")


@pytest.mark.parametrize("size", [1, 63, 64, 1000])
def test_memory_begins_on_a_cache_line(size):
    for _ in range(5):
        memory = NUMPY.empty(size)
        assert (memory.shape, memory.dtype) == ((size,), "uint8")
        assert memory.ctypes.data % 64 == 0
        memory[...] = 0


def test_to_host_copies():
    array = np.ones((3, 2))
    copy = NUMPY.to_host(array)
    array[:] = 2.0
    np.testing.assert_array_equal(copy, np.ones((3, 2)))


def test_feeding_copies_and_converts():
    array = np.zeros((2, 2), "float32")
    NUMPY.feeder({"x": array})({"x": [[1, 2], [3, 4]]})
    np.testing.assert_array_equal(array, [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    "op", [op for op in OPS.values() if getattr(op, "ufunc", "")], ids=lambda op: op.name
)
def test_a_kernel_is_the_function_that_is_bound_in_its_place(op):
    called = []
    module = SimpleNamespace(**{op.ufunc: lambda *inputs, out: called.append((*inputs, out))})
    inputs, out = [object() for _ in range(getattr(np, op.ufunc).nin)], object()
    op.kernel(module, *inputs, out=out)
    assert called == [(*inputs, out)]
    assert not op.attributes


def test_what_is_one_function_of_numpy_is_bound_as_it_is():
    x, y = tg.input("x", (2,)), tg.input("y", (2,))
    a, b, out = np.ones(2), np.ones(2), np.zeros(2)
    assert NUMPY.bind(x * y, [a, b], out).func is np.multiply
    assert NUMPY.bind(tg.sigmoid(x), [a], out).func is tg.sigmoid.kernel
    for node in (tg.add_n(x, y), tg.add_n(x, y, x)):  # of three inputs it takes two calls of NumPy's
        NUMPY.bind(node, [a, b, b][: len(node.inputs)], out)()
        np.testing.assert_array_equal(out, len(node.inputs))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_takes_bits_is_bound_to_those_of_the_arrays(dtype):
    x, bits = np.arange(12, dtype=dtype).reshape(3, 4), np.array([[0, -1]] * 3, f"int{dtype[5:]}")
    node = kept(tg.constant(x[:, 1:3], dtype=dtype), tg.constant(bits, dtype=bits.dtype.name))
    out = np.ones((3, 4), dtype)
    call = NUMPY.bind(node, [x[:, 1:3], bits], out[:, ::2])
    call()
    assert call.func is np.bitwise_and
    np.testing.assert_array_equal(out, [[0, 1, 2, 1], [0, 1, 6, 1], [0, 1, 10, 1]])
