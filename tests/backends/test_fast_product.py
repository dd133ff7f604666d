"""Products as machine code: any size, layout and host, and nothing written beyond the ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

pytest.importorskip("llvmlite", reason="the extra 'fast' is not installed")

from tinygraph.backends.fast import product
from tinygraph.backends.fast.call import Call
from tinygraph.backends.fast.kernel import Host
from tinygraph.backends.fast.machine import machine

HOSTS = [machine().host, Host(32, True, False, 16), Host(16, False, False, 16), Host(16, True, True, 32)]
SIZES = st.one_of(st.integers(0, 20), st.sampled_from([31, 64, 67, 130]))


def laid_out(values, layout):
    """The values in an array of their own: in order, turned, apart, or as part of a wider one."""
    rows, columns = values.shape
    array = {
        "rows": lambda: np.empty((rows, columns), values.dtype),
        "turned": lambda: np.empty((columns, rows), values.dtype).T,
        "apart": lambda: np.empty((2 * rows, 3 * columns), values.dtype)[::2, ::3],
        "part": lambda: np.empty((rows, columns + 5), values.dtype)[:, 2 : 2 + columns],
        "backwards": lambda: np.empty((rows, columns), values.dtype)[::-1],
    }[layout]()
    array[...] = values
    return array


def close(actual, expected, depth):
    """Equal but for the rounding of so many additions."""
    unit = np.finfo(actual.dtype).eps
    np.testing.assert_allclose(actual, expected, rtol=8 * unit, atol=8 * unit * (depth + 1))


@settings(max_examples=300, deadline=None)
@given(
    host=st.sampled_from(HOSTS),
    dtype=st.sampled_from(["float32", "float64"]),
    sizes=st.tuples(SIZES, st.one_of(SIZES, st.sampled_from([256, 257, 600])), SIZES),
    layouts=st.tuples(
        st.sampled_from(["rows", "turned", "apart", "part", "backwards"]),
        st.sampled_from(["rows", "part", "backwards"]),
        st.sampled_from(["rows", "part"]),
    ),
    start=st.sampled_from([None, "row", "rows", "itself"]),
)
def test_it_is_what_numpy_makes_of_it(host, dtype, sizes, layouts, start):
    rows, depth, columns = sizes
    random = np.random.default_rng(0)
    a, b, z = (
        random.uniform(-1, 1, size).astype(dtype)
        for size in ((rows, depth), (depth, columns), (columns,) if start == "row" else (rows, columns))
    )
    room = np.full((rows + 2, columns + 9), 7.0, dtype)
    c = room[1:-1, 4:-5] if layouts[2] == "part" else np.full((rows, columns), np.nan, dtype)
    if start == "itself":
        c[...] = z
    given = [laid_out(a, layouts[0]), laid_out(b, layouts[1])]
    run = product.call(given if start is None else [*given, c if start == "itself" else z], c, host)
    assert run is not None
    run()
    close(c, a.astype("float64") @ b + (0.0 if start is None else z), depth)
    if layouts[2] == "part":
        c[...] = 7.0
        assert (room == 7.0).all()


@pytest.mark.parametrize("host", HOSTS, ids=str)
@pytest.mark.parametrize("rows", [1, 2, 9])
def test_nan_and_infinities_spread_as_in_numpy(rows, host):
    a, b = np.ones((rows, 3)), np.ones((3, 70))
    a[0] = [0.0, np.inf, -1.0]
    b[:, 7], b[0, 8], b[1, 69] = np.nan, np.inf, 0.0
    c = np.empty((rows, 70))
    product.call([a, b], c, host)()
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(c, a @ b)
    assert np.isnan(c[0, [7, 8, 69]]).all()


def test_a_column_of_a_may_stand_for_all():
    a = np.broadcast_to(np.float32(2.0), (1, 50))
    b = np.arange(150, dtype="float32").reshape(50, 3)
    c = np.empty((1, 3), "float32")
    product.call([a, b], c, machine().host)()
    np.testing.assert_array_equal(c, 2 * b.sum(axis=0, keepdims=True))


@pytest.mark.parametrize(
    ("a", "b", "z"),
    [
        (np.ones((2, 3)), np.ones((4, 3)).T, None),
        (np.ones((2, 3)), np.ones((3, 4), "float32"), None),
        (np.ones((2, 3), int), np.ones((3, 4), int), None),
        (np.ones((5, 2, 3)), np.ones((3, 4)), None),
        (np.ones((2, 3)), np.ones((3, 4)), np.ones((2, 1))),
        (np.ones((2, 3)), np.ones((3, 4)), np.ones((4, 2)).T),
    ],
    ids=["b turned", "types", "whole numbers", "a stack", "a column for z", "z turned"],
)
def test_what_it_cannot_walk_is_left_to_numpy(a, b, z):
    assert product.call([a, b] if z is None else [a, b, z], a @ b, machine().host) is None


def test_other_sizes_need_no_other_machine_code():
    used = {
        product.call([np.ones((m, k)), np.ones((k, n))], np.ones((m, n)), machine().host).function.address
        for m, k, n in ((2, 3, 4), (200, 1, 5), (7, 300, 64))
    }
    assert len(used) == 1


def test_what_a_call_points_to_lives_as_long_as_it():
    def made():
        c = np.zeros((40, 40))
        return product.call([np.ones((40, 40)), np.full((40, 40), 2.0)], c, machine().host), c

    calls = [made() for _ in range(20)]
    for call, c in calls:
        assert isinstance(call, Call)
        call()
        assert (c == 80.0).all()
