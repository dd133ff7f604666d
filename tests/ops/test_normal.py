"""Normal numbers: a function of (seed, stream, step, position), normal as far as simple tests can tell."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygraph as tg


def draw(seed=7, stream=0, step=0, shape=(64,), dtype="float64") -> np.ndarray:
    return tg.compile(tg.normal(tg.constant(step), shape, seed=seed, stream=stream, dtype=dtype))()


def test_they_are_those_of_box_and_muller():
    u, v = tg.compile(tg.uniform(tg.constant(3), (2, 4, 5), seed=7, stream=2, dtype="float64"))()
    expected = np.sqrt(-2.0 * np.log(1.0 - u)) * np.cos(2.0 * np.pi * v)
    np.testing.assert_allclose(draw(stream=2, step=3, shape=(4, 5)), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("other", [{"seed": 8}, {"stream": 1}, {"step": 1}], ids=str)
def test_same_key_same_numbers(other):
    np.testing.assert_array_equal(draw(), draw())
    assert not np.isin(draw(), draw(**other)).any()
    x, y = draw(shape=(50_000,)), draw(shape=(50_000,), **other)
    assert abs((x * y).mean()) < 5 / math.sqrt(x.size)
    assert abs((x[1:] * x[:-1]).mean()) < 5 / math.sqrt(x.size)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal(dtype):
    count = 100_000
    x = draw(shape=(count,), dtype=dtype)
    assert x.dtype == dtype
    assert np.isfinite(x).all()
    # Five standard deviations of the first four moments, whose variances are 1, 2, 15 and 96 over n.
    for power, (moment, variance) in enumerate([(0, 1), (1, 2), (0, 15), (3, 96)], start=1):
        assert abs((x.astype("float64") ** power).mean() - moment) < 5 * math.sqrt(variance / count)
    for bound in (-2.0, -1.0, 0.0, 0.5, 3.0):
        share = 0.5 * (1.0 + math.erf(bound / math.sqrt(2.0)))
        assert abs((x < bound).mean() - share) < 5 * math.sqrt(share * (1.0 - share) / count)


def test_single_precision_is_close_to_double():
    np.testing.assert_allclose(draw(dtype="float32"), draw(), atol=1e-5)


def test_a_counter_draws_anew_in_every_run():
    step = tg.counter("step")
    run = tg.compile(tg.normal(step, (2, 3), seed=1))
    first, second = run(), run()
    assert (first != second).all()
    step.assign(0)
    np.testing.assert_array_equal(run(), first)


def test_any_shape():
    for shape in [(), (0, 3), (2, 1, 3), 4]:
        node = tg.normal(tg.constant(0), shape, seed=1)
        assert tg.compile(node)().shape == node.shape == (shape if isinstance(shape, tuple) else (shape,))


def test_shapes_and_steps_that_are_refused():
    with pytest.raises(tg.GraphError, match="needs one whole number as step"):
        tg.normal(tg.constant(1.0), (2,), seed=1)
    with pytest.raises(tg.GraphError, match="needs a shape of whole numbers"):
        tg.normal(tg.constant(1), (-2,), seed=1)
