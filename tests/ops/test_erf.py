"""erf against Python's, to the last digits."""

from __future__ import annotations

import math

import numpy as np

import tinygraph as tg

X = np.concatenate(
    [
        np.linspace(-7, 7, 4001),
        [0.0, -0.0, 1e-300, 1e-9, 0.46875, -0.46875, 0.5, 4.0, -4.0, 30.0, 1e4, -1e300, np.inf, -np.inf],
        np.nextafter([0.46875, 4.0, 0.46875, 4.0], [0, 0, 9, 9]),
    ]
)


def erf(x):
    return tg.compile(tg.erf(tg.constant(x, dtype=x.dtype)))()


def test_double_precision():
    np.testing.assert_allclose(erf(X), np.vectorize(math.erf)(X), rtol=1e-15, atol=1e-300)


def test_single_precision():
    x = X[(np.abs(X) < 1e30) | np.isinf(X)].astype("float32")
    np.testing.assert_allclose(erf(x), np.vectorize(math.erf)(x.astype("float64")), rtol=3e-7)


def test_is_odd_and_keeps_the_sign_of_zero():
    np.testing.assert_array_equal(erf(-X), -erf(X))
    assert np.signbit(erf(np.array([-0.0])))[0]


def test_nan_stays_nan():
    assert np.isnan(erf(np.array([np.nan])))[0]
