"""Our kernels for GPUs give what NumPy gives: as C++ on the processor, and on a GPU where there is one."""

from __future__ import annotations

import numpy as np
import pytest
from backends.fused_call import one_call

import tinygraph as tg
from tinygraph.backends.cupy import product
from tinygraph.backends.cupy.launch import Launches
from tinygraph.plan import plan
from tinygraph.run import Program

SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, -2.0, 3.0, 1e30, -1e30, 1e-30, 700.0, -700.0]


def both(device, graph, *values):
    """The outputs of a graph by NumPy, and by our kernels alone."""
    found = []
    for backend in (tg.backends.get("numpy"), device.compiled()):
        program = Program(plan(graph), backend)
        program.run({f"x{k}": value for k, value in enumerate(values)})
        found.append([program.value(name) for name in graph.outputs])
    assert all(isinstance(call, Launches) for _, call in program.steps())
    return found


def check(device, graph, *values, units=8):
    expected, actual = both(device, graph, *values)
    for name, want, got in zip(graph.outputs, expected, actual, strict=True):
        assert want.dtype == got.dtype
        rtol = units * np.finfo(want.dtype).eps if want.dtype.kind == "f" else 0
        np.testing.assert_allclose(got, want, rtol=rtol, atol=0, err_msg=f"output {name}")


def unary(x):
    functions = (tg.tanh, tg.exp, tg.expm1, tg.log, tg.log1p, tg.sqrt, tg.erf, tg.sigmoid, tg.relu, tg.abs,
                 tg.sign, tg.floor, tg.negative, tg.softplus, tg.copy)  # fmt: skip
    return [*(each(x) for each in functions), tg.clip(x, low=-0.5, high=np.inf), tg.cast(x, dtype="float64")]


