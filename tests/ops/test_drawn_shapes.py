"""The harness on shapes that nobody thought of: broadcast pairs, reductions, layouts, batched products."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as npst
from ops.drawn import SEEDS, axes, broadcasting, draw_case, like_its_sample, shapes
from ops.harness import Case, check_everything

from tinygraph import backends
from tinygraph.graph import OPS
from tinygraph.op import Op
from tinygraph.ops import broadcast, compare, reduce, rules
from tinygraph.ops.samples import Draw

NUMPY = backends.get("numpy")
ELEMENTWISE = {
    rules.elementwise,
    rules.elementwise_number,
    rules.elementwise_float,
    rules.comparison,
    compare.chosen,
    compare.bounded,
}
REDUCING = {reduce.reduced_any, reduce.reduced_float, broadcast.summed}
ALONG_AN_AXIS = {rules.same_float, reduce.argument, reduce.scanned}


def declared_by(rules: set) -> list[Op]:
    return [op for op in OPS.values() if isinstance(op, Op) and op.rule in rules]


def by_name(op: Op) -> str:
    return op.name


def value(case: Case) -> np.ndarray:
    """Check every promise, and return what the kernel computes."""
    check_everything(case, NUMPY)
    node = case.node()
    out = np.empty(node.shape, node.dtype)
    with np.errstate(all="ignore"):
        case.op.kernel(np, *case.values, out=out, **node.attrs)
    return out


@pytest.mark.parametrize("op", declared_by(ELEMENTWISE), ids=by_name)
@settings(max_examples=25)
@given(data=st.data())
def test_elementwise(op: Op, data):
    drawn = data.draw(broadcasting(len(op.arguments)))
    result = value(like_its_sample(op, drawn, data.draw(SEEDS)))
    assert result.shape == np.broadcast_shapes(*drawn)


@settings(max_examples=25)
@given(shape=shapes(), count=st.integers(1, 5), seed=SEEDS)
def test_add_n(shape, count, seed):
    case = draw_case(OPS["add_n"], [Draw(shape)] * count, seed, {})
    np.testing.assert_allclose(value(case), np.sum(case.values, axis=0), rtol=1e-12)


@pytest.mark.parametrize("op", declared_by(REDUCING), ids=by_name)
@settings(max_examples=30)
@given(data=st.data())
def test_reductions(op: Op, data):
    shape = data.draw(shapes(least=0 if op.name == "sum" else 1))
    options = {"axis": data.draw(axes(len(shape))), "keepdims": data.draw(st.booleans())}
    result = value(like_its_sample(op, [shape], data.draw(SEEDS), **options))
    assert result.shape == np.sum(np.empty(shape), **options).shape


@pytest.mark.parametrize("op", declared_by(ALONG_AN_AXIS), ids=by_name)
@settings(max_examples=20)
@given(data=st.data())
def test_along_an_axis(op: Op, data):
    shape = data.draw(shapes(least=1 if op.rule is reduce.argument else 0, min_dims=1))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    result = value(like_its_sample(op, [shape], data.draw(SEEDS), axis=axis))
    reduced = op.rule is reduce.argument
    assert result.shape == (np.argmax(np.empty(shape), axis=axis).shape if reduced else shape)


@settings(max_examples=60)
@given(data=st.data())
def test_matmul(data):
    x_batch, y_batch = data.draw(broadcasting(2).filter(lambda pair: max(map(len, pair)) <= 2))
    m, k, n = data.draw(st.tuples(*[st.integers(0, 3)] * 3))
    draws = [Draw((*x_batch, m, k)), Draw((*y_batch, k, n))]
    case = draw_case(OPS["matmul"], draws, data.draw(SEEDS), {})
    np.testing.assert_allclose(value(case), np.matmul(*case.values), rtol=1e-12, atol=1e-12)


@settings(max_examples=40)
@given(data=st.data())
def test_transpose(data):
    shape = data.draw(shapes())
    order = data.draw(st.none() | st.permutations(range(len(shape))))
    case = like_its_sample(OPS["transpose"], [shape], data.draw(SEEDS), axes=order)
    np.testing.assert_array_equal(value(case), case.values[0].transpose(order))


@settings(max_examples=40)
@given(data=st.data())
def test_reshape(data):
    given_, wanted = data.draw(shapes()), data.draw(shapes())
    if np.prod(given_) != np.prod(wanted):
        wanted = (1, *given_[::-1]) if data.draw(st.booleans()) else (int(np.prod(given_)),)
    case = like_its_sample(OPS["reshape"], [given_], data.draw(SEEDS), shape=wanted)
    np.testing.assert_array_equal(value(case), case.values[0].reshape(wanted))


@settings(max_examples=100)
@given(data=st.data())
def test_slice_and_place(data):
    shape = data.draw(shapes())
    index = data.draw(npst.basic_indices(shape, allow_newaxis=True, max_dims=5))
    case = like_its_sample(OPS["slice"], [shape], data.draw(SEEDS), index=index)
    part = value(case)
    np.testing.assert_array_equal(part, case.values[0][index])
    put = draw_case(OPS["place"], [Draw(part.shape)], data.draw(SEEDS), {"shape": shape, "index": index})
    expected = np.zeros(shape)
    expected[index] = put.values[0]
    np.testing.assert_array_equal(value(put), expected)


@settings(max_examples=40)
@given(data=st.data())
def test_broadcast_to(data):
    source, other = data.draw(broadcasting(2))
    shape = np.broadcast_shapes(source, other)
    case = like_its_sample(OPS["broadcast_to"], [source], data.draw(SEEDS), shape=shape)
    np.testing.assert_array_equal(value(case), np.broadcast_to(case.values[0], shape))


@settings(max_examples=40)
@given(data=st.data())
def test_concat(data):
    shape = data.draw(shapes(min_dims=1, max_dims=3))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    sizes = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))
    parts = []
    for size in sizes:
        part = list(shape)
        part[axis] = size
        parts.append(Draw(tuple(part)))
    case = draw_case(OPS["concat"], parts, data.draw(SEEDS), {"axis": axis})
    np.testing.assert_array_equal(value(case), np.concatenate(case.values, axis=axis))


@settings(max_examples=30)
@given(data=st.data())
def test_pad(data):
    shape = data.draw(shapes(max_dims=3))
    widths = data.draw(st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * len(shape)))
    case = like_its_sample(OPS["pad"], [shape], data.draw(SEEDS), widths=widths, value=0.5)
    expected = np.pad(case.values[0], widths, constant_values=0.5) if shape else case.values[0]
    np.testing.assert_array_equal(value(case), expected)


@settings(max_examples=50)
@given(data=st.data())
def test_windows_and_fold(data):
    width, stride, dilation, more = data.draw(st.tuples(*[st.integers(1, 3)] * 3, st.integers(0, 4)))
    around = data.draw(shapes(max_dims=2))
    axis = data.draw(st.integers(0, len(around)))
    size = (width - 1) * dilation + 1 + more
    shape = (*around[:axis], size, *around[axis:])
    options = {"stride": stride, "dilation": dilation, "axis": axis}
    case = draw_case(OPS["windows"], [Draw(shape)], data.draw(SEEDS), {"width": width, **options})
    cut = value(case)
    moved = np.moveaxis(case.values[0], axis, 0)
    starts = range(0, more + 1, stride)
    expected = [[moved[start + k * dilation] for k in range(width)] for start in starts]
    np.testing.assert_array_equal(np.moveaxis(cut, (axis, axis + 1), (0, 1)), expected)

    back = draw_case(OPS["fold"], [Draw(cut.shape)], data.draw(SEEDS), {"size": size, **options})
    folded = np.zeros((size, *around))
    for number, start in enumerate(starts):
        for k in range(width):
            folded[start + k * dilation] += np.moveaxis(back.values[0], (axis, axis + 1), (0, 1))[number, k]
    np.testing.assert_allclose(np.moveaxis(value(back), axis, 0), folded, rtol=1e-12)


@settings(max_examples=50)
@given(data=st.data())
def test_gather_and_scatter_add(data):
    shape = data.draw(shapes(max_dims=3, min_dims=1))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    size = shape[axis]
    chosen = data.draw(shapes(max_dims=2) if size else st.just((0,)))
    draws = [Draw(shape), Draw(chosen, "whole", max(1, size))]
    case = draw_case(OPS["gather"], draws, data.draw(SEEDS), {"axis": axis})
    taken = value(case)
    np.testing.assert_array_equal(taken, np.take(*case.values, axis=axis))

    back = draw_case(
        OPS["scatter_add"], [Draw(taken.shape), draws[1]], data.draw(SEEDS), {"size": size, "axis": axis}
    )
    axis %= len(shape)
    expected = np.zeros(shape)
    for place in np.ndindex(chosen):
        target = (slice(None),) * axis + (back.values[1][place],)
        expected[target] += back.values[0][(slice(None),) * axis + place]
    np.testing.assert_allclose(value(back), expected, rtol=1e-12)
