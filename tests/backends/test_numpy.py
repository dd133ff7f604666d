"""The NumPy backend: aligned memory, copies where promised."""

from __future__ import annotations

import numpy as np
import pytest

from tinygraph import backends

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
