"""tg.gradcheck: models and nodes in float64; it finds a wrong gradient and names the worst weight."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn import (
    GRU,
    LSTM,
    BatchNormalization,
    Bidirectional,
    Dense,
    Dropout,
    Embedding,
    Input,
    Model,
    Sequential,
)  # fmt: skip
from tinygraph.op import op

RNG = np.random.default_rng(1)


def check(layers, x, y, loss="mse", **kwargs):
    model = Sequential(layers)
    model.compile("adam", loss)
    return tg.gradcheck(model, x, y, **kwargs)


def test_recurrent_models():
    x, y = RNG.normal(size=(3, 5, 2)), RNG.normal(size=(3, 1))
    layers = [
        Bidirectional(LSTM(3, return_sequences=True, input_shape=(5, 2))),
        GRU(2, recurrent_dropout=0.3),
    ]
    found = check([*layers, Dropout(0.3), BatchNormalization(), Dense(1)], x, y)
    assert found.error < 1e-7
    assert len(found.errors) == 6 + 3 + 2 + 2
    assert found.errors[found.worst] == found.error


def test_words_masks_labels_and_weights():
    words = np.array([[1, 2, 3, 0], [4, 0, 0, 0], [2, 2, 1, 1]])
    layers = [Embedding(5, 3, mask_zero=True, input_shape=(4,)), LSTM(3, kernel_regularizer="l2")]
    model = [*layers, Dense(3, activation="softmax")]
    loss = "sparse_categorical_crossentropy"
    found = check(model, words, [0, 2, 1], loss, sample_weight=[0.5, 1.0, 2.0])
    assert found.error < 1e-7


def test_several_inputs_and_outputs():
    a, b = Input((3,), name="a"), Input((2,), name="b")
    both = nn.Concatenate()([a, b])
    model = Model([a, b], [Dense(1, name="first")(both), Dense(2, name="second")(both)])
    model.compile("sgd", ["mse", "log_cosh"], loss_weights=[1.0, 0.5])
    x, y = [RNG.normal(size=(4, n)) for n in (3, 2)], [RNG.normal(size=(4, n)) for n in (1, 2)]
    assert tg.gradcheck(model, x, y).error < 1e-7


def test_nothing_is_changed_and_float32_is_enough():
    model = Sequential([Dense(3, input_shape=(2,)), Dropout(0.5), Dense(1)])
    model.compile("adam", "mse")
    assert model.weights[0].dtype == "float32"
    before = [weight.value for weight in model.weights]
    found = [tg.gradcheck(model, np.ones((2, 2)), np.ones(2)).error for _ in range(2)]
    assert found[0] == found[1] < 1e-8
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.value, value)
    assert model.optimizer.variables[2:] == []


def test_nodes():
    x, w = tg.input("x", (4, 3)), tg.param("w", RNG.normal(size=(3, 2)))
    loss = tg.mean(tg.tanh(x @ w) ** 2)
    found = tg.gradcheck(loss, wrt=[w, x], feeds={"x": RNG.normal(size=(4, 3))}, elements=100)
    assert list(found.errors) == ["w", "x"]
    assert found.error < 1e-8


@pytest.fixture
def wrong():
    """An operation whose gradient is 1 % too large."""
    from tinygraph.graph import OPS
    from tinygraph.ops.rules import elementwise

    @op(elementwise, scalar="{0} * {0}", samples=[])
    def gradchecked_square(xp, x, *, out):
        """x²."""
        xp.multiply(x, x, out=out)

    @gradchecked_square.vjp
    def _(g, y, x):
        return (g * x * 2.02,)

    yield gradchecked_square
    del OPS["gradchecked_square"]


def test_a_wrong_gradient_is_found_and_named(wrong):
    right, spoilt = tg.param("right", [1.0, 2.0]), tg.param("spoilt", [1.0, 2.0])
    loss = tg.sum(right * right) + tg.sum(wrong(spoilt))
    with pytest.raises(
        tg.GradientError, match=r"the gradient of spoilt is wrong by 9.9e-03 of its largest slope"
    ):
        tg.gradcheck(loss, wrt=[right, spoilt])
    found = tg.gradcheck(loss, wrt=[right, spoilt], tolerance=0.1)
    assert (found.worst, found.error) == ("spoilt", pytest.approx(0.01, rel=0.05))
    assert found.errors["right"] < 1e-9


def test_a_gradient_that_should_be_zero_is_judged_beside_the_others():
    w, unused = tg.param("w", [3.0]), tg.param("unused", [1.0])
    assert tg.gradcheck(tg.sum(w * w) + 0.0 * tg.sum(unused), wrt=[w, unused]).error < 1e-8


def test_what_is_refused():
    w = tg.param("w", [1.0, 2.0])
    with pytest.raises(tg.GraphError, match=r"gradcheck: expected a node of one number, got \(2,\)"):
        tg.gradcheck(w * w, wrt=[w])
    with pytest.raises(tg.GraphError, match=r"gradcheck: expected wrt=\[...\] to differentiate by"):
        tg.gradcheck(tg.sum(w))
    with pytest.raises(RuntimeError, match="gradcheck: compile the model first"):
        tg.gradcheck(Sequential([Dense(1, input_shape=(2,))]), np.ones((1, 2)), np.ones(1))
    with pytest.raises(TypeError, match="gradcheck: expected a compiled model or a node, got int"):
        tg.gradcheck(3)
    with pytest.raises(tg.GraphError, match="gradcheck: the input 'x' has no value in feeds"):
        tg.gradcheck(tg.sum(tg.input("x", (2,)) * w), wrt=[w])
