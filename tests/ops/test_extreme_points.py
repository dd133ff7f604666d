"""At extreme points values and slopes are within 8 units in the last place of the exact ones.

The exact results are mpmath's, of 60 digits. A unit is the distance between numbers of the dtype at the exact
result, and at least the least subnormal number. Two results are differences that may cancel whatever their
formula: ln Σ e^x where the largest x is negative, and the slopes s - t and p - t of a target t between 0 and
1. There the unit is that of the larger term.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Iterator, Sequence

import mpmath
import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import losses

ULPS = 8.0
DTYPES = ["float32", "float64"]
HOW = {"numpy": {"jit_compile": False}, "fast": {"jit_compile": True}, "cupy": {"backend": "cupy"}}
Number = mpmath.mpf
#: a result, and the larger term where it is a difference
Exact = tuple[Number, Number]


def points(dtype: str) -> np.ndarray:
    """Sixty numbers: subnormal ones, near 0, where exp and its sum with 1 end, and the outermost."""
    limits = np.finfo(dtype)
    small = [limits.smallest_subnormal, limits.tiny / 2, limits.tiny, 1e-30, 1e-8, 1e-3]
    middle = [0.1, 0.5, math.log(2), 1.0, 2.5, 8.0, 16.6, 17.0, 20.0, 36.7, 37.0, 40.0]
    large = [87.3, 88.7, 89.0, 103.0, 104.0, 709.0, 745.0, 746.0, 1e4, 1e30, limits.max]
    sizes = np.array([*small, *middle, *large], dtype)
    return np.concatenate([-sizes[::-1], np.array([-0.0, 0.0], dtype), sizes])


def pairs(dtype: str) -> np.ndarray:
    """Rows of two: each point with 0, itself, its opposite, its half and other points; and masked ones."""
    x = points(dtype)
    others = [0 * x, x, -x, x / 2, np.roll(x, 7), np.roll(x, 23)]
    rows = np.concatenate([np.stack([x, other], -1) for other in others])
    masked = np.array([[3.0, -np.inf], [0.0, -np.inf], [-1e4, -np.inf]], dtype)
    return np.concatenate([rows, rows[:, ::-1], masked])


def exp(x: Number) -> Number:
    return mpmath.exp(max(x, -(10**6)))  # beyond it is 0 to any dtype, and to 60 digits of 1


def sigmoid(x: Number) -> Number:
    return 1 / (1 + exp(-x)) if x > 0 else exp(x) / (1 + exp(x))


def softplus(x: Number) -> Number:
    return max(x, mpmath.mpf(0)) + mpmath.log1p(exp(-abs(x)))


def exact_sigmoid(x: Number) -> tuple[Exact, Exact]:
    y = sigmoid(x)
    return (y, y), (y * sigmoid(-x),) * 2


def exact_softplus(x: Number) -> tuple[Exact, Exact]:
    return (softplus(x),) * 2, (sigmoid(x),) * 2


def exact_cross_entropy(t: Number, z: Number) -> tuple[Exact, Exact]:
    """Of a logit: t softplus(-z) + (1 - t) softplus(z), whose slope is s (1 - t) - t σ(-z)."""
    value = t * softplus(-z) + (1 - t) * softplus(z)
    terms = sigmoid(z) * (1 - t), sigmoid(-z) * t
    return (value, value), (terms[0] - terms[1], max(terms))


def exact_logsumexp(x: Number, y: Number) -> tuple[Exact, Exact, Exact]:
    top, below = max(x, y), -abs(x - y)
    value, slopes = top + mpmath.log1p(exp(below)), (sigmoid(x - y), sigmoid(y - x))
    return (value, max(abs(top), value) if top < 0 else value), *((p, p) for p in slopes)


def exact_softmax_cross_entropy(t: Number, u: Number, x: Number, y: Number) -> tuple[Exact, ...]:
    """Of two logits: t softplus(y - x) + u softplus(x - y); the slopes are p u - t q and q t - u p."""
    p, q = sigmoid(x - y), sigmoid(y - x)
    value = sum((share * softplus(d) for share, d in ((t, y - x), (u, x - y)) if share), mpmath.mpf(0))
    return (value, value), (p * u - t * q, max(p * u, t * q)), (q * t - u * p, max(p * u, t * q))


def unit(size: Number, dtype: str) -> Number:
    """The distance between numbers of the dtype where they are this large."""
    limits = np.finfo(dtype)
    exponent = mpmath.frexp(size)[1] - 1 if size else limits.minexp
    return mpmath.ldexp(mpmath.mpf(1), max(exponent, limits.minexp) - limits.nmant)


def units_off(actual: float, exact: Exact, dtype: str) -> float:
    """The error of a result in units; it is infinite where the exact one is too large for the dtype."""
    expected, size = exact
    largest = mpmath.mpf(float(np.finfo(dtype).max))
    if abs(expected) >= largest + unit(largest, dtype) / 2:
        return 0.0 if math.copysign(math.inf, expected) == actual else math.inf
    return float(abs(mpmath.mpf(float(actual)) - expected) / unit(abs(size), dtype))


def compiled(how: str, make: Callable[..., Sequence[tg.Node]], *arrays: np.ndarray) -> list[np.ndarray]:
    """The values of the nodes that ``make`` declares of inputs."""
    if how == "fast" and importlib.util.find_spec("llvmlite") is None:
        pytest.skip("the extra 'fast' is not installed")
    if how == "cupy" and not any(device.usable for device in tg.devices() if device.backend == "cupy"):
        pytest.skip("no GPU")
    nodes = [tg.input(f"x{k}", array.shape, array.dtype.name) for k, array in enumerate(arrays)]
    function = tg.compile(list(make(*nodes)), **HOW[how])
    return function(**{node.name: array for node, array in zip(nodes, arrays, strict=True)})


def with_slopes(function: Callable[..., tg.Node]) -> Callable[..., Sequence[tg.Node]]:
    """The values of a function, and the slopes of their sum by its last argument."""

    def make(*nodes: tg.Node) -> Sequence[tg.Node]:
        y = function(*nodes)
        return y, *tg.gradients(tg.sum(y), nodes[-1:])

    return make


def errors(
    how: str,
    function: Callable[..., tg.Node],
    exact: Callable[..., Sequence[Exact]],
    *arrays: np.ndarray,
) -> Iterator[tuple[float, tuple[float, ...]]]:
    """The largest error at each row of the arrays, with the row."""
    dtype = arrays[-1].dtype.name
    values, slopes = compiled(how, with_slopes(function), *arrays)
    results = np.concatenate([values.reshape(len(values), -1), slopes.reshape(len(values), -1)], axis=1)
    given = np.concatenate([array.reshape(len(values), -1) for array in arrays], axis=1)
    for row, result in zip(given.tolist(), results.tolist(), strict=True):
        expected = exact(*map(mpmath.mpf, row))
        found = [units_off(r, e, dtype) for r, e in zip(result, expected, strict=True)]
        yield max(found, key=lambda error: math.inf if math.isnan(error) else error), tuple(row)


def soft(dtype: str, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each logit with targets that are certain, smoothed, and in between."""
    targets = np.array([0.0, 1.0, 0.05, 0.95, 0.5, 0.25], dtype)
    return np.repeat(targets, len(logits)), np.tile(logits, len(targets))


