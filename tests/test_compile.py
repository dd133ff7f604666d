"""Compiling and calling: forms of outputs, feeds, updates, counters, guards, precision, threads."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import GraphError, backends

VALUE = np.arange(6.0).reshape(2, 3)


def x(dtype=None):
    return tg.input("x", (2, 3), dtype)


# -- outputs


def test_outputs_come_back_in_the_form_in_which_they_were_given():
    node = x()
    one, total = tg.tanh(node), tg.sum(node)
    assert isinstance(tg.compile(one)(x=VALUE), np.ndarray)
    assert list(tg.compile({"t": total, "y": one})(x=VALUE)) == ["t", "y"]
    for several in ([one, total], (one, total)):
        result = tg.compile(several)(x=VALUE)
        assert isinstance(result, list)
        assert [value.shape for value in result] == [(2, 3), ()]
    assert tg.compile([])() == []
    assert tg.compile({})() == {}


def test_results_belong_to_the_caller():
    f = tg.compile(tg.tanh(x()))
    first = f(x=VALUE)
    kept = first.copy()
    first[:] = 9.0
    f(x=VALUE * 2)
    np.testing.assert_array_equal(f(x=VALUE), kept)
    assert (first == 9.0).all()


@pytest.mark.parametrize("outputs", [3.0, {"y": None}, [1.0], {"y": np.ones(3)}])
def test_outputs_are_nodes(outputs):
    with pytest.raises((GraphError, TypeError)):
        tg.compile(outputs)
    with pytest.raises(GraphError, match="compile: output 'y' is no node but ndarray"):
        tg.compile({"y": np.ones(3)})


def test_one_node_under_several_names():
    node = x()
    y = tg.tanh(node)
    result = tg.compile({"a": y, "b": y, "x": node})(x=VALUE)
    np.testing.assert_array_equal(result["a"], result["b"])
    np.testing.assert_array_equal(result["x"], VALUE)
    result["a"][:] = 0.0
    assert result["b"].any()


# -- feeds


@pytest.mark.parametrize(
    ("feeds", "words"),
    [
        ({}, "run: expected the inputs x, ids, got nothing"),
        ({"x": VALUE}, "run: expected the inputs x, ids, got x"),
        ({"x": VALUE, "ids": [0, 1], "z": 1}, "expected the inputs x, ids, got x, ids, z"),
        ({"x": VALUE.T, "ids": [0, 1]}, r"input 'x': expected shape \(2, 3\), got \(3, 2\)"),
        ({"x": VALUE[:1], "ids": [0, 1]}, r"input 'x': expected shape \(2, 3\), got \(1, 3\)"),
        ({"x": 1.0, "ids": [0, 1]}, r"expected shape \(2, 3\), got \(\)"),
        ({"x": [["a"] * 3] * 2, "ids": [0, 1]}, "input 'x': expected float32, got <U1"),
        ({"x": VALUE * 1j, "ids": [0, 1]}, "input 'x': expected float32, got complex128"),
        ({"x": VALUE, "ids": [0.0, 1.0]}, "input 'ids': expected int64, got float64"),
        ({"x": None, "ids": [0, 1]}, "input 'x': expected float32, got object"),
    ],
)
def test_feeds_that_do_not_fit(feeds, words):
    node, ids = x(), tg.input("ids", (2,), "int64")
    w = tg.param("w", [1.0])
    f = tg.compile({"y": tg.gather(node, ids)}, {w: w + 1.0})
    with pytest.raises(GraphError, match=words):
        f(**feeds)
    np.testing.assert_array_equal(w.value, [1.0])  # nothing has run


def test_a_function_without_inputs_takes_nothing():
    f = tg.compile(tg.constant([1.0]) * 2.0)
    with pytest.raises(GraphError, match="expected the inputs nothing, got x"):
        f(x=1.0)


@pytest.mark.parametrize(
    "value",
    [VALUE.astype("float32"), VALUE.astype("int8"), VALUE > 2, VALUE.tolist(), VALUE.T.copy().T, VALUE[::-1]],
)
def test_feeds_may_be_of_any_number_type_and_layout(value):
    np.testing.assert_array_equal(tg.compile(x() * 1.0)(x=value), np.asarray(value, "float32"))


def test_rows_of_different_lengths_are_no_feed():
    with pytest.raises(GraphError, match="input 'x': expected float32, got rows of different lengths"):
        tg.compile(x() * 1.0)(x=[[1.0, 2.0], [3.0]])


def test_two_inputs_of_one_name():
    with pytest.raises(GraphError, match="compile: two different inputs are named 'x'; rename one"):
        tg.compile(x() + x())


def test_inputs_that_only_an_update_needs_are_fed():
    node, w = x(), tg.param("w", VALUE)
    f = tg.compile({}, {w: w + node})
    assert f(x=VALUE) == {}
    np.testing.assert_array_equal(w.value, 2 * VALUE)


# -- updates


def test_a_run_returns_old_values_and_leaves_new_ones():
    w = tg.param("w", [1.0, 2.0])
    f = tg.compile({"w": w, "turned": w[::-1], "same": w * 1.0}, {w: w * 3.0})
    for factor in (1.0, 3.0, 9.0):
        result = f()
        np.testing.assert_array_equal(result["w"], [factor, 2 * factor])
        np.testing.assert_array_equal(result["turned"], [2 * factor, factor])
        np.testing.assert_array_equal(result["same"], [factor, 2 * factor])
    np.testing.assert_array_equal(w.value, [27.0, 54.0])


def test_parameters_swap():
    a, b = tg.param("a", [1.0]), tg.param("b", [2.0])
    f = tg.compile({}, {a: b, b: a})
    f()
    assert (float(a.value[0]), float(b.value[0])) == (2.0, 1.0)
    f()
    assert (float(a.value[0]), float(b.value[0])) == (1.0, 2.0)


def test_an_update_has_the_shape_and_type_of_its_parameter():
    w = tg.param("w", [1.0, 2.0])
    for node in (tg.sum(w), tg.cast(w, "float64"), tg.constant([[1.0, 2.0]])):
        with pytest.raises(GraphError, match=r"compile: <.*> cannot be the new value of <w float32\[2\]>"):
            tg.compile({}, {w: node})


@pytest.mark.parametrize("leaf", [tg.input("x", (2,)), tg.constant([1.0, 2.0]), tg.tanh(tg.input("x", (2,)))])
def test_only_parameters_are_updated(leaf):
    with pytest.raises(GraphError, match="compile: only parameters can be updated, not"):
        tg.compile({}, {leaf: leaf * 2.0})


def test_two_functions_share_their_parameters():
    w = tg.param("w", [1.0])
    train, predict = tg.compile({}, {w: w + 1.0}), tg.compile(w * 10.0)
    train()
    train()
    np.testing.assert_array_equal(predict(), [30.0])


# -- counters


def test_a_counter_advances_with_every_run_of_what_uses_it():
    step, other = tg.counter("step"), tg.counter("other")
    f, g = tg.compile({"n": step}), tg.compile([step * 10, other])
    assert [int(f()["n"]) for _ in range(3)] == [0, 1, 2]
    assert [int(value) for value in g()] == [30, 0]
    assert (int(step.value), int(other.value)) == (4, 1)


def test_a_counter_may_be_set_by_an_update_of_its_own():
    step = tg.counter("step", start=5)
    tg.compile({}, {step: step * 0})()
    assert int(step.value) == 0


# -- guards


def test_a_false_guard_changes_nothing():
    w, step, node = tg.param("w", VALUE), tg.counter("step"), x()
    noise = tg.uniform(step, (2, 3), seed=1)
    f = tg.compile({"ok": tg.all_finite(node), "y": noise}, {w: w + node}, guard="ok")
    first = f(x=VALUE * np.nan)
    assert not first["ok"]
    np.testing.assert_array_equal(w.value, VALUE)
    assert int(step.value) == 0
    np.testing.assert_array_equal(f(x=VALUE)["y"], first["y"])
    np.testing.assert_array_equal(w.value, 2 * VALUE)
    assert int(step.value) == 1


def test_a_guard_is_one_truth_value_among_the_outputs():
    node = x()
    with pytest.raises(GraphError, match="the guard 'ok' is not among the outputs y"):
        tg.compile({"y": node}, guard="ok")
    for wrong in (node, node > 0.0, tg.sum(node)):
        with pytest.raises(GraphError, match="compile: the guard must be one truth value, not <"):
            tg.compile({"ok": wrong}, guard="ok")


# -- precision


def everything(dtype):
    """A graph with numbers that float32 does not have, whole numbers, gradients and a random draw."""
    tg.set_floatx(dtype)
    node, ids = tg.input("x", (2, 3)), tg.input("ids", (2,), "int64")
    w = tg.param("w", np.linspace(0.1, 0.9, 9).reshape(3, 3), "float32")
    weights = w if dtype == "float32" else tg.cast(w, dtype)
    hidden = tg.gelu(node @ weights) / 3.0 + tg.full((3,), 0.1)
    mask = tg.dropout_mask(tg.constant(4), (2, 3), 0.3, seed=1)
    ratio = ids / 7 + tg.mean(ids) + tg.sigmoid(ids)
    total = tg.sum(tg.variance(hidden, axis=1) * ratio) + tg.mean(hidden * mask * 0.7)
    total = total + tg.sum(tg.one_hot(ids, 3) * hidden)
    return total, tg.gradients(total, [w])[0], w


def test_a_graph_in_double_precision_equals_one_declared_so():
    single = everything("float32")
    double = everything("float64")
    feeds = {"x": np.linspace(-1, 1, 6).reshape(2, 3) / 3, "ids": [1, 2]}
    retyped = tg.compile(single[:2], dtype="float64")(**feeds)
    declared = tg.compile(double[:2])(**feeds)
    assert retyped[0].dtype == retyped[1].dtype == "float64"
    np.testing.assert_allclose(retyped[0], declared[0], rtol=1e-14)
    np.testing.assert_allclose(retyped[1], declared[1], rtol=1e-6)  # declared: cast to w's own type


def test_parameters_keep_their_own_type():
    w = tg.param("w", [1.0, 2.0])
    f = tg.compile({"w": w, "y": w * 0.1}, {w: w - 0.1 * w}, dtype="float64")
    result = f()
    assert result["w"].dtype == result["y"].dtype == "float64"
    np.testing.assert_array_equal(result["y"], np.array([1.0, 2.0]) * 0.1)
    assert w.value.dtype == "float32"
    np.testing.assert_array_equal(w.value, (np.array([1.0, 2.0]) * (1 - 0.1)).astype("float32"))


def test_inputs_take_the_precision_asked_for():
    f = tg.compile(x() * 1.0, dtype="float64")
    np.testing.assert_array_equal(f(x=VALUE / 3), VALUE / 3)


def test_double_in_single_precision():
    node = tg.input("x", (2, 3), "float64")
    result = tg.compile(tg.exp(node) / 3.0, dtype="float32")(x=VALUE)
    assert result.dtype == "float32"
    np.testing.assert_allclose(result, np.exp(VALUE) / 3, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["int64", "float16", "bool"])
def test_precision_is_one_of_two(dtype):
    with pytest.raises(GraphError, match=f"compile: expected dtype float32 or float64, got {dtype}"):
        tg.compile(x() * 1.0, dtype=dtype)


# -- threads


@pytest.fixture
def _switching():
    """Let threads interrupt each other as often as Python can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("_switching")
