"""stable: formulas as they are in a textbook stay finite and keep their digits, and so do their gradients.

The references are closed forms in which nothing overflows, in NumPy's longest float.
"""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import grad
from tinygraph.rewrites.stable import stable

POINTS = [-1000.0, -100.0, -20.0, -1.0, -1e-6, 0.0, 1e-6, 1.0, 20.0, 100.0, 1000.0]
SEED = np.array([0.5, -1.0, 2.0])


def sigmoid(x):
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-abs(x)))


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))


def rows(x):
    """Rows of three: one far above the others, far below, and ties."""
    return np.stack([x, 0 * x, -x / 2, 0 * x, x, x, x, x, x], -1).reshape(-1, 3)


def total(x):
    top = x.max(axis=-1, keepdims=True)
    return np.log(np.exp(x - top).sum(axis=-1, keepdims=True)) + top


def log_softmax(x):
    return x - x.max(axis=-1, keepdims=True) - total(x - x.max(axis=-1, keepdims=True))


def softmax_slope(p, g):
    return p * (g - (p * g).sum(axis=-1, keepdims=True))


#: formula: (in ops, its op after the rewrite, points, value, slope of the sum of value * g)
EACH = {
    "ln sigmoid": (lambda x: tg.log(tg.sigmoid(x)), lambda x: -softplus(-x), lambda x: sigmoid(-x)),
    "ln(1 - sigmoid)": (lambda x: tg.log(1.0 - tg.sigmoid(x)), lambda x: -softplus(x), lambda x: -sigmoid(x)),
    "ln(1 + exp)": (lambda x: tg.log(1.0 + tg.exp(x)), softplus, sigmoid),
    "ln(exp + 1)": (lambda x: tg.log(tg.exp(x) + 1.0), softplus, sigmoid),
    "1 / (1 + exp(-x))": (lambda x: 1.0 / (1.0 + tg.exp(-x)), sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "ln(1 / (1 + exp(-x)))": (
        lambda x: tg.log(1.0 / (tg.exp(-x) + 1.0)),
        lambda x: -softplus(-x),
        lambda x: sigmoid(-x),
    ),
}
ROWS = {
    "ln softmax": (
        lambda x: tg.log(tg.softmax(x)),
        log_softmax,
        lambda x, g: g - np.exp(log_softmax(x)) * g.sum(),
    ),
    "ln of softmax as a quotient": (
        lambda x: tg.log(tg.exp(x) / tg.sum(tg.exp(x), axis=-1, keepdims=True)),
        log_softmax,
        lambda x, g: g - np.exp(log_softmax(x)) * g.sum(),
    ),
    "softmax as a quotient": (
        lambda x: tg.exp(x) / tg.sum(tg.exp(x), axis=1, keepdims=True),
        lambda x: np.exp(log_softmax(x)),
        lambda x, g: softmax_slope(np.exp(log_softmax(x)), g),
    ),
    "ln Σ exp": (
        lambda x: tg.log(tg.sum(tg.exp(x), axis=-1, keepdims=True)),
        total,
        lambda x, g: np.exp(log_softmax(x)) * g.sum(),
    ),
}


def value_and_slope(formula, x, rewrite):
    node = tg.input("x", x.shape, x.dtype)
    y = formula(node)
    (slope,) = tg.gradients(tg.sum(y * tg.constant(SEED, x.dtype)), [node])
    return tg.compile([y, slope], rewrite=rewrite)(x=x)


def check(formula, x, value, slope):
    """Finite, and right to a few units; the slope is, too, in a graph that is not rewritten."""
    eps, tiny = np.finfo(x.dtype).eps, np.finfo(x.dtype).tiny
    size = abs(x).max() if x.ndim == 2 and x.shape[1] == 3 else 1.0
    found = value_and_slope(formula, x, True)
    np.testing.assert_allclose(found[0], value, rtol=16 * eps, atol=tiny + 4 * eps * (size > 1))
    for each in (found[1], value_and_slope(formula, x, False)[1]):
        np.testing.assert_allclose(each, slope, rtol=16 * eps, atol=tiny + 8 * eps * size)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EACH)
def test_each_element_stays_finite(name, dtype):
    formula, value, slope = EACH[name]
    x = np.array(POINTS, dtype)[:, None]
    wide = x.astype("longdouble")
    expected = slope(wide) * SEED.sum()
    if "exp(-x))" in name and "ln" not in name:  # y (1 - y) of the sigmoid itself: near 1 to absolute digits
        np.testing.assert_allclose(value_and_slope(formula, x, True)[1], expected, atol=np.finfo(dtype).eps)
        expected = value_and_slope(tg.sigmoid, x, True)[1]
    check(formula, x, value(wide), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ROWS)
def test_rows_stay_finite(name, dtype):
    formula, value, slope = ROWS[name]
    x = rows(np.array(POINTS, dtype))
    wide = x.astype("longdouble")
    check(formula, x, value(wide), slope(wide, SEED.astype("longdouble")))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_small_numbers_keep_their_digits(dtype):
    x = np.array([-1e-3, -1e-12, 1e-30, 1e-9, 0.5], dtype)
    node = tg.input("x", x.shape, x.dtype)
    found = tg.compile([tg.log(1.0 + node), tg.log(node + 1.0), tg.exp(node) - 1.0])(x=x)
    wide = x.astype("longdouble")
    for each, expected in zip(found, [np.log1p(wide), np.log1p(wide), np.expm1(wide)], strict=True):
        np.testing.assert_allclose(each, expected, rtol=4 * np.finfo(dtype).eps)


