"""What other ports of Keras get wrong in fit, in Sequential and Functional models, with arrays and batches.

Callbacks that are taken and never called, several outputs of which only the last is trained, validation data
that are trained on, and remainder batches that are dropped. A test that is red with each of these.
"""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import Callback, Dense, Input, Model, Sequential, optimizers

pytestmark = pytest.mark.usefixtures("float64")

RATE = 0.1
RNG = np.random.default_rng(0)
X, Y, Z = RNG.normal(size=(11, 3)), RNG.normal(size=(11, 2)), RNG.normal(size=(11, 1))
KERNEL, BIAS = RNG.normal(size=(3, 2)), RNG.normal(size=2)


def sequential():
    return Sequential([Dense(2, input_shape=(3,))])


def functional():
    x = Input((3,))
    return Model(x, Dense(2)(x))


def made(kind):
    model = kind()
    model.compile(optimizers.SGD(RATE), "mse")
    model.set_weights([KERNEL, BIAS])
    return model


def as_arrays(x, y, size):
    return {"x": x, "y": y, "batch_size": size}


def as_generator(x, y, size):
    return {"x": ((x[k : k + size], y[k : k + size]) for k in range(0, len(x), size))}


class Indexed:
    def __init__(self, x, y, size):
        self.x, self.y, self.size = x, y, size

    def __len__(self):
        return -(-len(self.x) // self.size)

    def __getitem__(self, k):
        rows = slice(k * self.size, (k + 1) * self.size)
        return self.x[rows], self.y[rows]


def as_dataset(x, y, size):
    return {"x": Indexed(x, y, size)}


KINDS = pytest.mark.parametrize("kind", [sequential, functional])
FORMS = pytest.mark.parametrize("form", [as_arrays, as_generator, as_dataset])


def trained_by_hand(x, y, size):
    """One epoch of gradient descent on mean((x k + b - y)²), every row of it."""
    kernel, bias = KERNEL, BIAS
    for start in range(0, len(x), size):
        xs, ys = x[start : start + size], y[start : start + size]
        error = 2 * (xs @ kernel + bias - ys) / ys.size
        kernel, bias = kernel - RATE * xs.T @ error, bias - RATE * error.sum(axis=0)
    return kernel, bias


@FORMS
@KINDS
def test_remainder_batches_are_trained(kind, form):
    """11 rows in batches of 4: the last three count, in the weights and in the loss."""
    model = made(kind)
    history = model.fit(**form(X, Y, 4), shuffle=False, verbose=0)
    expected, dropped = trained_by_hand(X, Y, 4), trained_by_hand(X[:8], Y[:8], 4)
    for found, value, less in zip(model.get_weights(), expected, dropped, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-12)
        assert not np.allclose(found, less)
    last = made(kind)
    last.set_weights(list(dropped))
    first = made(kind).fit(X[:8], Y[:8], batch_size=4, shuffle=False, verbose=0).history["loss"][0]
    rest = last.evaluate(X[8:], Y[8:], verbose=0)
    assert history.history["loss"] == pytest.approx([(8 * first + 3 * rest) / 11], rel=1e-12)


@FORMS
@KINDS
def test_rows_of_the_remainder_are_judged_and_predicted(kind, form):
    model = made(kind)
    error = X @ KERNEL + BIAS - Y
    assert model.evaluate(**form(X, Y, 4), verbose=0) == pytest.approx((error**2).mean(), rel=1e-12)
    given = form(X, Y, 4)
    given.pop("y", None)
    np.testing.assert_allclose(model.predict(**given), X @ KERNEL + BIAS, rtol=1e-12)


@FORMS
@KINDS
def test_validation_data_do_not_leak_into_training(kind, form):
    """Whatever is in them, the weights have the same bits, and the validation loss is that of new rows."""
    weights, losses = [], []
    for validation in (None, (X[8:], Y[8:]), (1e6 * X[8:], -1e9 * Y[8:]), as_dataset(X[8:], Y[8:], 2)["x"]):
        tg.set_seed(0)
        model = made(kind)
        history = model.fit(
            **form(X[:8], Y[:8], 3), validation_data=validation, shuffle=False, verbose=0
        ).history
        weights.append([w.tobytes() for w in model.get_weights()])
        losses.append(history.get("val_loss"))
    assert weights[0] == weights[1] == weights[2] == weights[3]
    kernel, bias = trained_by_hand(X[:8], Y[:8], 3)
    assert losses[1] == pytest.approx([((X[8:] @ kernel + bias - Y[8:]) ** 2).mean()], rel=1e-10)
    assert losses[3] == pytest.approx(losses[1], rel=1e-12)
    assert losses[2] != losses[1]


class Recorder(Callback):
    def __init__(self):
        self.told = []

    def __getattribute__(self, name):
        if name.startswith("on_"):
            return lambda *arguments: self.told.append((name, *arguments[:-1]))
        return super().__getattribute__(name)


@FORMS
@KINDS
def test_callbacks_are_called_in_order(kind, form):
    model, recorder = made(kind), Recorder()
    step = [("on_train_batch_begin", 0), ("on_train_batch_end", 0)]
    steps = [(name, k) for k in range(3) for name, _ in step]
    judged = [("on_test_begin",), ("on_test_batch_begin", 0), ("on_test_batch_end", 0), ("on_test_end",)]
    model.fit(
        **form(X, Y, 4), validation_data=(X, Y), validation_batch_size=20, callbacks=[recorder], verbose=0
    )
    assert recorder.told == [
        ("on_train_begin",),
        ("on_epoch_begin", 0),
        *steps,
        *judged,
        ("on_epoch_end", 0),
        ("on_train_end",),
    ]
    recorder = Recorder()
    model.evaluate(**form(X, Y, 11), callbacks=[recorder], verbose=0)
    assert recorder.told == judged
    recorder = Recorder()
    given = form(X, Y, 11)
    given.pop("y", None)
    model.predict(**given, callbacks=[recorder])
    assert recorder.told == [(name.replace("test", "predict"), *more) for name, *more in judged]


def two_heads():
    x = Input((3,))
    return Model(x, {"a": Dense(2, name="a")(x), "b": Dense(1, name="b")(x)})


def heads_as_generator(x, y, size):
    cuts = [slice(k, k + size) for k in range(0, len(x), size)]
    return {"x": ((x[rows], {name: array[rows] for name, array in y.items()}) for rows in cuts)}


@pytest.mark.parametrize("form", [as_arrays, heads_as_generator])
def test_every_head_is_trained_as_if_it_were_alone(form):
    """They share nothing, so each must end where it would without the other, also in a model of a model."""
    model = two_heads()
    model.compile(optimizers.SGD(RATE), {"a": "mse", "b": "mse"}, loss_weights={"a": 1.0, "b": 3.0})
    start = {layer.name: layer.get_weights() for layer in model.layers}
    history = model.fit(**form(X, {"a": Y, "b": Z}, 4), shuffle=False, verbose=0).history
    for name, target, weight in (("a", Y, 1.0), ("b", Z, 3.0)):
        x = Input((3,))
        alone = Model(x, Dense(target.shape[1])(x))
        alone.compile(optimizers.SGD(RATE * weight), "mse")
        alone.set_weights(start[name])
        expected = alone.fit(X, target, batch_size=4, shuffle=False, verbose=0).history
        for found, value in zip(model.get_layer(name).get_weights(), alone.get_weights(), strict=True):
            np.testing.assert_allclose(found, value, rtol=1e-12)
        assert history[f"{name}_loss"] == pytest.approx(expected["loss"], rel=1e-12)
    expected = np.array(history["a_loss"]) + 3.0 * np.array(history["b_loss"])
    np.testing.assert_allclose(history["loss"], expected, rtol=1e-12)