def two_classes(dtype: str, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each pair of logits with the one class and the other, and with both unless one is infinitely far."""
    certain, smooth = np.eye(2, dtype=dtype), np.array([[0.75, 0.25]], dtype)
    with np.errstate(over="ignore"):
        finite = logits[np.isfinite(logits[:, 0] - logits[:, 1])]
    first = logits[logits[:, 1] > -np.inf]
    targets = [certain[[0]].repeat(len(logits), 0), certain[[1]].repeat(len(first), 0)]
    return np.concatenate([*targets, smooth.repeat(len(finite), 0)]), np.concatenate([logits, first, finite])


def probabilities(dtype: str) -> np.ndarray:
    """Numbers from 0 to 1, close to its ends and beyond what a loss keeps away from them."""
    limits = np.finfo(dtype)
    small = np.array([0, limits.smallest_subnormal, 1e-30, 9e-8, 1.1e-7, 1e-6, 1e-3, 0.1, 0.3, 0.5], dtype)
    return np.concatenate([small, 1 - small[4:], np.array([1 - limits.epsneg, 1], dtype)])


def exact_clipped_cross_entropy(dtype: str) -> Callable[[Number, Number], tuple[Exact, Exact]]:
    """-(t ln p + (1 - t) ln(1 - p)) as Keras defines it: p is clipped to 1e-7 and 1 - 1e-7 of the dtype."""
    low, high = (mpmath.mpf(float(np.dtype(dtype).type(bound))) for bound in (1e-7, 1 - 1e-7))

    def exact(t: Number, p: Number) -> tuple[Exact, Exact]:
        q = min(max(p, low), high)
        value = -(t * mpmath.log(q) + (1 - t) * mpmath.log1p(-q))
        terms = ((1 - t) / (1 - q), t / q) if low <= p <= high else (mpmath.mpf(0),) * 2
        return (value, value), (terms[0] - terms[1], max(terms))

    return exact


def columns(loss: losses.Loss) -> Callable[..., tg.Node]:
    """A loss of rows of one number, of numbers."""
    return lambda t, z: loss(t[:, None], z[:, None])


def sparse(loss: losses.Loss) -> Callable[..., tg.Node]:
    """A loss of whole numbers, of one-hot rows."""
    return lambda t, z: loss(tg.argmax(t, axis=-1), z)


FROM_LOGITS = {"from_logits": True, "reduction": "none"}
#: a function of arrays that a function makes of the points or pairs, and its exact values
CASES = {
    "sigmoid": (tg.sigmoid, exact_sigmoid, lambda d: (points(d),)),
    "softplus": (tg.softplus, exact_softplus, lambda d: (points(d),)),
    "logsumexp": (lambda x: tg.logsumexp(x, axis=-1), exact_logsumexp, lambda d: (pairs(d),)),
    "softmax_cross_entropy": (
        tg.softmax_cross_entropy, exact_softmax_cross_entropy, lambda d: two_classes(d, pairs(d)),
    ),
    "sigmoid_cross_entropy": (
        tg.sigmoid_cross_entropy, exact_cross_entropy, lambda d: soft(d, points(d)),
    ),
    "BinaryCrossentropy": (
        columns(losses.BinaryCrossentropy(**FROM_LOGITS)),
        exact_cross_entropy, lambda d: soft(d, points(d)),
    ),
    "CategoricalCrossentropy": (
        losses.CategoricalCrossentropy(**FROM_LOGITS),
        exact_softmax_cross_entropy, lambda d: two_classes(d, pairs(d)),
    ),
    "SparseCategoricalCrossentropy": (
        sparse(losses.SparseCategoricalCrossentropy(**FROM_LOGITS)),
        exact_softmax_cross_entropy,
        lambda d: tuple(array[: -len(pairs(d)) + 3] for array in two_classes(d, pairs(d))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_within_eight_units(name, dtype, how):
    function, exact, arrays = CASES[name]
    with mpmath.workdps(60):
        error, where = max(errors(how, function, exact, *arrays(dtype)), key=lambda found: found[0])
    assert error <= ULPS, f"{name}, {dtype}: off by {error:.3g} units at {where}"


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_cross_entropy_of_probabilities_is_that_of_keras(dtype, how):
    loss = columns(losses.BinaryCrossentropy(reduction="none"))
    arrays = soft(dtype, probabilities(dtype))
    with mpmath.workdps(60):
        found = errors(how, loss, exact_clipped_cross_entropy(dtype), *arrays)
        error, where = max(found, key=lambda found: found[0])
    assert error <= ULPS, f"off by {error:.3g} units at {where}"


def test_there_are_sixty_points():
    for dtype in DTYPES:
        assert len({(x, math.copysign(1, x)) for x in points(dtype).tolist()}) == 60


SECOND = {
    "sigmoid": (tg.sigmoid, lambda x: sigmoid(x) * sigmoid(-x) * (sigmoid(-x) - sigmoid(x))),
    "softplus": (tg.softplus, lambda x: sigmoid(x) * sigmoid(-x)),
    "sigmoid_cross_entropy": (
        lambda x: tg.sigmoid_cross_entropy(1.0, x), lambda x: sigmoid(x) * sigmoid(-x),
    ),
    "logsumexp": (
        lambda x: tg.logsumexp(tg.stack([x, 0 * x], axis=-1), axis=-1), lambda x: sigmoid(x) * sigmoid(-x),
    ),
    "softmax_cross_entropy": (
        lambda x: tg.softmax_cross_entropy([1.0, 0.0], tg.stack([x, 0 * x], axis=-1)),
        lambda x: sigmoid(x) * sigmoid(-x),
    ),
}  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SECOND)
def test_second_slopes(name, dtype):
    """They are differences of terms of the first slope's size, and right to some units of that."""
    function, exact = SECOND[name]
    x = np.array([-37, -17, -2.5, -math.log(2), -0.1, 0, 1e-8, 0.5, 1, 8, 20, 40, 88], dtype)

    def second(x: tg.Node) -> list[tg.Node]:
        (slope,) = tg.gradients(tg.sum(function(x)), [x])
        return tg.gradients(tg.sum(slope), [x])

    (values,) = compiled("numpy", second, x)
    with mpmath.workdps(60):
        for z, value in zip(map(mpmath.mpf, x.tolist()), values, strict=True):
            first = 1 if "soft" in name or "log" in name else sigmoid(z) * sigmoid(-z)
            assert units_off(value, (exact(z), first), dtype) <= ULPS, z
