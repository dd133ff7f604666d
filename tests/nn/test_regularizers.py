"""Regularizers, constraints and losses that layers add: their formulas, and where training uses them."""

import numpy as np
import pytest
from ops.gradcheck import check_gradients

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn import LSTM, Dense, Embedding, Layer, Sequential, constraints, regularizers

W = np.random.default_rng(0).normal(size=(3, 4))
X, Y = np.random.default_rng(1).normal(size=(6, 5, 2)), np.ones((6, 1))
WHERE = {"kernel": "glorot_uniform", "recurrent": "orthogonal", "bias": "ones"}


def value(function, array):
    """What a function of a node makes of an array."""
    return tg.compile(function(tg.constant(array)))()


def pairs(rows):
    """The mean of |u v| over all pairs of rows of norm 1."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return np.abs(unit @ unit.T)[~np.eye(len(rows), dtype=bool)].mean()


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("l1", 0.01 * np.abs(W).sum()),
        ("L2", 0.01 * (W**2).sum()),
        (regularizers.L1L2(l1=0.5, l2=0.25), 0.5 * np.abs(W).sum() + 0.25 * (W**2).sum()),
        ("l1_l2", 0.0),
        (regularizers.OrthogonalRegularizer(0.5), 0.5 * pairs(W)),
        (regularizers.OrthogonalRegularizer(0.5, mode="columns"), 0.5 * pairs(W.T)),
        (lambda x: tg.sum(x) * 2.0, 2.0 * W.sum()),
    ],
)
def test_penalties(identifier, expected):
    penalty = regularizers.get(identifier)
    assert value(penalty, W) == pytest.approx(expected, rel=1e-12)
    check_gradients(lambda w: penalty(w), W)


def norms(w, axis=0):
    return np.linalg.norm(w, axis=axis, keepdims=True)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("non_neg", np.maximum(W, 0.0)),
        (constraints.MaxNorm(1.0), W * np.minimum(1.0, norms(W)) / norms(W)),
        ("unit_norm", W / norms(W)),
        (constraints.UnitNorm(axis=1), W / norms(W, 1)),
        (constraints.UnitNorm(axis=[0, 1]), W / norms(W, (0, 1))),
        (constraints.MinMaxNorm(1.5, 2.0), W * np.clip(norms(W), 1.5, 2.0) / norms(W)),
        (
            constraints.MinMaxNorm(1.5, 2.0, rate=0.5, axis=1),
            W * (0.5 + 0.5 * np.clip(norms(W, 1), 1.5, 2.0) / norms(W, 1)),
        ),
        (lambda w: w * 0.5, W / 2),
    ],
)
def test_constraints(identifier, expected):
    np.testing.assert_allclose(value(constraints.get(identifier), W), expected, rtol=1e-6)


def test_none_and_configs():
    assert regularizers.get(None) is None
    assert constraints.get(None) is None
    config = nn.serialize(regularizers.L2(0.25))
    assert nn.deserialize(config).l2 == 0.25
    assert nn.deserialize(nn.serialize(constraints.MaxNorm(3, axis=1))).axis == 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: regularizers.L2(-1.0), ValueError, "L2: l2 must be a number in [0, inf), got -1.0."),
        (lambda: regularizers.OrthogonalRegularizer(mode="row"), ValueError, "must be 'rows' or 'columns'"),
        (lambda: constraints.MinMaxNorm(2.0, 1.0), ValueError, "max_value must be a number in [2.0, inf)"),
        (lambda: Dense(2, kernel_regularizer="l3"), ValueError, "unknown regularizer 'l3'"),
        (lambda: Dense(2, kernel_constraint="maxnorm"), ValueError, "did you mean 'max_norm'?"),
        (
            lambda: value(regularizers.OrthogonalRegularizer(), np.ones(3)),
            GraphError,
            "expected a matrix of two rows, got (3,).",
        ),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.usefixtures("float64")
def test_the_loss_of_training_and_of_evaluation_has_the_penalties():
    options = {f"{what}_regularizer": regularizers.L2(0.1) for what in ("kernel", "recurrent", "bias")}
    plain, model = (Sequential([LSTM(3, input_shape=(5, 2), **given), Dense(1)]) for given in ({}, options))
    plain.set_weights(model.get_weights())
    for each in (plain, model):
        each.compile("sgd", "mse")
    penalty = sum(0.1 * (w**2).sum() for w in model.get_weights()[:3])
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(plain.evaluate(X, Y, verbose=0) + penalty)
    losses = [each.train_on_batch(X, Y) for each in (model, plain)]
    assert losses[0] == pytest.approx(losses[1] + penalty)
    before, after = plain.get_weights()[0], model.get_weights()[0]
    assert not np.allclose(before, after)


def test_frozen_weights_have_neither():
    model = Sequential(
        [Dense(3, input_shape=(2,), kernel_regularizer="l2", kernel_constraint="non_neg"), Dense(1)]
    )
    model.compile("sgd", "mse")
    model.layers[0].trainable = False
    before = model.get_weights()
    x = X[:, 0]
    error = np.mean((model.predict(x) - Y) ** 2)
    assert model.train_on_batch(x, Y) == pytest.approx(error, rel=1e-5)
    same = [np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert same == [True, True, False, False]


def test_constraints_follow_updates_and_leave_set_weights_alone():
    layer = Embedding(4, 3, embeddings_constraint="non_neg", embeddings_regularizer="l1")
    model = Sequential([layer, Dense(1)])
    model.build((2,))
    negative = [-np.ones_like(w) for w in model.get_weights()]
    model.set_weights(negative)
    np.testing.assert_array_equal(model.get_weights()[0], negative[0])
    model.compile("sgd", "mse")
    model.train_on_batch(np.zeros((3, 2), int), np.ones((3, 2, 1)))
    assert (model.get_weights()[0] == 0).all()
    assert (model.get_weights()[1] < 0).all()


@pytest.mark.usefixtures("float64")
def test_an_activity_regularizer_sees_each_array_and_is_divided_by_the_batch():
    layer = nn.SimpleRNN(3, return_sequences=True, return_state=True, activity_regularizer="l2")
    found = []

    class Watched(Layer):
        def call(self, x, training):
            y, h = layer.lower(x)
            return tg.sum(y, axis=(1, 2)) + tg.sum(h, axis=1)

        sublayers = property(lambda self: [layer])

    model = Sequential([Watched(input_shape=(5, 2)), nn.Reshape((1,))])
    model.compile("sgd", lambda y, p: tg.sum(p, axis=-1) * 0.0)
    y, h = layer(X)
    found = model.evaluate(X, Y, verbose=0)
    assert found == pytest.approx(0.01 * ((y**2).sum() + (h**2).sum()) / len(X))


@pytest.mark.usefixtures("float64")
def test_a_layer_adds_losses_of_its_own():
    class Sparse(Layer):
        def call(self, x, training):
            self.add_loss(0.5 * tg.mean(abs(x)))
            return x

    model = Sequential([Sparse(input_shape=(2,)), Dense(1)])
    model.compile("sgd", "mse")
    x = X[:, 0]
    expected = np.mean((model.predict(x) - Y) ** 2) + 0.5 * np.abs(x).mean()
    assert model.evaluate(x, Y, verbose=0) == pytest.approx(expected)


class Adding(Layer):
    def call(self, x, training):
        self.add_loss(x)
        return x


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Dense(1, kernel_regularizer=abs, name="out"), "the regularizer of out/kernel: .*, got (2, 1)"),
        (
            Dense(1, activity_regularizer=abs, name="out"),
            "Dense 'out', activity_regularizer: .*, got (6, 5, 1)",
        ),
        (Dense(1, bias_regularizer=lambda w: 3.0, name="out"), "the regularizer of out/bias: .*, got float"),
        (Adding(name="out"), "Adding 'out', add_loss: .*, got (1, 5, 2)"),
    ],
)
def test_what_joins_the_loss_is_one_number(layer, message):
    model = Sequential([layer])
    model.compile("sgd", "mse")
    with pytest.raises(GraphError, match=message.replace("(", r"\(").replace(")", r"\)")):
        model.evaluate(X, np.ones((6, 5, 1)), verbose=0)