def binary(x, y):
    return [x + y, x - y, x * y, x / y, tg.maximum(x, y), tg.minimum(x, y), x < y, x >= y, tg.equal(x, y),
            tg.where(tg.less(x, y), x, y), tg.add_n([x, y, x]), 1.0 - x, x + np.inf]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_of_special_numbers(device, dtype):
    x = np.array(SPECIAL, dtype)
    check(device, one_call(unary, x), x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pairs_of_special_numbers(device, dtype):
    x, y = np.meshgrid(np.array(SPECIAL, dtype), np.array(SPECIAL, dtype))
    check(device, one_call(binary, x, y), x, y)


def whole(x, y):
    lowest = tg.constant(int(np.iinfo(x.dtype).min), dtype=x.dtype)
    low = tg.equal(x, lowest)
    both = tg.logical_and(x < y, tg.logical_not(low))
    return [x + y, x * y, x / y, tg.maximum(x, -5), tg.abs(y), tg.sign(x), tg.floor(x), both,
            tg.logical_or(low, x < y), tg.where(both, x, y), tg.cast(both, dtype="float32"),
            tg.cast(x, dtype="bool"), both + low, both * low, x > lowest, tg.minimum(x, lowest)]  # fmt: skip


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_whole_numbers_and_truths(device, dtype):
    x, y = np.array([0, 1, -1, 7, np.iinfo(dtype).min], dtype), np.array([3, -3, 7, 7, 2], dtype)
    check(device, one_call(whole, x, y), x, y)


def test_a_wave(device):
    x = np.linspace(-7, 7, 50, dtype="float32")
    expected, actual = both(device, one_call(lambda x: [tg.sin(x), tg.cos(x), abs(x) ** 1.5, x**2.0], x), x)
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def test_operands_that_stand_apart(device):
    """A row, a column, one number, a transposed and a reversed array, and results put side by side."""
    random = np.random.default_rng(0)
    x, row, column, y = (random.normal(size=s).astype("float32") for s in [(5, 6), (6,), (5, 1), (6, 5)])
    names = [tg.input(f"x{k}", v.shape) for k, v in enumerate((x, row, column, y))]
    a, b, c, d = names
    wide = tg.concat([tg.tanh(a + b), tg.exp(a) * c], axis=1)
    part = tg.flip(a, 0) * tg.transpose(d) + b * 2.0
    deep = tg.reshape(tg.transpose(d), shape=(5, 2, 3)) + tg.reshape(b, shape=(2, 3))
    check(device, tg.Graph({"wide": wide, "part": part, "deep": deep}), x, row, column, y)


def test_a_copy_where_no_view_can_be(device):
    x = np.arange(24, dtype="float32").reshape(4, 6)
    a = tg.input("x0", (4, 6))
    outputs = {"rows": tg.reshape(tg.transpose(a), shape=(8, 3)), "both": tg.concat([a, a[:2]], axis=0)}
    check(device, tg.Graph(outputs), x)


def test_copies_of_every_kind(device):
    """Without gaps in one launch, also truth values that begin anywhere; with gaps each in one of its own."""
    xp = device.xp
    x = np.random.default_rng(0).normal(size=(300, 7))
    truths = x.reshape(-1) > 0
    values = [x, x.astype("float32"), x[:, 2:5], truths[3:10], np.array(5), x[:0], x.T]
    pairs = [(device.asarray(value), xp.zeros(value.shape, value.dtype)) for value in values]
    pairs[2] = device.asarray(x)[:, 2:5], pairs[2][1]
    pairs[3] = device.asarray(truths)[3:10], pairs[3][1]
    pairs[6] = pairs[6][0], xp.zeros((300, 7), x.dtype).T
    (call,) = device.compiled().bind_copies(pairs)
    assert len(call.each) == 3
    call()
    for value, (_, out) in zip(values, pairs, strict=True):
        np.testing.assert_array_equal(device.to_host(out), value)


SHAPES = [(1, 1, 1), (16, 16, 16), (3, 5, 2), (17, 33, 65), (32, 64, 256), (1, 64, 40), (70, 3, 130)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_products(device, shape, dtype):
    rows, depth, columns = shape
    random = np.random.default_rng(0)
    x, y = (random.normal(size=s).astype(dtype) for s in [(rows, depth), (depth, columns)])
    a, b, c, d = (tg.input(f"x{k}", v.shape, dtype) for k, v in enumerate((x, y, x.T, y.T)))
    outputs = {"plain": a @ b, "turned": tg.transpose(c) @ tg.transpose(d)}
    starts = [random.normal(size=s).astype(dtype) for s in [(columns, rows), (columns,), (rows, 1), ()]]
    for k, start in enumerate(starts, 4):
        z = tg.input(f"x{k}", start.shape, dtype)
        outputs[f"added {k}"] = tg.affine(a, b, tg.transpose(z) if k == 4 else z)
    expected, actual = both(device, tg.Graph(outputs), x, y, x.T, y.T, *starts)
    np.testing.assert_allclose(actual, expected, rtol=1e-4 if dtype == "float32" else 1e-12, atol=1e-5)


@pytest.mark.parametrize("each", [1, 2, 4])
def test_every_tile(device, each, monkeypatch):
    monkeypatch.setattr(product, "TILES", {1: 2**40, 2: 4, 4: 1}[each])
    test_products(device, (90, 37, 70), "float64")


@pytest.mark.parametrize(("rows", "ours"), [(1024, True), (1025, False)])
def test_a_large_product_is_left_to_cublas(device, rows, ours):
    x, y, z, out = (
        device.asarray(np.zeros(s, "float32")) for s in [(rows, 128), (128, 128), (128,), (rows, 128)]
    )
    for inputs in ([x, y], [x, y, z]):
        assert (product.launch(device.xp, inputs, out) is not None) == ours


AXES = [None, 0, 1, (0, 2), (1, 2), -1]


@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("shape", [(2, 3, 4), (70, 5, 33), (1, 400, 1)], ids=str)
def test_reductions(device, shape, axis):
    x = np.random.default_rng(0).normal(size=shape)
    a = tg.input("x0", shape, "float64")
    turned = tg.transpose(a)
    outputs = {"sum": tg.sum(a, axis=axis), "mean": tg.mean(a, axis=axis, keepdims=True)}
    outputs["turned"] = tg.sum(tg.flip(turned, 1), axis=axis)
    outputs |= {"max": tg.max(a, axis=axis), "min": tg.min(turned, axis=axis)}
    expected, actual = both(device, tg.Graph(outputs), x)
    for want, got in zip(expected, actual, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_largest_of_special_numbers(device, dtype):
    x = np.array([[1, np.nan, 2], [np.nan, 0, 1], [-np.inf, -np.inf, -np.inf], [3, np.inf, -1]], dtype)
    a = tg.input("x0", x.shape, dtype)
    check(device, tg.Graph({"max": tg.max(a, axis=1), "min": tg.min(a, axis=1)}), x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_numbers_are_the_same_bits(device, dtype):
    step = tg.input("x0", (), "int64")
    outputs = {
        f"{k}": tg.uniform(step, (300,), seed=-5, stream=k, first=k * 77, dtype=dtype) for k in range(2)
    }
    check(device, tg.Graph(outputs), np.array(7), units=0)


def test_an_array_amid_zeros(device):
    x = np.arange(6, dtype="float32").reshape(2, 3)
    rows = tg.input("x0", (2, 3))
    graph = tg.Graph(
        {
            "columns": tg.place(rows, shape=(2, 8), index=(slice(None), slice(1, 7, 2))),
            "row": tg.place(rows, shape=(3, 2, 3), index=(1,)),
            "one": tg.place(tg.sum(rows), shape=(2,), index=(-1,)),
        }
    )
    check(device, graph, x)


@pytest.mark.parametrize("wrong", [None, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 3), (1, 999)])
def test_what_is_not_finite_is_found(device, wrong, place):
    x, y = np.full(7, 3e38, "float32"), np.full((2, 500), -1e308)
    if wrong is not None:
        (x, y)[place[0]].reshape(-1)[place[1]] = wrong
    graph = tg.Graph(
        {"fine": tg.all_finite(*(tg.input(f"x{k}", v.shape, v.dtype) for k, v in enumerate((x, y))))}
    )
    expected, actual = both(device, graph, x, y)
    assert actual == expected == [wrong is None]
