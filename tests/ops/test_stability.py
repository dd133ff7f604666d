"""Values and slopes at extreme points are finite and right, in float32 and float64.

The references are closed forms in float64 that never overflow: with e = exp(-|x|), which is at most 1,
sigmoid(x) is 1 / (1 + e) or e / (1 + e); a logarithm of a sum of exponentials is the largest logit plus
log1p of the others' exponentials, and stays in two parts for as long as something is subtracted from it.
"""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg

POINTS = [-1e4, -100.0, -40.0, -20.0, -1.0, -1e-30, 0.0, 1e-30, 1e-7, 1.0, 20.0, 40.0, 100.0, 1e4]
DTYPES = ["float32", "float64"]


def points(dtype) -> np.ndarray:
    return np.array(POINTS, dtype)


def rows(dtype) -> np.ndarray:
    """Rows of logits: one far above the rest, far below, ties, and all tiny."""
    x = points(dtype)
    return np.stack([np.stack([x, 0 * x, -x], -1), np.stack([x, x, x], -1), np.stack([0 * x, x, x / 2], -1)])


def sigmoid(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def shifted(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(x - top, top, ln sum exp(x - top)) along the last axis, in float64."""
    x = x.astype("float64")
    place = x.argmax(axis=-1)[..., None]
    top = np.take_along_axis(x, place, -1)
    others = np.exp(x - top)
    np.put_along_axis(others, place, 0.0, -1)
    return x - top, top, np.log1p(others.sum(axis=-1, keepdims=True))


def log_softmax(x: np.ndarray) -> np.ndarray:
    below, _, tail = shifted(x)
    return below - tail


def value_and_slopes(function, *values, seed=None) -> list[np.ndarray]:
    """function(*values), its gradients, and the gradient of the first of those."""
    nodes = [tg.input(f"x{i}", value.shape, value.dtype) for i, value in enumerate(values)]
    y = function(*nodes)
    first = tg.gradients(tg.sum(y if seed is None else y * seed), nodes)
    second = tg.gradients(tg.sum(first[-1]), nodes[-1:])
    run = tg.compile([y, *first, *second, *nodes])
    results = run(**{f"x{i}": value for i, value in enumerate(values)})[: 2 + len(values)]
    assert all(np.isfinite(result).all() for result in results)
    assert all(result.dtype == values[0].dtype for result in results)
    return results


def close(actual: np.ndarray, expected: np.ndarray, scale: float = 0.0) -> None:
    """Within a few units of the last place; ``scale`` is the size of what was subtracted on the way."""
    limits = np.finfo(actual.dtype)
    np.testing.assert_allclose(
        actual, expected, rtol=8 * limits.eps, atol=limits.tiny + 4 * limits.eps * scale
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_sigmoid(dtype):
    x = points(dtype)
    y, slope, _ = value_and_slopes(tg.sigmoid, x)
    s = sigmoid(x.astype("float64"))
    close(y, s)
    close(slope, s * sigmoid(-x.astype("float64")), scale=1.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_softplus(dtype):
    x = points(dtype)
    y, slope, curvature = value_and_slopes(tg.softplus, x)
    s = sigmoid(x.astype("float64"))
    close(y, np.logaddexp(0, x.astype("float64")))
    close(slope, s)
    close(curvature, s * sigmoid(-x.astype("float64")), scale=1.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_logsumexp(dtype):
    x = rows(dtype)
    y, slope, _ = value_and_slopes(lambda x: tg.logsumexp(x, axis=-1), x)
    _, top, tail = shifted(x)
    close(y, (top + tail)[..., 0], scale=1.0)
    # exp(x - y) sees the rounding of y: half a unit of 1e4 is 5e-4 in float32.
    np.testing.assert_allclose(slope, np.exp(log_softmax(x)), atol=2e4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax(dtype):
    x = rows(dtype)
    random = np.random.default_rng(5).normal(size=x.shape).astype(dtype)
    y, slope, _ = value_and_slopes(tg.softmax, x, seed=random)
    p = np.exp(log_softmax(x))
    # exp(d) of a difference d has an error of d units: below -80 or so the result is no longer normal.
    np.testing.assert_allclose(y, p, rtol=200 * np.finfo(dtype).eps, atol=np.finfo(dtype).tiny)
    close(slope, p * (random - (p * random).sum(axis=-1, keepdims=True)), scale=4.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_log_softmax(dtype):
    x = rows(dtype)
    random = np.random.default_rng(6).normal(size=x.shape).astype(dtype)
    y, slope, _ = value_and_slopes(tg.log_softmax, x, seed=random)
    close(y, log_softmax(x), scale=1.0)
    close(slope, random - np.exp(log_softmax(x)) * random.sum(axis=-1, keepdims=True), scale=4.0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_softmax_cross_entropy(dtype, place):
    z = rows(dtype)
    target = np.zeros_like(z)
    target[..., place] = 1.0
    loss, _, slope, _ = value_and_slopes(tg.softmax_cross_entropy, target, z)
    close(loss, -log_softmax(z)[..., place], scale=1.0)
    close(slope, np.exp(log_softmax(z)) - target, scale=4.0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_sigmoid_cross_entropy_of_certain_targets(dtype, target):
    z = points(dtype)
    loss, _, slope, _ = value_and_slopes(tg.sigmoid_cross_entropy, np.full_like(z, target), z)
    wide = z.astype("float64")
    # No scale: the loss of a right answer is tiny, and its digits are kept.
    close(loss, np.logaddexp(0, -wide if target else wide))
    close(slope, -sigmoid(-wide) if target else sigmoid(wide), scale=1.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_sigmoid_cross_entropy_of_an_uncertain_target(dtype):
    z = points(dtype)
    loss, d_target, slope, _ = value_and_slopes(tg.sigmoid_cross_entropy, np.full_like(z, 0.25), z)
    wide = z.astype("float64")
    close(loss, 0.25 * np.logaddexp(0, -wide) + 0.75 * np.logaddexp(0, wide))
    close(d_target, -wide)
    close(slope, sigmoid(wide) - 0.25, scale=1.0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "function", [tg.tanh, tg.elu, tg.selu, tg.gelu, tg.silu, tg.mish, tg.softsign, tg.erf, tg.hard_silu]
)
def test_activations_stay_finite(dtype, function):
    x = points(dtype)
    y, slope, _ = value_and_slopes(function, x)
    far = function in (tg.gelu, tg.silu, tg.mish, tg.hard_silu)
    assert y[-1] == pytest.approx(1e4 if far else y[-1])
    assert abs(slope[-1] - 1.0) < 0.1 if far else slope[-1] >= 0.0


@pytest.mark.parametrize("dtype", DTYPES)
def test_minus_infinity_masks_a_logit(dtype):
    x = np.array([0.5, -np.inf, -0.5], dtype)
    node = tg.input("x", (3,), dtype)
    results = tg.compile([tg.softmax(node), tg.logsumexp(node), *tg.gradients(tg.logsumexp(node), [node])])(
        x=x
    )
    s = sigmoid(np.array(1.0))
    close(results[0], np.array([s, 0.0, 1 - s]))
    close(results[1], np.logaddexp(0.5, -0.5))
    close(results[2], np.array([s, 0.0, 1 - s]))
