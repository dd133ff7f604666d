"""Tapes, copies and sums: what machine code does besides arithmetic, and that it does it in order."""

from __future__ import annotations

import gc
from contextlib import nullcontext
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import tinygraph as tg
from tinygraph import backends, nn
from tinygraph.interrupts import interrupts_held

pytest.importorskip("llvmlite", reason="the extra 'fast' is not installed")

from tinygraph.backends.fast import copying, moving, product, random, reduction
from tinygraph.backends.fast.call import Call, tapes
from tinygraph.backends.fast.kernel import Host
from tinygraph.backends.fast.machine import machine

HOST = machine().host
HOSTS = [HOST, Host(32, True, False, 16), Host(16, False, False, 16)]
FLOATS = ["float32", "float64"]


def doubled(x, y):
    """A machine call that writes 2 x to y."""
    return product.call([np.array([[2.0]]), x.reshape(1, -1)], y.reshape(1, -1), HOST)


def test_a_tape_runs_its_calls_in_order():
    arrays = [np.full(5, float(k == 0)) for k in range(40)]
    calls = [doubled(x, y) for x, y in pairwise(arrays)]
    (tape,) = tapes(calls)
    del calls
    gc.collect()
    tape()
    assert [array[0] for array in arrays] == [2.0**k for k in range(40)]


def test_calls_from_python_keep_their_place():
    x = np.ones(3)
    calls = [doubled(x, x), doubled(x, x), lambda: x.__isub__(1.0), doubled(x, x), lambda: x.__isub__(2.0)]
    shorter = tapes(calls)
    assert [isinstance(call, Call) for call in shorter] == [True, False, True, False]
    for call in shorter:
        call()
    np.testing.assert_array_equal(x, 4.0)
    assert tapes([]) == []


@pytest.mark.parametrize("dropped", [{}, {"dropout": 0.5, "recurrent_dropout": 0.5}], ids=["", "dropout"])
@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU, nn.SimpleRNN])
def test_a_training_step_is_machine_code_throughout(layer, dropped):
    model = nn.Sequential([layer(8, input_shape=(6, 3), **dropped), nn.Dense(1)])
    model.compile("adam", "mse", jit_compile=True)
    model.train_on_batch(np.ones((4, 6, 3)), np.ones((4, 1)))
    ((function, _),) = model.steps.latest.kept.values()
    program = function.program
    for phase in (program.compute, program.commit.calls):
        assert len(phase) == 1
        assert isinstance(phase[0], Call)
    assert isinstance(program.commit.held, nullcontext)  # Ctrl-C cannot come between
    assert isinstance(backends.get("numpy").commit(program.commit.calls, None).held, interrupts_held)


def test_a_step_of_one_call_each_is_the_step_itself():
    random = np.random.default_rng(0)
    x, w = tg.input("x", (7, 5), "float64"), tg.param("w", random.normal(size=(5, 5)), "float64")
    loss = tg.mean(tg.tanh(tg.tanh(x @ w) @ w + 0.5) ** 2.0)
    (dw,) = tg.gradients(loss, [w])
    function = tg.compile({"loss": loss, "dw": dw}, updates={w: w - 0.1 * dw}, jit_compile=True)
    feeds = {"x": random.normal(size=(7, 5))}
    start, expected = w.value, function(**feeds)
    new = w.value
    w.assign(start)
    assert function.first_nonfinite(**feeds) is None
    for _, call in function.program.steps():
        call()
    np.testing.assert_array_equal(function.program.value("dw"), expected["dw"])
    np.testing.assert_array_equal(w.value, new)


def layouts(shape, dtype):
    """Arrays of a shape that lie in memory in every way that a copy may meet."""
    yield np.empty(shape, dtype)
    yield np.empty(shape[::-1], dtype).transpose()
    yield np.empty((*shape[:-1], shape[-1] + 3), dtype)[..., 1:-2]
    yield np.empty((3 * shape[0], *shape[1:]), dtype)[::3]
    yield np.moveaxis(np.empty((*shape[1:], shape[0]), dtype), -1, 0)
    yield np.empty(shape, dtype)[..., ::-1]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(HOSTS),
    st.lists(st.sampled_from([0, 1, 2, 3, 5, 16, 17, 33]), min_size=1, max_size=3).map(tuple),
    st.sampled_from([*FLOATS, "int64", "bool"]),
    st.integers(0, 5),
    st.integers(0, 4),
)
def test_copies(host, shape, dtype, source, target):
    x, y = list(layouts(shape, dtype))[source], list(layouts(shape, dtype))[target]
    x[...] = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 99, shape)
    whole = y.base if y.base is not None else y
    whole[...] = 1
    expected = whole.copy()
    found = copying.call(y, x, host)
    if found is None:
        return
    found()
    np.testing.assert_array_equal(y, x)
    y[...] = 1
    np.testing.assert_array_equal(whole, expected)


@pytest.mark.parametrize(
    ("y", "x"),
    [
        (np.zeros((9, 4, 8)), np.ones((4, 9, 8)).transpose(1, 0, 2)),
        (np.zeros((40, 30)), np.ones((30, 40)).T),
        (np.zeros((3, 4)), np.ones(4)),
        (np.zeros((3, 40))[:, 8:24], np.ones(())),
        (np.zeros((2, 3, 4, 5)), np.ones((2, 6, 8, 5))[:, ::2, ::2]),
        (np.zeros((3, 4), bool), np.ones((3, 9), bool)[:, :4]),
    ],
    ids=["time first", "turned", "a row for all", "a number", "four axes", "truth"],
)
def test_a_copy_is_machine_code(y, x):
    run = moving.moved(y, x, HOST)
    assert isinstance(run, Call)
    run()
    np.testing.assert_array_equal(y, np.broadcast_to(x, y.shape))


