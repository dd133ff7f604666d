"""Running: a bound program sees new values, changes nothing that it should not, and says where NaN began."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import Graph
from tinygraph.plan import plan
from tinygraph.run import Program, spoil

VALUE = np.array([1.0, -2.0, 3.0], "float32")


def program(outputs: dict, updates: dict | None = None, backend=None, **options) -> Program:
    from tinygraph import backends

    return Program(plan(Graph(outputs, updates or {})), backend or backends.get("numpy"), **options)


def test_a_run_leaves_its_outputs_to_be_read(backend):
    x = tg.input("x", (3,))
    made = program({"y": tg.tanh(x) * 2.0}, backend=backend)
    assert made.run({"x": VALUE})
    np.testing.assert_allclose(made.value("y"), 2 * np.tanh(VALUE), rtol=1e-6)
    assert made.run({"x": -VALUE})
    np.testing.assert_allclose(made.value("y"), -2 * np.tanh(VALUE), rtol=1e-6)


def test_a_value_is_a_copy():
    x = tg.input("x", (3,))
    made = program({"y": tg.tanh(x), "x": x})
    made.run({"x": VALUE})
    first = made.value("y"), made.value("x")
    made.run({"x": VALUE * 2})
    np.testing.assert_allclose(first[0], np.tanh(VALUE), rtol=1e-6)
    np.testing.assert_array_equal(first[1], VALUE)


def test_what_is_fed_is_copied_and_left_as_it_is():
    x = tg.input("x", (3,))
    made = program({"y": tg.tanh(tg.sin(x))})
    fed = VALUE.copy()
    made.run({"x": fed})
    np.testing.assert_array_equal(fed, VALUE)
    fed[:] = 9.0
    np.testing.assert_array_equal(made.arrays[x], VALUE)


def test_addresses_do_not_change():
    w = tg.param("w", VALUE)
    made = program({"y": tg.tanh(w)}, {w: w * 0.5})
    before = {node: array.ctypes.data for node, array in made.arrays.items()}
    for _ in range(3):
        made.run({})
        w.assign(VALUE)
    assert {node: array.ctypes.data for node, array in made.arrays.items()} == before


def test_a_parameter_whose_array_is_another_is_bound_again():
    # So it is when a program of another device has used the parameter in between.
    w = tg.param("w", VALUE)
    made = program({"y": w * 2.0}, {w: w + 1.0})
    made.run({})
    w.cell.array = np.full(3, 5.0, "float32")
    made.run({})
    np.testing.assert_array_equal(made.value("y"), [10.0, 10.0, 10.0])
    np.testing.assert_array_equal(w.value, [6.0, 6.0, 6.0])


def test_updates_take_effect_after_everything_is_computed():
    w, v = tg.param("w", VALUE), tg.param("v", VALUE)
    made = program({"y": w + v}, {w: w * 2.0, v: v + w})
    made.run({})
    np.testing.assert_array_equal(made.value("y"), 2 * VALUE)
    np.testing.assert_array_equal(w.value, 2 * VALUE)
    np.testing.assert_array_equal(v.value, 2 * VALUE)


def test_a_guard_stops_updates_but_not_outputs():
    w, x = tg.param("w", VALUE), tg.input("x", (3,))
    made = program({"y": w * x, "ok": tg.all_finite(x)}, {w: w + x}, guard="ok")
    assert not made.run({"x": [1.0, np.nan, 1.0]})
    np.testing.assert_array_equal(w.value, VALUE)
    np.testing.assert_array_equal(made.value("y"), [1.0, np.nan, 3.0])
    assert made.run({"x": [1.0, 1.0, 1.0]})
    np.testing.assert_array_equal(w.value, VALUE + 1)


def test_a_run_does_not_suffer_from_one_that_was_never_asked():
    x, w = tg.input("x", (2,)), tg.param("w", np.ones(2))
    made = program({"ok": tg.all_finite(x)}, {w: w + x}, guard="ok")
    made.start({"x": [np.nan, 1.0]})  # and Ctrl-C
    assert made.run({"x": [1.0, 1.0]})
    np.testing.assert_array_equal(w.value, 2.0)


def test_warnings_of_numpy_are_not_heard_and_come_back():
    made = program({"y": tg.log(tg.constant([0.0, -1.0])) / 0.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made.run({})
    assert np.isnan(made.value("y")[1])
    with pytest.warns(RuntimeWarning):
        np.log(np.zeros(1))


def test_a_poisoned_program_fills_what_is_dead():
    x = tg.input("x", (3,))
    dead = tg.cumsum(x)  # cannot be written over by what reads it
    made = program({"y": tg.cumsum(dead)}, poison=True)
    made.run({"x": VALUE})
    assert np.isnan(made.arrays[dead]).all()
    np.testing.assert_array_equal(made.value("y"), np.cumsum(np.cumsum(VALUE)))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "bool"])
def test_spoiled_values_are_no_results(dtype):
    array = np.zeros(3, dtype)
    spoil(array)
    assert not (array == 0).any()


# -- where NaN began


def test_first_nonfinite_is_the_first_in_order():
    x = tg.input("x", (3,))
    with tg.scope("bad"):
        root = tg.log(x)
    f = tg.compile(tg.sum(tg.tanh(x) * root), rewrite=False)
    assert f.first_nonfinite(x=[1.0, 2.0, 3.0]) is None
    assert f.first_nonfinite(x=[1.0, -1.0, 3.0]) is root
    assert f.first_nonfinite(x=[1.0, 0.0, 3.0]) is root
    assert f.first_nonfinite(x=[np.inf, 0.0, 3.0]) is x


def test_first_nonfinite_looks_at_parameters():
    w, v = tg.param("w", [1.0, np.nan]), tg.param("v", [1.0, 1.0])
    assert tg.compile(v * w).first_nonfinite() is w


def test_first_nonfinite_changes_nothing():
    w, step = tg.param("w", [1.0, 2.0]), tg.counter("step")
    f = tg.compile({"y": w + tg.uniform(step, (2,), seed=1)}, {w: tg.log(-w)}, rewrite=False)
    assert f.first_nonfinite().op is tg.log
    np.testing.assert_array_equal(w.value, [1.0, 2.0])
    assert int(step.value) == 0
