"""Random numbers: a function of (seed, stream, step, position), uniform as far as simple tests can tell."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.ops.random import Rows


def draw(seed=7, stream=0, step=0, shape=(64,), dtype="float64") -> np.ndarray:
    node = tg.uniform(tg.constant(step), shape, seed=seed, stream=stream, dtype=dtype)
    return tg.compile(node)()


def test_same_key_same_bits():
    np.testing.assert_array_equal(draw(), draw())
    np.testing.assert_array_equal(draw(step=3, shape=(4, 16)).ravel(), draw(step=3))


def test_bits_are_those_of_splitmix64():
    # Written down again, in Python's whole numbers, from the paper's constants.
    def mix(z):
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
        return z ^ (z >> 31)

    golden = 0x9E3779B97F4A7C15
    seed, stream, step = 7, 2, 5
    key = mix((mix(seed ^ mix(stream + 1)) + step * golden) % 2**64)
    expected = [(mix((key + (i + 1) * golden) % 2**64) >> 11) * 2.0**-53 for i in range(64)]
    np.testing.assert_array_equal(draw(seed, stream, step), expected)


@pytest.mark.parametrize(
    "other", [{"seed": 8}, {"stream": 1}, {"step": 1}, {"seed": 7 + 2**40}, {"stream": 2**33}], ids=str
)
def test_another_key_other_bits(other):
    assert not np.isin(draw(), draw(**other)).any()


def test_seed_and_stream_are_not_interchangeable():
    assert not np.isin(draw(seed=1, stream=2), draw(seed=2, stream=1)).any()
    assert not np.isin(draw(seed=0, step=1), draw(seed=1, step=0)).any()


def test_single_precision_has_the_leading_bits_of_double():
    single, double = draw(dtype="float32"), draw()
    np.testing.assert_array_equal(single, np.floor(double * 2**24) / 2**24)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_range(dtype):
    x = draw(shape=(100_000,), dtype=dtype)
    assert x.dtype == dtype
    assert 0.0 <= x.min() < 1e-3
    assert 0.999 < x.max() < 1.0


def test_uniform():
    count, bins = 100_000, 100
    x = draw(shape=(count,))
    # Five standard deviations: of the mean 1 / sqrt(12 n), of the mean square sqrt(4 / 45 n).
    assert abs(x.mean() - 1 / 2) < 5 / math.sqrt(12 * count)
    assert abs((x * x).mean() - 1 / 3) < 5 * math.sqrt(4 / 45 / count)
    expected = count / bins
    chi2 = ((np.histogram(x, bins, (0, 1))[0] - expected) ** 2 / expected).sum()
    assert abs(chi2 - (bins - 1)) < 5 * math.sqrt(2 * (bins - 1))


@pytest.mark.parametrize("other", [{"step": 1}, {"stream": 1}, {"seed": 8}], ids=str)
def test_draws_are_uncorrelated(other):
    count = 50_000
    x, y = draw(shape=(count,)) - 0.5, draw(shape=(count,), **other) - 0.5
    assert abs((x * y).mean()) < 5 / 12 / math.sqrt(count)
    assert abs((x[1:] * x[:-1]).mean()) < 5 / 12 / math.sqrt(count)


def test_a_counter_draws_anew_in_every_run():
    step = tg.counter("step")
    f = tg.compile(tg.uniform(step, (64,), seed=7, dtype="float64"))
    first, second = f(), f()
    np.testing.assert_array_equal(first, draw(step=0))
    np.testing.assert_array_equal(second, draw(step=1))
    step.assign(0)
    np.testing.assert_array_equal(f(), first)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_mask(rate, dtype):
    count = 40_000
    mask = tg.compile(tg.dropout_mask(tg.counter("step"), (200, 200), rate, seed=3, dtype=dtype))()
    assert mask.shape == (200, 200)
    assert mask.dtype == dtype
    np.testing.assert_allclose(np.unique(mask), [0.0, 1 / (1 - rate)] if rate else [1.0], rtol=1e-6)
    dropped = (mask == 0.0).mean()
    assert abs(dropped - rate) <= 5 * math.sqrt(rate * (1 - rate) / count)


@pytest.mark.parametrize("rate", [-0.1, 1.1, math.nan])
def test_a_rate_is_a_probability(rate):
    with pytest.raises(tg.GraphError, match=r"dropout_mask: needs 0 <= rate <= 1"):
        tg.dropout_mask(tg.counter("step"), (2,), rate, seed=1)


def test_step_is_one_whole_number():
    for step in (tg.constant([1, 2]), tg.constant(1.0)):
        with pytest.raises(tg.GraphError, match="uniform: needs one whole number as step"):
            tg.uniform(step, (2,), seed=1)


def test_negative_seeds_are_seeds():
    assert not np.isin(draw(seed=-1), draw(seed=1)).any()


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("rows", [Rows(0, 2, 5), Rows(2, 3, 5), Rows(4, 1, 5), Rows(0, 5, 5)], ids=str)
def test_rows_of_a_batch_draw_what_they_have_in_the_draw_for_the_whole(axis, rows):
    def shape(size):
        return (*(3, 4)[:axis], size, *(3, 4)[axis:])

    step, how = tg.counter("step"), {"seed": 7, "stream": 2, "dtype": "float64"}
    mask = tg.dropout_mask(step, shape(rows.size), 0.4, rows=rows, axis=axis, **how)
    whole = tg.compile(tg.dropout_mask(step, shape(5), 0.4, **how))()
    own = [slice(None)] * axis + [slice(rows.first, rows.first + rows.size)]
    step.assign(0)
    np.testing.assert_array_equal(tg.compile(mask)(), whole[tuple(own)])


def test_rows_of_a_batch_have_its_normal_numbers():
    step, how = tg.constant(3), {"seed": 7, "dtype": "float64"}
    whole = tg.compile(tg.normal(step, (5, 3), **how))()
    part = tg.compile(tg.normal(step, (2, 3), rows=Rows(2, 2, 5), **how))()
    np.testing.assert_array_equal(part, whole[2:4])


def test_a_mask_that_drops_all_draws_nothing():
    mask = tg.dropout_mask(tg.counter("step"), (2, 3), 1.0, seed=1, dtype="float64")
    assert "uniform" not in tg.Graph({"mask": mask}).count()
    np.testing.assert_array_equal(tg.compile(mask)(), np.zeros((2, 3)))