def test_a_copy_into_another_type_is_left_to_numpy():
    y = np.zeros(3)
    run = moving.moved(y, np.ones(3, "float32"), HOST)
    assert not isinstance(run, Call)
    run()
    np.testing.assert_array_equal(y, 1.0)


def test_pieces_are_put_in_their_places():
    out = np.full((5, 9), np.nan)
    x, y = np.ones((5, 4)), np.full((5, 5), 2.0)
    places = [(slice(None), slice(0, 4)), (slice(None), slice(4, 9))]
    run = moving.joined(out, places, [x, y], HOST)
    assert isinstance(run, Call)
    run()
    np.testing.assert_array_equal(out, np.concatenate([x, y], axis=1))
    run = moving.surrounded(out, (slice(1, 3), slice(2, 6)), np.full((2, 4), 7.0), 3.0, HOST)
    assert isinstance(run, Call)
    run()
    assert out.sum() == 8 * 7.0 + 37 * 3.0
    assert (out[1:3, 2:6] == 7.0).all()


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(HOSTS),
    st.lists(st.sampled_from([1, 2, 3, 16, 17, 50]), min_size=0, max_size=3).map(tuple),
    st.sampled_from(FLOATS),
    st.booleans(),
    st.data(),
)
def test_sums_and_means(host, shape, dtype, mean, data):
    axes = data.draw(st.lists(st.sampled_from(range(len(shape))), unique=True)) if shape else []
    axis = tuple(sorted(axes))
    x = np.random.default_rng(0).uniform(0.5, 1.5, shape).astype(dtype)
    expected = (np.mean if mean else np.sum)(x.astype("float64"), axis=axis)
    out = np.empty(expected.shape, dtype)
    found = reduction.call("sum", x, out, axis, x.size // out.size if mean else 1, host)
    if found is not None:
        found()
        np.testing.assert_allclose(out, expected, rtol=64 * np.finfo(dtype).eps)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("how", ["max", "min"])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("columns", [1, 3, 8, 16, 17, 50])
def test_largest_and_smallest(host, how, dtype, columns):
    x = np.random.default_rng(0).normal(size=(6, columns)).astype(dtype)
    x[1], x[2], x[3, -1], x[4, 0] = -np.inf, np.inf, np.nan, np.nan
    out = np.empty(6, dtype)
    reduction.call(how, x, out, (1,), 1, host)()
    np.testing.assert_array_equal(out, getattr(x, how)(axis=1))


def test_the_largest_over_rows_is_left_to_numpy():
    assert reduction.call("max", np.ones((6, 20)), np.ones(20), (0,), 1, HOST) is None


@pytest.mark.parametrize("axis", [(0,), (1,), (0, 1), ()])
def test_a_sum_is_machine_code(axis):
    x = np.ones((6, 20))
    out = np.zeros(x.sum(axis=axis).shape)
    run = reduction.call("sum", x, out, axis, 1, HOST)
    assert isinstance(run, Call)
    run()
    np.testing.assert_array_equal(out, x.sum(axis=axis))


@pytest.mark.parametrize(
    ("x", "axis"),
    [
        (np.ones((2, 3, 4)), (1,)),
        (np.ones((3, 4), int), (0,)),
        (np.ones((2, reduction.LONGEST + 1)), (1,)),
        (np.ones((0, 3)), (0,)),
    ],
    ids=["inner", "whole numbers", "too many", "nothing"],
)
def test_a_sum_that_is_left_to_numpy(x, axis):
    out = np.zeros(x.sum(axis=axis).shape, x.dtype)
    assert reduction.call("sum", x, out, axis, 1, HOST) is None


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("count", [0, 1, 3, 7, 8, 9, 64, 1001])
def test_random_numbers_are_the_same_bits(host, dtype, count):
    for step, seed, stream, first in ((0, 1, 0, 0), (7, -5, 3, 5), (2**40, 2**63 + 1, 2**20, 2**35)):
        expected, found = np.empty(count, dtype), np.full(count + 1, 2.0, dtype)
        at = np.array(step, dtype="int64")
        tg.uniform.kernel(np, at, shape=(count,), seed=seed, stream=stream, first=first, out=expected)
        random.call(at, found[:-1], seed, stream, first, host)()
        np.testing.assert_array_equal(found[:-1], expected)
        assert found[-1] == 2.0


def test_random_numbers_that_stand_apart_are_left_to_numpy():
    step = np.array(1, dtype="int64")
    assert random.call(step, np.empty((4, 2))[:, 0], 1, 0, 0, HOST) is None
    assert random.call(step.astype("int32"), np.empty(4), 1, 0, 0, HOST) is None


def test_one_element_is_put_in_its_place():
    x = tg.input("x", (), dtype="float64")
    placed = tg.place(x * 2.0, shape=(2, 3), index=(1, 2))
    run = tg.compile(placed, jit_compile=True)
    np.testing.assert_array_equal(run(x=1.5), [[0, 0, 0], [0, 0, 3.0]])
