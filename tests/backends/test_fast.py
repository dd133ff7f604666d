"""Machine code for fused operations: every op that can be fused, at every number, layout and host."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_graphs import graphs
from hypothesis import given, settings
from ops.harness import cases

import tinygraph as tg
from tinygraph import Graph, backends
from tinygraph.graph import OPS
from tinygraph.op import Op

pytest.importorskip("llvmlite", reason="the extra 'fast' is not installed")

from backends.fused_call import compiled, one_call, plain, run

from tinygraph.backends.fast import kernel, library
from tinygraph.backends.fast.kernel import Host
from tinygraph.backends.fast.machine import machine
from tinygraph.backends.fast.vectors import Vectors
from tinygraph.backends.scalar import functions
from tinygraph.backends.scalar.expression import parse
from tinygraph.backends.scalar.language import Value

FUSED = [case for case in cases() if case.op.scalar]
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, -2.0, 3.0, 1e30, -1e30, 1e-30, 700.0, -700.0]
HOSTS = [
    Host(64, True, True, 32),
    Host(32, True, False, 16),
    Host(16, False, False, 16),
    Host(16, True, True, 32),
]


def same(actual, expected, units=8):
    """Equal, NaN included, up to so many units in the last place: NumPy's own float32 may be off by 4."""
    assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
    if actual.dtype.kind != "f":
        np.testing.assert_array_equal(actual, expected)
        return
    info = np.finfo(actual.dtype)
    np.testing.assert_allclose(
        actual, expected, rtol=units * info.eps, atol=units * float(info.smallest_subnormal)
    )


@pytest.mark.parametrize("single", [False, True], ids=["float64", "float32"])
@pytest.mark.parametrize("case", FUSED, ids=str)
def test_an_op_alone_is_what_numpy_makes_of_it(case, single):
    case = case.single() if single else case

    def build(*x):
        return case.op(*x, **case.attrs)

    same(compiled(build, *case.values), plain(build, *case.values))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "op", [op for op in OPS.values() if isinstance(op, Op) and op.scalar], ids=lambda op: op.name
)
def test_special_numbers_are_treated_as_numpy_does(op, dtype):
    special = np.array([*SPECIAL, np.finfo(dtype).smallest_subnormal, np.finfo(dtype).max], dtype)
    count = 2 if op.variadic else len(op.arguments)
    values = [v.reshape(-1) for v in np.meshgrid(*[special] * count)]
    if op.name.startswith("logical") or op.name == "where":
        values[0] = values[0] > 0.7
    if op.name.startswith("logical"):
        values = [value > 0.7 for value in values]
    attrs = {"clip": {"low": -0.5, "high": 2.5}, "cast": {"dtype": "float64"}}.get(op.name, {})

    def build(*x):
        return op(*x, **attrs)

    same(compiled(build, *values), plain(build, *values))


DTYPES = ["float32", "float64", "int32", "int64", "bool"]
#: A float as a whole number is not fused: of NaN every processor makes another one.
CASTS = [(a, b) for a in DTYPES for b in DTYPES if not (a.startswith("float") and b.startswith("int"))]


@pytest.mark.parametrize(("given", "wanted"), CASTS)
def test_casts(given, wanted):
    values = np.array([[0.0, 1.5, -3.0, 7.0, 100.0]] * 5).astype(given)

    def build(x):
        return tg.cast(x, dtype=wanted)

    same(compiled(build, values), plain(build, values))


@pytest.mark.parametrize("dtype", ["int32", "int64", "bool"])
@pytest.mark.parametrize(
    "name", ["add", "multiply", "maximum", "minimum", "equal", "less", "abs", "floor", "copy"]
)
def test_whole_numbers_and_truth(name, dtype):
    random = np.random.default_rng(0)
    op = OPS[name]
    values = [random.integers(-3 if dtype != "bool" else 0, 4, (3, 21)).astype(dtype) for _ in op.arguments]
    same(compiled(op, *values), plain(op, *values))


def test_types_meet_as_in_numpy():
    random = np.random.default_rng(0)
    x, y, k = random.normal(size=(4, 9)).astype("float32"), random.normal(size=(4, 9)), np.arange(9)

    def build(x, y, k):
        return tg.where(x > y, x * k, tg.exp(k) + y / k) + (x > 0.0)

    same(compiled(build, x, y, k), plain(build, x, y, k))