@pytest.mark.parametrize("jit_compile", [False, True])
def test_threads_take_turns(jit_compile):
    if jit_compile and not backends.compiles("numpy"):
        pytest.skip("the extra 'fast' is not installed")
    node = tg.input("x", (8, 8))
    y = node
    for _ in range(20):
        y = tg.tanh(y @ node) + tg.sin(y)
    count = tg.counter("count")
    f = tg.compile({"y": y, "n": count}, jit_compile=jit_compile)
    values = np.random.default_rng(0).normal(size=(8, 8, 8)).astype("float32")
    expected = [f(x=value)["y"].tobytes() for value in values]

    def work(number: int) -> list[tuple[bool, int]]:
        results = [f(x=values[number]) for _ in range(50)]
        return [(result["y"].tobytes() == expected[number], int(result["n"])) for result in results]

    with ThreadPoolExecutor(8) as pool:
        done = [pair for pairs in pool.map(work, range(8)) for pair in pairs]
    assert all(right for right, _ in done)
    assert sorted(n for _, n in done) == list(range(8, 408))


@pytest.mark.parametrize(
    ("dtype", "value"), [("int32", 2**40), ("bool", 7), ("float32", 1e300), ("int64", 2.0**63)]
)
def test_a_number_that_the_input_cannot_hold_is_refused(dtype, value):
    function = tg.compile(tg.cast(tg.input("x", (), dtype=dtype), dtype="float64"))
    with pytest.raises(tg.GraphError, match="input 'x'"):
        function(x=value)


def test_an_input_may_be_called_self():
    assert tg.compile(tg.input("self", ()) + 1.0)(self=1.0) == 2.0


def test_a_constant_that_means_its_infinity_is_not_to_blame():
    x = tg.input("x", (2,))
    function = tg.compile(tg.sum(tg.exp(x + tg.constant([0.0, -np.inf])) * 1e38))
    assert function.first_nonfinite(x=[0.0, 0.0]) is not None
    assert function.first_nonfinite(x=[0.0, 0.0]).op.name == "add"
    safe = tg.compile(tg.sum(tg.where(tg.constant([True, False]), x, tg.constant([0.0, -np.inf])[:1] + x)))
    assert safe.first_nonfinite(x=[1.0, 2.0]) is None