FORMULAS = {name: formula for name, (formula, *_) in (EACH | ROWS).items()} | {
    "ln(1 + x)": lambda x: tg.log(1.0 + tg.abs(x)),
    "exp(x) - 1": lambda x: tg.exp(x) - 1.0,
    "of all": lambda x: tg.log(tg.sum(tg.exp(x))) + tg.sum(tg.exp(x[0]) / tg.sum(tg.exp(x[0]))),
    "used otherwise, too": lambda x: (
        tg.log(tg.softmax(x)) * tg.softmax(x) + tg.log(1.0 + tg.exp(x)) * tg.exp(x)
    ),
    "of another": lambda x: tg.log(1.0 + tg.exp(tg.log(tg.sigmoid(tg.log(tg.softmax(x)))))),
}


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_values_and_gradients_are_kept_where_they_were_right(formula, monkeypatch):
    x = tg.input("x", (4, 3), "float64")
    feed = np.random.default_rng(3).normal(size=(4, 3))

    def results(rewrite):
        loss = tg.sum(formula(x) * tg.constant(SEED, "float64"))
        (slope,) = tg.gradients(loss, [x])
        (curve,) = tg.gradients(tg.sum(slope * slope), [x])
        return tg.Graph({"loss": loss, "slope": slope, "curve": curve})

    after = results(True)
    monkeypatch.setattr(grad, "stable_forms", lambda nodes: {})
    before = results(False)
    assert stable(before) is not before
    expected = tg.compile(dict(before.outputs), rewrite=False)(x=feed)
    for graph in (after, stable(before), stable(after)):
        found = tg.compile(dict(graph.outputs), rewrite=False)(x=feed)
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-12, atol=1e-12, err_msg=name)


X = tg.input("x", (3, 3), "float64")
LEFT = {
    "what is clipped means it": lambda: tg.log(tg.clip(tg.softmax(X), 1e-7, 1.0 - 1e-7)),
    "and its rest": lambda: tg.log(1.0 - tg.clip(tg.sigmoid(X), 1e-7, 1.0 - 1e-7)),
    "and so does a small number": lambda: tg.log(tg.softmax(X) + 1e-7),
    "less than 1": lambda: tg.log(1.0 - X),
    "two more": lambda: tg.log(2.0 + tg.exp(X)),
    "two less": lambda: tg.exp(X) - 2.0,
    "less the exponential": lambda: 1.0 - tg.exp(X),
    "a sum of something else": lambda: tg.log(tg.sum(tg.exp(X) * X)),
    "a sum of nothing": lambda: tg.log(tg.sum(tg.exp(X[:0]), axis=0)),
    "1 in a wider shape": lambda: tg.log(X[0] + tg.ones((3, 3), "float64")),
    "exponentials of two": lambda: tg.exp(X) / tg.sum(tg.exp(2.0 * X), axis=1, keepdims=True),
    "divided along another axis": lambda: tg.exp(X) / tg.sum(tg.exp(X), axis=1),
    "divided by the sum of all": lambda: tg.exp(X) / tg.sum(tg.exp(X), keepdims=True),
    "2 / (1 + exp(-x))": lambda: 2.0 / (1.0 + tg.exp(-X)),
    "1 - sigmoid(x) alone, which costs an exponential more": lambda: 1.0 - tg.sigmoid(X),
}


@pytest.mark.parametrize("make", LEFT.values(), ids=LEFT)
def test_a_near_miss_is_left_alone(make):
    graph = tg.Graph({"y": make()})
    assert stable(graph) is graph


def test_one_form_serves_value_and_gradient():
    y = tg.log(tg.softmax(X))
    graph = tg.compile([y, *tg.gradients(tg.sum(y * X), [X])]).graph
    assert graph.count()["log1p"] == 1  # of the parts of log_softmax
    assert "log" not in graph.count()


def test_gradients_by_what_a_form_goes_past():
    p = tg.softmax(X)
    y = tg.log(p)
    by_p, by_x = tg.gradients(tg.sum(y), [p, X])
    feed = np.random.default_rng(1).normal(size=(3, 3))
    found = tg.compile([by_p, 1.0 / p, by_x, 1.0 - 3.0 * p])(x=feed)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)
    np.testing.assert_allclose(found[2], found[3], rtol=1e-12, atol=1e-12)
    e = tg.exp(X)
    by_e, by_y = tg.gradients(tg.sum(y := tg.log(1.0 + e)), [e, y])
    found = tg.compile([by_e, 1.0 / (1.0 + e), by_y])(x=feed)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)
    assert (found[2] == 1.0).all()


def test_losses_of_clipped_probabilities_are_kerass():
    from tinygraph.nn import losses

    for loss in (losses.BinaryCrossentropy(), losses.CategoricalCrossentropy(), losses.KLDivergence()):
        graph = tg.Graph({"loss": loss(tg.one_hot(tg.constant([0, 2, 1]), 3, "float64"), tg.softmax(X))})
        assert stable(graph) is graph
