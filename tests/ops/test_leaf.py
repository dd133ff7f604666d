"""Leaves: types, copies, cells, what is no number."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.ops.leaf import Part


def test_floats_take_floatx_and_whole_numbers_int64():
    assert tg.constant([1.0]).dtype == "float32"
    assert tg.constant(np.ones(2, "float64")).dtype == "float32"
    assert tg.constant([1], dtype="float64").dtype == "float64"
    assert tg.constant(np.ones(2, "int8")).dtype == "int64"
    assert tg.constant([True]).dtype == "bool"
    assert tg.param("w", [1, 2]).dtype == "int64"
    tg.set_floatx("float64")
    assert tg.constant([1.0]).dtype == "float64"
    assert tg.input("x", ()).dtype == "float64"
    assert tg.zeros((2,)).dtype == "float64"


@pytest.mark.parametrize("make", [tg.constant, lambda value: tg.param("w", value)])
def test_the_given_array_is_copied(make):
    array = np.ones(3, "float32")
    doubled = tg.compile(make(array) * 2.0)
    array[:] = 5.0
    np.testing.assert_array_equal(doubled(), [2.0, 2.0, 2.0])


def test_a_constant_is_read_only():
    with pytest.raises(ValueError, match="read-only"):
        tg.constant([1.0, 2.0]).attrs["value"][0] = 3.0


@pytest.mark.parametrize("value", ["text", None, [1j], [object()], [[1.0], "x"]])
def test_leaves_hold_numbers(value):
    with pytest.raises(tg.GraphError, match="expected numbers"):
        tg.constant(value)
    with pytest.raises(tg.GraphError, match="w: expected numbers"):
        tg.param("w", value)


@pytest.mark.parametrize("dtype", ["float16", "uint8", "complex64", "int8"])
def test_five_types_are_known(dtype):
    message = "expected dtype float32, float64, int32, int64 or bool"
    for make in (
        lambda: tg.input("x", (2,), dtype),
        lambda: tg.zeros((2,), dtype),
        lambda: tg.constant([1], dtype),
        lambda: tg.param("w", [1], dtype),
        lambda: tg.one_hot(tg.constant([1]), 2, dtype),
        lambda: tg.uniform(tg.counter("n"), (2,), seed=1, dtype=dtype),
    ):
        with pytest.raises(tg.GraphError, match=message):
            make()


@pytest.mark.parametrize("shape", [(-1,), (2.0,), (None, 3), "ab", (True,)])
def test_shapes_are_whole_numbers(shape):
    with pytest.raises(tg.GraphError, match="needs a shape of whole numbers >= 0"):
        tg.input("x", shape)


def test_full_takes_the_memory_of_one_number():
    node = tg.full((1000, 1000), 2.5)
    assert node.attrs["value"].strides == (0, 0)
    assert node.attrs["value"].base.size == 1
    np.testing.assert_array_equal(tg.compile(node[0, :3] * 2.0)(), [5.0, 5.0, 5.0])
    np.testing.assert_array_equal(tg.compile([tg.ones((2,)), tg.zeros((2,))])(), [[1, 1], [0, 0]])


def test_parameters_hold_a_value():
    w = tg.param("w", [1.0, 2.0])
    copy = w.value
    copy[:] = 9.0
    np.testing.assert_array_equal(w.value, [1.0, 2.0])
    w.assign([3, 4])
    np.testing.assert_array_equal(w.value, np.array([3, 4], "float32"), strict=True)
    with pytest.raises(tg.GraphError, match=r"w: expected a value of \(2,\), got \(3,\)"):
        w.assign([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(w.value, [3.0, 4.0])


def test_a_program_sees_what_is_assigned():
    w = tg.param("w", [1.0, 2.0])
    doubled = tg.compile([w * 2.0, w[1], tg.reshape(w, (2, 1))])
    doubled()
    w.assign([5.0, 6.0])
    first, second, third = doubled()
    np.testing.assert_array_equal(first, [10.0, 12.0])
    np.testing.assert_array_equal(second, 6.0)
    np.testing.assert_array_equal(third, [[5.0], [6.0]])


def test_assigning_keeps_the_array_that_programs_are_bound_to():
    w = tg.param("w", [1.0, 2.0])
    array = w.cell.array
    w.assign([5.0, 6.0])
    assert w.cell.array is array


def test_a_counter_starts_where_it_is_told():
    step = tg.counter("step", start=5)
    count = tg.compile(step * 1)
    assert [int(count()) for _ in range(3)] == [5, 6, 7]
    assert int(step.value) == 8


def test_a_part_of_a_parameter_shows_what_is_written_into_either():
    whole = tg.param("m", np.arange(6.0))
    part = Part(whole, slice(2, 6), (2, 2), "part")
    np.testing.assert_array_equal(part.value, [[2.0, 3.0], [4.0, 5.0]])
    tg.compile({}, {whole: whole * 2.0})()
    np.testing.assert_array_equal(part.value, [[4.0, 6.0], [8.0, 10.0]])
    tg.compile({}, {part: part + 1.0})()
    part.assign(part.value * 10.0)
    np.testing.assert_array_equal(whole.value, [0.0, 2.0, 50.0, 70.0, 90.0, 110.0])
    with pytest.raises(tg.GraphError, match=r"expected a value of \(2, 2\)"):
        part.assign(np.zeros(4))


def test_a_leaf_says_what_it_is():
    assert repr(tg.input("x", (2,)).op) == "<leaf input>"
