"""max_pool: against NumPy, ties, NaN, messages."""

from __future__ import annotations

import numpy as np
import pytest
from ops.gradcheck import check_gradients

import tinygraph as tg

X = np.random.default_rng(11).normal(size=(3, 9, 2))
FORMS = [(1, 1), (2, 2), (3, 1), (4, 2), (2, 5), (9, 1)]  # width, stride


@pytest.mark.parametrize(("width", "stride"), FORMS)
def test_equals_numpy(width, stride):
    expected = [X[:, k : k + width].max(axis=1) for k in range(0, 9 - width + 1, stride)]
    y = tg.max_pool(tg.constant(X, "float64"), width=width, stride=stride, axis=-2)
    np.testing.assert_array_equal(tg.compile(y)(), np.stack(expected, axis=1))
    check_gradients(lambda x: tg.max_pool(x, width=width, stride=stride, axis=1), X)


def slope(x, **options):
    """The gradient of the sum of the results, of which number k counts k + 1 times."""
    node = tg.input("x", np.shape(x), "float64")
    y = tg.max_pool(node, **options)
    (d_x,) = tg.gradients(tg.sum(y * (np.arange(y.size) + 1.0)), [node])
    return tg.compile(d_x)(x=x).tolist()


def test_the_first_of_those_that_tie_has_the_gradient():
    assert slope([2.0, 2.0, 1.0, 2.0], width=2) == [1.0, 2.0, 0.0, 3.0]
    assert slope([0.0, 0.0, 0.0, 0.0], width=3) == [1.0, 2.0, 0.0, 0.0]
    assert slope([3.0, 3.0, 3.0, 3.0], width=2, stride=2) == [1.0, 0.0, 2.0, 0.0]


def test_nan_is_not_lost():
    y = tg.compile(tg.max_pool(tg.constant([np.nan, 1.0, np.nan, 2.0]), width=2))()
    assert np.isnan(y).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 0}, "at least 1"),
        ({"width": 2, "stride": 0}, "at least 1"),
        ({"width": 6}, "needs at least 6 elements on axis 0"),
        ({"width": 1, "axis": 1}, "needs an axis"),
    ],
)
def test_windows_that_do_not_fit(options, words):
    with pytest.raises(tg.GraphError, match=rf"^max_pool: .*{words}"):
        tg.max_pool(tg.input("x", (5,)), **options)