SHAPES = [
    (),
    (1,),
    (7,),
    (16,),
    (33,),
    (1, 5),
    (5, 1),
    (3, 16),
    (3, 17),
    (2, 3, 5),
    (0, 4),
    (4, 0),
    (2, 1, 3),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_shape(shape):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(2, *shape)).astype("float32")

    def build(x, y):
        return tg.tanh(x * y) * 2.0

    same(compiled(build, x, y), plain(build, x, y))


def layouts():
    random = np.random.default_rng(0)
    big = random.normal(size=(8, 40)).astype("float32")
    yield "row", np.broadcast_to(big[0, :10], (4, 10))
    yield "column", np.broadcast_to(big[:4, :1], (4, 10))
    yield "number", np.broadcast_to(big[0, 0], (4, 10))
    yield "columns of more", big[:4, 5:15]
    yield "every other row", big[::2, :10]
    yield "every other column", big[:4, :20:2]
    yield "transposed", np.ascontiguousarray(big[:4, :10].T).T
    yield "backwards", big[3::-1, :10]
    yield "mirrored", big[:4, 9::-1]


@pytest.mark.parametrize("host", HOSTS, ids=str)
@pytest.mark.parametrize("layout", list(layouts()), ids=lambda layout: layout[0])
def test_any_layout_on_any_host(layout, host, monkeypatch):
    monkeypatch.setattr(machine(), "host", host)
    _, x = layout
    y = np.arange(40, dtype="float32").reshape(4, 10)

    def build(x, y):
        return [tg.concat([x + y, x - y], axis=1), tg.less(x, y)]

    graph = one_call(build, x, y)
    (node,) = {part.inputs[0] for part in graph.outputs.values()}
    out = [np.full((4, 20), np.nan, "float32"), np.zeros((4, 10), bool)]
    backends.get("numpy").compiled().bind(node, [x, y], out)()
    np.testing.assert_array_equal(out[0], np.concatenate([x + y, x - y], axis=1))
    np.testing.assert_array_equal(out[1], x < y)


def test_axes_that_cannot_be_walked_are_copied_first():
    random = np.random.default_rng(0)
    x = random.normal(size=(3, 4, 5)).astype("float32")

    def build(x, y):
        return tg.transpose(x, (1, 0, 2)) + tg.broadcast_to(y[:1], (4, 3, 5)) * 2.0

    f, g = (
        tg.compile(build(tg.input("x", x.shape), tg.input("y", (1, 3, 5))), jit_compile=jit)
        for jit in (True, False)
    )
    np.testing.assert_array_equal(f(x=x, y=x[:1, :3]), g(x=x, y=x[:1, :3]))


def test_other_sizes_need_no_other_machine_code():
    def build(x):
        return tg.tanh(x) * 2.0 + 1.0

    for size in (3, 4, 40):
        compiled(build, np.ones((size, 19), "float32"))
    known = len(library._loaded)
    compiled(build, np.ones((77, 23), "float32"))
    assert len(library._loaded) == known


def test_outputs_do_not_write_beyond_their_ends():
    for width in range(1, 40):
        x = np.ones((2, width), "float32")
        graph = one_call(lambda x: [x + 1.0, x * 3.0], x)
        (node,) = {part.inputs[0] for part in graph.outputs.values()}
        room = [np.full((4, width + 64), 7.0, "float32") for _ in range(2)]
        out = [array[1:3, 32 : 32 + width] for array in room]
        backends.get("numpy").compiled().bind(node, [x], out)()
        for array, value in zip(room, (2.0, 3.0), strict=True):
            assert (array[1:3, 32 : 32 + width] == value).all()
            array[1:3, 32 : 32 + width] = 7.0
            assert (array == 7.0).all()


def test_the_graph_of_a_fused_node_is_what_it_equals():
    x = np.random.default_rng(0).normal(size=(6, 11))
    graph = one_call(lambda x: [tg.sin(x), tg.sin(x) * x, x > 0.0], x)
    for one, other in zip(run(graph, x, compiled=True), run(graph, x, compiled=False), strict=True):
        same(one, other)


