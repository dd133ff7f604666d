"""Windows and fold: the values of a convolution, adjointness, messages."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg

RANDOM = np.random.default_rng(10)
FORMS = [(3, 1, 1), (2, 2, 1), (3, 2, 2), (1, 3, 1), (4, 5, 1), (2, 1, 5)]  # width, stride, dilation


@pytest.mark.parametrize(("width", "stride", "dilation"), FORMS)
def test_a_convolution_made_of_windows(width, stride, dilation):
    x, kernel = RANDOM.normal(size=9), RANDOM.normal(size=width)
    cut = tg.windows(tg.constant(x, "float64"), width=width, stride=stride, dilation=dilation)
    result = tg.compile(tg.sum(cut * tg.constant(kernel, "float64"), axis=1))()
    spread = np.zeros((width - 1) * dilation + 1)
    spread[::dilation] = kernel
    np.testing.assert_allclose(result, np.correlate(x, spread, "valid")[::stride], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("width", "stride", "dilation"), FORMS)
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_fold_is_the_adjoint_of_windows(width, stride, dilation, axis):
    # <windows(x), g> = <x, fold(g)> for every x and g: that is what a gradient must be.
    x = RANDOM.normal(size=(9, 9))
    options = {"stride": stride, "dilation": dilation}
    node = tg.windows(tg.constant(x, "float64"), width=width, axis=axis, **options)
    g = RANDOM.normal(size=node.shape)
    folded = tg.fold(tg.constant(g, "float64"), size=9, axis=axis, **options)
    cut, back = tg.compile([node, folded])()
    assert back.shape == x.shape
    np.testing.assert_allclose((cut * g).sum(), (x * back).sum(), rtol=1e-12)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 0}, "at least 1"),
        ({"width": 2, "stride": 0}, "at least 1"),
        ({"width": 2, "dilation": -1}, "at least 1"),
        ({"width": 6}, "needs at least 6 elements on axis 0"),
        ({"width": 3, "dilation": 3}, "needs at least 7 elements on axis 0"),
        ({"width": 1, "axis": 1}, "needs an axis"),
    ],
)
def test_windows_that_do_not_fit(options, words):
    with pytest.raises(tg.GraphError, match=rf"^windows: .*{words}"):
        tg.windows(tg.input("x", (5,)), **options)


def test_fold_needs_the_windows_of_its_size():
    g = tg.input("g", (4, 2))
    assert tg.fold(g, size=5).shape == (5,)
    for options in ({"size": 6}, {"size": 5, "stride": 2}, {"size": 5, "stride": 0}, {"size": 5, "axis": 1}):
        with pytest.raises(tg.GraphError, match=r"^fold: needs"):
            tg.fold(g, **options)
