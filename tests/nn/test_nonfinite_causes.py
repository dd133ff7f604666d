"""Causes of a step that is not finite: fit stops, says where, and leaves what was before; the next fit works.

Each model first trains an epoch. Then comes one whose third step goes wrong, by its data unless said
otherwise: weights, optimizer and history must be, to the bit, those of a twin that took the two steps before.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import (
    LSTM,
    Activation,
    BatchNormalization,
    Dense,
    Lambda,
    Layer,
    NonFiniteError,
    RepeatVector,
    Sequential,
)
from tinygraph.nn.optimizers import SGD

X = np.linspace(0.5, 1.5, 6)[:, None]
Y = np.linspace(-1.0, 1.0, 6)[:, None]
BAD = 4  # the sample that goes wrong, in the third batch of two


@dataclass(frozen=True)
class Cause:
    """A model, what becomes of its loss, the first node that is not finite, and the sample that does it."""

    make: Callable[[], Sequential]
    loss: str
    node: str
    x: float = 1.0
    y: float = 0.0
    weight: float | None = None


def model(*layers, optimizer="adam", loss="mse", use_bias=True):
    """Layers after a Dense layer, whose output is x itself to begin with."""
    first = Dense(1, use_bias=use_bias, input_shape=(1,), kernel_initializer="ones", name="first")
    made = Sequential([first, *layers])
    made.compile(optimizer, loss)
    return made


def of_x(*layers):
    """Layers that get x itself, as none before them is trained, and a Dense layer after them."""
    made = model(*layers, Dense(1, name="last"))
    made.layers[0].trainable = False
    made.compile("adam", "mse")
    return made


class Share(Layer):
    """x / Σ x, of a sample."""

    def output_shape(self, shape):
        return shape

    def call(self, x):
        return x / tg.sum(x, axis=-1, keepdims=True)


def surprise(y_true, y_pred):
    return tg.mean(tg.log(y_true + 2.0) * y_pred, axis=-1)


def unstable():
    """A learning rate that explodes when four good steps have been taken."""
    rate = {"class_name": "PiecewiseConstantDecay", "config": {"boundaries": [4], "values": [1e-3, 3e38]}}
    return model(optimizer={"class_name": "SGD", "config": {"learning_rate": rate}})


def unlimited(w):
    """A constraint that divides by 0 as soon as a weight is large."""
    return w / tg.where(tg.abs(w) > 1e3, 0.0, 1.0)


def of_function(name, function):
    return of_x(Lambda(function, name=name))


ONES = {"kernel_initializer": "ones"}
CAUSES = {
    "exp": Cause(lambda: of_x(Activation("exponential", name="e")), "inf", "e/exp", x=100.0),
    "logarithm of 0": Cause(lambda: of_x(Activation(tg.log, name="ln")), "inf", "ln/log", x=0.0),
    "logarithm below 0": Cause(lambda: of_x(Activation(tg.log, name="ln")), "nan", "ln/log", x=-1.0),
    "root below 0": Cause(lambda: of_x(Activation(tg.sqrt, name="root")), "nan", "root/sqrt", x=-1.0),
    "division by 0": Cause(lambda: of_function("one", lambda x: 1.0 / x), "inf", "one/divide", x=0.0),
    "a custom layer": Cause(lambda: of_x(Share(name="share")), "nan", "share/divide", x=0.0),
    "a negative power": Cause(lambda: of_function("p", lambda x: x**-2.0), "inf", "p/power", x=0.0),
    "a product": Cause(lambda: of_function("b", lambda x: x * 1e30 / 1e30), "inf", "b/multiply", x=1e10),
    "a difference": Cause(
        lambda: of_function("d", lambda x: tg.expm1(x) - tg.expm1(x)), "nan", "d/expm1", x=100.0
    ),
    "a square": Cause(model, "inf", "loss/mean_squared_error/multiply", y=1e30),
    "a sample weight": Cause(model, "inf", "loss/mean_squared_error/multiply", x=1e3, weight=3e38),
    "a custom loss": Cause(lambda: model(loss=surprise), "nan", "loss/surprise/log", y=-5.0),
    "an activity regularizer": Cause(
        lambda: of_x(Dense(1, **ONES, activity_regularizer="l2", name="d"), Activation("tanh")),
        "inf", "d/multiply", x=1e25,
    ),
    "a step of an LSTM": Cause(
        lambda: of_x(
            RepeatVector(2), LSTM(1, "exponential", **ONES, recurrent_initializer="zeros", name="lstm")
        ),
        "nan", "lstm/t0/g/exp", x=200.0,
    ),
    "the gradient alone": Cause(
        lambda: model(Activation(tg.sqrt, name="root"), use_bias=False),
        "finite", "backward/root/divide", x=0.0,
    ),
    "the square of a gradient": Cause(
        lambda: model(loss="mae"), "finite", "update/first/kernel/multiply", x=1e25
    ),
    "the learning rate": Cause(unstable, "finite", "update/first/kernel/multiply"),
    "a constraint": Cause(
        lambda: model(Dense(1, kernel_constraint=unlimited, name="d"), optimizer=SGD(1.0), loss="mae"),
        "finite", "constraint/d/kernel/divide", x=1e6,
    ),
    "moving statistics": Cause(
        lambda: of_x(BatchNormalization(name="norm")), "finite", "norm/multiply", x=1e25
    ),
}  # fmt: skip


def everything(model):
    """The bits of weights and optimizer state."""
    return [p.value.tobytes() for p in (*model.weights, *model.optimizer.variables)]


def trained(cause, initial=None):
    """A model of the cause after an epoch in which all went well; of given first weights."""
    made = cause.make()
    if initial is not None:
        made.set_weights(initial)
    first = made.get_weights()
    made.fit(X, Y, **arguments(cause, np.ones(6)))
    return made, first


def arguments(cause, weights):
    how = {"batch_size": 2, "shuffle": False, "verbose": 0}
    return how if cause.weight is None else {**how, "sample_weight": weights}


@pytest.mark.parametrize("name", CAUSES)
def test_fit_stops_and_names_step_and_node(name):
    cause = CAUSES[name]
    found, initial = trained(cause)
    twin, _ = trained(cause, initial)
    history = found.history.history.copy()
    twin.fit(X[:BAD], Y[:BAD], **arguments(cause, np.ones(BAD)))

    x, y, weights = X.copy(), Y.copy(), np.ones(6)
    x[BAD], y[BAD], weights[BAD] = cause.x, cause.y, cause.weight or 1.0
    with pytest.raises(NonFiniteError) as caught:
        found.fit(x, y, **arguments(cause, weights))

    loss = r"[-+.e\d]+, but its step is not finite" if cause.loss == "finite" else f"-?{cause.loss}"
    assert re.match(
        rf"fit, epoch 1, step 3: the loss is {loss}; the first node that is not finite is {cause.node}\. "
        r"The weights are those before this step\. A smaller learning rate, clipnorm or scaled inputs",
        str(caught.value),
    ), caught.value
    assert everything(found) == everything(twin)
    assert all(np.isfinite(p.value).all() for p in (*found.weights, *found.optimizer.variables))
    assert found.history.history == history
    found.compile("sgd", "mae")  # the learning rate, too, would go on as it was
    found.fit(X, Y, **arguments(cause, np.ones(6)))
    assert np.isfinite(found.history.history["loss"]).all()
