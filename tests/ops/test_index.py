"""gather, scatter_add and one_hot: repeats, axes, what is no index."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg

TABLE = np.arange(12.0).reshape(4, 3)


def test_rows_that_repeat_get_the_sum_of_their_gradients():
    table = tg.input("table", (4, 3), "float64")
    rows = tg.gather(table, tg.constant([[1, 1], [3, 1]]))
    (slope,) = tg.gradients(tg.sum(rows), [table])
    np.testing.assert_array_equal(tg.compile(slope)(), np.outer([0, 3, 0, 1], np.ones(3)))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("indices", [2, [0, 2], [[1, 0], [2, 2]], []])
def test_gather_equals_take(axis, indices):
    indices = np.array(indices, dtype="int64")
    node = tg.gather(tg.constant(TABLE, "float64"), tg.input("ids", indices.shape, "int64"), axis=axis)
    np.testing.assert_array_equal(tg.compile(node)(ids=indices), np.take(TABLE, indices, axis=axis))


def test_int32_indices():
    node = tg.gather(tg.constant(TABLE, "float64"), tg.input("ids", (2,), "int32"))
    np.testing.assert_array_equal(tg.compile(node)(ids=[3, 0]), TABLE[[3, 0]])


def test_an_index_beyond_the_axis_is_an_error_on_the_host():
    f = tg.compile(tg.gather(tg.constant(TABLE), tg.input("ids", (1,), "int64")))
    with pytest.raises(IndexError):
        f(ids=[4])


@pytest.mark.parametrize("dtype", ["float32", "bool"])
def test_indices_are_whole_numbers(dtype):
    x, ids = tg.input("x", (4, 3)), tg.input("ids", (4,), dtype)
    for declare in (
        lambda: tg.gather(x, ids),
        lambda: tg.scatter_add(x, ids, size=4),
        lambda: tg.one_hot(ids, 4),
    ):
        with pytest.raises(tg.GraphError, match=f"whole numbers as .*, not {dtype}"):
            declare()


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_scatter_add_along_an_axis(axis):
    ids = np.array([1, 1, 0, 4][: TABLE.shape[axis]])
    node = tg.scatter_add(tg.constant(TABLE, "float64"), tg.constant(ids), size=5, axis=axis)
    expected = np.zeros((5, 3) if axis % 2 == 0 else (4, 5))
    for k, place in enumerate(ids):
        target = (place,) if axis % 2 == 0 else (slice(None), place)
        expected[target] += np.take(TABLE, k, axis=axis)
    np.testing.assert_array_equal(tg.compile(node)(), expected)


def test_scatter_add_needs_the_shape_of_the_indices():
    with pytest.raises(tg.GraphError, match="scatter_add: needs the shape of the indices at axis 0"):
        tg.scatter_add(tg.input("x", (4, 3)), tg.input("ids", (3,), "int64"), size=5)


def test_one_hot():
    ids = tg.constant([[2, 0], [5, -1]])
    result = tg.compile(tg.one_hot(ids, 3))()
    np.testing.assert_array_equal(result, [[[0, 0, 1], [1, 0, 0]], [[0, 0, 0], [0, 0, 0]]])
    assert result.dtype == "float32"
    assert tg.one_hot(ids, 3, dtype="int64").dtype == "int64"
