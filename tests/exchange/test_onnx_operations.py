"""Every declared operation: written for ONNX and run by onnxruntime on its samples, or refused by name."""

import numpy as np
import pytest
from exchange.ran import difference, run_graph
from ops.harness import cases

import tinygraph as tg
from tinygraph.exchange.onnx.emit.table import EMIT
from tinygraph.graph import OPS

#: what only training and rewrites make, and what draws
REFUSED = {"all_finite", "fold", "kept", "place", "scatter_add", "softmax_error", "uniform"}
CASES = [form for case in cases() if case.op.name not in REFUSED for form in (case, case.single())]


def test_every_operation_is_written_or_refused():
    ours = {"conv", "order", "picked", "pool", "recurrence", "taken"}
    assert (set(EMIT) - ours) | REFUSED | {"input"} == set(OPS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case}-{[v.dtype.name for v in case.values]}")
def test_the_runtime_computes_the_same(case):
    inputs = [tg.input(f"x{k}", value.shape, value.dtype) for k, value in enumerate(case.values)]
    node = case.op(*inputs, **case.attrs)
    wanted = tg.compile(node, backend="numpy")(**{f"x{k}": v for k, v in enumerate(case.values)})
    got = run_graph(node, inputs, case.values)
    assert difference([got], [np.asarray(wanted)]) < (1e-12 if node.dtype == np.float64 else 1e-6)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_onnx_has_no_operator_for_is_refused_by_name(name):
    case = next(case for case in cases() if case.op.name == name)
    inputs = [tg.input(f"x{k}", value.shape, value.dtype) for k, value in enumerate(case.values)]
    with pytest.raises(ValueError, match=f"ONNX has no operator for '{name}'"):
        run_graph(case.op(*inputs, **case.attrs), inputs, case.values)


def test_sums_and_choices_of_whole_numbers_and_truths():
    one, other = np.array([True, True, False, False]), np.array([True, False, True, False])
    chosen = np.array([True, False, False, True])
    names = [tg.input(name, (4,), "bool") for name in ("c", "x", "y")]
    got = run_graph(tg.where(*names), names, [chosen, one, other])
    np.testing.assert_array_equal(got, np.where(chosen, one, other))
    np.testing.assert_array_equal(
        run_graph(tg.add_n(*names), names, [chosen, one, other]), chosen | one | other
    )
    names = [tg.input(name, (4,), "int64") for name in ("x", "y", "z")]
    values = [np.arange(4) * k for k in (1, 10, 100)]
    np.testing.assert_array_equal(run_graph(tg.add_n(*names), names, values), np.arange(4) * 111)


def test_the_largest_over_no_axes_is_each_element():
    x = tg.input("x", (2, 3), "float64")
    values = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(run_graph(tg.max(x, axis=()), [x], [values]), values)