def test_formulas_are_read_as_in_c():
    assert str(parse("{0} + {1} * 2")).count("kind='+'") == 1
    assert parse("{0} + {1} * 2").kind == "+"
    assert parse("-{0} - {1}").kind == "-"
    assert parse("{0} < 0 ? 1 : {0} > 2 ? 2 : {0}").args[2].kind == "?"
    assert parse("!{0} || {1} && {2}").kind == "||"
    assert parse("f({0}, (1 + {low}) / 2)").kind == "f"
    with pytest.raises(ValueError, match="cannot read"):
        parse("{0} {1}")
    with pytest.raises(ValueError, match="expected"):
        parse("({0}")


def test_a_function_that_is_unknown_is_told():
    x = tg.input("0", (3,))
    graph = Graph({"0": tg.sin(x)})
    assert "sinf" in kernel.source(graph, [True], False, HOSTS[0])
    with pytest.raises(ValueError, match="nonsense"):
        functions.call(Vectors(4, True), "nonsense", [Value("%x", "float32")])


def test_devices_tell_of_the_compiler():
    assert "llvmlite" in tg.devices()[0].detail


def test_poison_and_rebinding():
    w = tg.param("w", np.arange(6.0).reshape(2, 3))
    x = tg.input("x", (2, 3))
    step = tg.compile({"y": tg.tanh(w * x) + w}, updates={w: w * 0.5 + x}, jit_compile=True)
    expected = np.tanh(w.value) + w.value
    np.testing.assert_allclose(step(x=np.ones((2, 3)))["y"], expected, rtol=1e-6)
    w.cell.array = np.asfortranarray(np.ones((2, 3), "float32"))  # elsewhere, and in another order
    np.testing.assert_allclose(step(x=np.ones((2, 3)))["y"], np.tanh(1.0) + 1.0, rtol=1e-6)
    np.testing.assert_allclose(w.value, 1.5)


@settings(max_examples=60)
@given(graphs())
def test_drawn_graphs_keep_their_values(drawn):
    start = [w.value for w in drawn.parameters]
    found = []
    for jit_compile in (True, False):
        function = tg.compile(drawn.outputs, drawn.updates, jit_compile=jit_compile)
        feeds = {name: value for name, value in drawn.feeds.items() if name in function.inputs}
        values = []
        for _ in range(2):
            values += [*function(**feeds).values(), *(w.value for w in drawn.parameters)]
        found.append(values)
        for parameter, value in zip(drawn.parameters, start, strict=True):
            parameter.assign(value)
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("host", HOSTS, ids=str)
def test_what_is_not_finite_is_found_wherever_it_stands(host, monkeypatch):
    monkeypatch.setattr(machine(), "host", host)
    arrays = [
        np.full(shape, np.finfo(dtype).max, dtype)
        for dtype in ("float32", "float64")
        for shape in ((), (37,))
    ]
    arrays += [np.arange(5), np.zeros((3, 4), "float32").T, np.zeros((0, 2))]
    node = tg.all_finite(*(tg.input(str(k), a.shape, a.dtype) for k, a in enumerate(arrays)))
    out = np.array(False)
    call = backends.get("numpy").compiled().bind(node, arrays, out)
    call()
    assert out
    for array in (a for a in arrays if a.dtype.kind == "f"):
        for k in range(array.size):
            before = array.flat[k]
            for wrong in (np.nan, np.inf, -np.inf):
                array.flat[k] = wrong
                call()
                assert not out
            array.flat[k] = before
            call()
            assert out
    gaps = backends.get("numpy").compiled().bind(tg.all_finite(tg.input("x", (3,))), [np.ones(6)[::2]], out)
    gaps()
    assert out


def test_a_transposed_array_is_laid_out_anew():
    x = tg.input("x", (3, 4))
    f = tg.compile(tg.reshape(tg.transpose(x), (12,)), jit_compile=True)
    values = np.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal(f(x=values), values.T.ravel())


def test_a_whole_number_beside_floats():
    x = tg.input("x", (3,))
    f = tg.compile(tg.exp(x * tg.constant(3, "int32")), jit_compile=True)
    np.testing.assert_allclose(f(x=np.ones(3)), np.exp(3.0), rtol=1e-6)
