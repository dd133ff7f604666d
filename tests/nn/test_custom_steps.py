"""Losses, metrics, optimizers, layers and training steps of one's own, each in a few lines."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import (
    Callback,
    Dense,
    Dropout,
    Input,
    Layer,
    Model,
    Sequential,
    losses,
    metrics,
    optimizers,
)

pytestmark = pytest.mark.usefixtures("float64")

RATE = 0.1
RNG = np.random.default_rng(5)
X, Y, W = RNG.normal(size=(8, 3)), RNG.normal(size=(8, 1)), RNG.uniform(0.5, 2.0, size=8)
ORDERED = {"shuffle": False, "verbose": 0, "batch_size": 4}


def made(kind=Sequential, layers=None, **kwargs):
    tg.set_seed(1)
    model = kind(layers or [Dense(1, input_shape=(3,), name="dense")])
    model.compile(optimizers.SGD(RATE), "mse", **kwargs)
    return model


def same(one, two):
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


class Plain(Sequential):
    """The step of tinygraph, written out."""

    def train_step(self, data):
        x, y, sample_weight = data
        y_pred = self(x, training=True)
        loss = self.compute_loss(x, y, y_pred, sample_weight)
        return loss, y_pred, tg.gradients(loss, self.trainable_weights)


def test_the_step_written_out_is_the_step():
    layers = [Dense(4, "tanh", kernel_regularizer="l2", input_shape=(3,)), Dense(1)]
    models = [
        made(kind, [layer.remade() for layer in layers], metrics=["mae"]) for kind in (Sequential, Plain)
    ]
    models[1].set_weights(models[0].get_weights())
    fit = {"epochs": 2, "sample_weight": W, "validation_split": 0.25, **ORDERED}
    histories = [model.fit(X, Y, **fit).history for model in models]
    assert list(histories[0]) == list(histories[1])
    for name in histories[0]:
        assert histories[0][name] == pytest.approx(histories[1][name], rel=1e-12)
    same(models[0].get_weights(), models[1].get_weights())


def test_gradients_of_ones_own():
    class Signs(Sequential):
        def train_step(self, data):
            x, y, sample_weight = data
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight)
            return loss, y_pred, [tg.sign(slope) for slope in tg.gradients(loss, self.trainable_weights)]

    model = made(Signs)
    kernel, bias = model.get_weights()
    error = X @ kernel + bias - Y
    model.train_on_batch(X, Y)
    same(model.get_weights(), [kernel - RATE * np.sign(X.T @ error), bias - RATE * np.sign(error.sum(0))])


def test_a_loss_that_needs_the_inputs():
    """|dy/dx|² of a linear model is |kernel|²: the penalty differentiates, and is differentiated again."""

    class Smooth(Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            (slope,) = tg.gradients(tg.sum(y_pred), [x])
            penalty = tg.mean(tg.sum(slope * slope, axis=1))
            return super().compute_loss(x, y, y_pred, sample_weight, training) + penalty

    model = made(Smooth)
    kernel, bias = model.get_weights()
    error = X @ kernel + bias - Y
    loss = float((error**2).mean() + (kernel**2).sum())
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(loss, rel=1e-12)
    assert model.train_on_batch(X, Y) == pytest.approx(loss, rel=1e-12)
    new = kernel - RATE * (2 * X.T @ error / 8 + 2 * kernel)
    same(model.get_weights(), [new, bias - RATE * 2 * error.mean(0)])


def test_two_passes_count_penalties_and_statistics():
    """A step that goes through the model twice: each pass has its penalty, dropout draws anew."""

    class Twice(Sequential):
        def train_step(self, data):
            x, y, _ = data
            first, second = self(x, training=True), self(x, training=True)
            return self.compute_loss(x, y, first) + self.compute_loss(x, y, second), tg.concat(
                [first, second]
            )

    layers = [Dense(1, activity_regularizer="l2", input_shape=(3,), name="dense")]
    twice, once = made(Twice, layers), made(layers=[layers[0].remade()])
    once.set_weights(twice.get_weights())
    assert twice.train_on_batch(X, Y) == pytest.approx(2 * once.train_on_batch(X, Y), rel=1e-12)
    noisy = made(Twice, [Dropout(0.5, seed=1, input_shape=(3,)), Dense(1, name="dense")])
    outputs = []

    class Spread(metrics.Metric):
        direction = "max"

        def statistics(self, y_true, y_pred, sample_weight=None):
            return [tg.sum(abs(y_pred[:8] - y_pred[8:]))]

        def result_of(self, statistics):
            return float(statistics[0])

    noisy.compile("sgd", "mse", metrics=[Spread()])
    outputs = noisy.train_on_batch(X, Y, return_dict=True)
    assert outputs["spread"] > 0.1


def test_several_outputs_by_name():
    class Both(Model):
        def train_step(self, data):
            x, y, sample_weight = data
            assert isinstance(x, list)
            assert set(y) == {"a", "b"}
            assert set(sample_weight) == {"a", "b"}
            y_pred = self(x, training=True)
            return self.compute_loss(x, y, y_pred, sample_weight), y_pred

    def build(kind):
        tg.set_seed(2)
        first, second = Input((3,), name="first"), Input((2,), name="second")
        model = kind([first, second], [Dense(1, name="a")(first), Dense(2, name="b")(second)])
        model.compile(optimizers.SGD(RATE), "mse", loss_weights={"b": 0.5}, metrics=["mae"])
        return model

    x, y = [X, X[:, :2]], [Y, RNG.normal(size=(8, 2))]
    one, two = (build(kind).fit(x, y, sample_weight=W, **ORDERED).history for kind in (Model, Both))
    assert list(one) == ["loss", "a_loss", "b_loss", "a_mae", "b_mae"] == list(two)
    assert list(one.values()) == [pytest.approx(each, rel=1e-12) for each in two.values()]


def test_a_test_step_of_ones_own():
    class Halved(Sequential):
        def test_step(self, data):
            loss, y_pred = super().test_step(data)
            return loss / 2.0, y_pred / 2.0

    model, plain = made(Halved, metrics=["mae"]), made(metrics=["mae"])
    plain.set_weights(model.get_weights())
    loss, mae = model.evaluate(X, Y, verbose=0)
    assert loss == pytest.approx(plain.evaluate(X, Y, verbose=0)[0] / 2, rel=1e-12)
    assert mae == pytest.approx(abs(plain.predict(X) / 2 - Y).mean(), rel=1e-12)


def test_everything_of_ones_own_in_a_few_lines():
    class Scale(Layer):
        def build(self, shape):
            self.scale = self.add_weight("scale", shape[-1:], "ones")

        def call(self, x):
            return x * self.scale

    def cubed(y_true, y_pred):
        return abs(y_true - y_pred) ** 3.0

    class Fourth(losses.Loss):
        def unreduced(self, y_true, y_pred):
            return tg.mean((y_true - y_pred) ** 4.0, axis=-1)

    class Bias(metrics.Metric):
        def statistics(self, y_true, y_pred, sample_weight=None):
            return [tg.sum(y_pred - y_true), tg.constant(float(y_true.shape[0]))]

        def result_of(self, statistics):
            return float(statistics[0] / statistics[1])

    class Decaying(optimizers.Optimizer):
        def slots(self):
            return {"mean": 0.0}

        def update(self, w, g, slots, learning_rate):
            mean = 0.9 * slots["mean"] + 0.1 * g
            return w - learning_rate * mean, {"mean": mean}

    class Loud(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.last = logs["bias"]

    loud, predicted = Loud(), X[:, :1]
    for loss, value in ((cubed, abs(Y - predicted) ** 3), (Fourth(), (Y - predicted) ** 4)):
        model = Sequential([Scale(input_shape=(1,))])
        model.compile(Decaying(0.1, use_ema=True), loss, metrics=[Bias()])
        history = model.fit(predicted, Y, callbacks=[loud], verbose=0).history
        assert history["loss"] == pytest.approx([value.mean()], rel=1e-9)
        assert loud.last == history["bias"][0] == pytest.approx((predicted - Y).mean(), rel=1e-9)


REFUSED = [
    (lambda self, data: 3, r"train_step: expected \(loss, y_pred\) or \(loss, y_pred, gradients\), got int"),
    (
        lambda self, data: (data.y, data.y),
        r"train_step, loss: expected a node of one number, .* got \(8, 1\)",
    ),
    (
        lambda self, data: (tg.mean(self(data.x)), self(data.x), []),
        r"SGD: expected gradients of shapes \[\(3, 1\), \(1,\)\], got \[\]",
    ),
    (
        lambda self, data: (tg.mean(self(data.x)), [self(data.x)] * 2),
        r"train_step: expected predictions for 1 output, got 2",
    ),
]


@pytest.mark.parametrize(("step", "message"), REFUSED)
def test_what_is_refused(step, message):
    model = made(type("Own", (Sequential,), {"train_step": step}))
    before = model.get_weights()
    with pytest.raises((tg.GraphError, ValueError), match=message):
        model.fit(X, Y, verbose=0)
    same(model.get_weights(), before)
