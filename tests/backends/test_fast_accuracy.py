"""float32 functions as machine code: within 4 units in the last place of the exact value, at any number."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg

pytest.importorskip("llvmlite", reason="the extra 'fast' is not installed")

from backends.fused_call import compiled

random = np.random.default_rng(0)
ANY = random.integers(0, 2**32, 1_000_000, dtype=np.uint64).astype(np.uint32).view(np.float32)
NEAR = np.concatenate([np.linspace(-110, 110, 500_001), np.linspace(-2, 2, 500_001)]).astype(np.float32)
ENDS = np.array(
    [0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 3.4028235e38, -3.4028235e38, 1, -1], np.float32
)
BORDERS = np.float32(
    [88.72283, 88.72284, -87.33655, -103.97208, -103.97209, 17.32868, -17.32868, 1.1754944e-38]
)
X = np.concatenate([ANY, NEAR, ENDS, BORDERS, np.nextafter(ENDS, np.float32(0.5))])


def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1.0) / (1.0 + small)


def softplus(x):
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


EXACT = {
    "tanh": np.tanh, "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "sqrt": np.sqrt,
    "sin": np.sin, "cos": np.cos, "abs": np.abs, "sign": np.sign, "floor": np.floor, "negative": np.negative,
    "sigmoid": sigmoid, "softplus": softplus,
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_a_function_is_exact_to_four_units(name):
    with np.errstate(all="ignore"):
        exact = EXACT[name](X.astype(np.float64))
        rounded = exact.astype(np.float32)
        actual = compiled(getattr(tg, name), X)
        finite = np.isfinite(rounded)
        np.testing.assert_array_equal(actual[~finite], rounded[~finite])
        units = np.abs(actual[finite] - exact[finite]) / np.spacing(np.abs(rounded[finite])).astype(
            np.float64
        )
    assert units.max() <= 4.0, X[finite][units.argmax()]
    np.testing.assert_array_equal(np.signbit(actual[X == 0]), np.signbit(rounded[X == 0]))


def test_powers():
    x = np.abs(ANY[:200_000])
    y = random.normal(size=x.size).astype(np.float32) * 2
    with np.errstate(all="ignore"):
        exact = np.power(x.astype(np.float64), y.astype(np.float64))
        rounded = exact.astype(np.float32)
    actual = compiled(tg.power, x, y)
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(actual[~finite], rounded[~finite])
    units = np.abs(actual[finite] - exact[finite]) / np.spacing(rounded[finite]).astype(np.float64)
    assert units.max() <= 4.0
