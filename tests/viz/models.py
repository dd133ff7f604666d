"""Models and graphs that the tests of drawings draw."""

from __future__ import annotations

import tinygraph as tg
from tinygraph.nn import (
    LSTM,
    Add,
    Bidirectional,
    Concatenate,
    ConvLSTM1D,
    Dense,
    Dropout,
    Flatten,
    Input,
    Model,
    Sequential,
)


def one_lstm(steps=3):
    return Sequential(
        [Input((steps, 2), name="series"), LSTM(4, name="lstm"), Dense(1, name="dense")], name="one"
    )


def stacked(steps=30):
    return Sequential(
        [
            Input((steps, 2), name="series"),
            LSTM(4, return_sequences=True, name="lower"),
            LSTM(3, name="upper"),
            Dense(1, name="dense"),
        ],
        name="stacked",
    )


def two_inputs():
    series, meta = Input((12, 1), name="series"), Input((3,), name="meta")
    h = LSTM(8, return_sequences=True, name="lstm")(series)
    h = LSTM(8, name="lstm_1")(h)
    joined = Concatenate(name="join")([h, Dense(4, name="side")(meta)])
    return Model([series, meta], Dense(1, name="out")(joined), name="functional")


def skip():
    """A skip connection around an LSTM, two readers of one sequence, two outputs."""
    series = Input((5, 4), name="series")
    first = LSTM(4, return_sequences=True, name="first")(series)
    second = Dropout(0.2, name="dropout")(LSTM(4, return_sequences=True, name="second")(first))
    added = Add(name="add")([first, second])
    ends = Concatenate(name="join")([Flatten(name="flat")(added), LSTM(6, name="third")(added)])
    return Model(series, [Dense(3, name="left")(ends), Dense(2, name="right")(ends)], name="skip")


def both_ways():
    """A layer that goes from the last step to the first beside one that goes forward."""
    series = Input((4, 2), name="series")
    return Sequential([series, Bidirectional(LSTM(3), name="both"), Dense(1, name="out")], name="both_ways")


def convolution():
    return Sequential([Input((3, 8, 1), name="series"), ConvLSTM1D(2, 3, name="conv")], name="convolution")


def nested():
    """A model in a model, used twice, beside a skip connection; two inputs and two outputs."""
    series, meta = Input((4, 2), name="series"), Input((3,), name="meta")
    inner = Sequential([Input((4, 2)), LSTM(3, return_sequences=True, name="in"), LSTM(3)], name="inner")
    ends = Concatenate(name="join")([inner(series), inner(Dropout(0.1, name="drop")(series)), meta])
    added = Add(name="add")([Dense(3, name="side")(ends), meta])
    return Model([series, meta], [Dense(1, name="left")(ends), Dense(2, name="right")(added)], name="nested")


def shared():
    a, b = Input((4, 2), name="a"), Input((4, 2), name="b")
    lstm = LSTM(3, name="lstm")
    return Model([a, b], Dense(1, name="out")(Concatenate(name="join")([lstm(a), lstm(b)])), name="shared")


def training(model, batch=8):
    """The loss of a model and the gradients of its weights."""
    (prediction,) = model.trace(batch).outputs.values()
    with tg.scope("loss"):
        loss = tg.mean((prediction - tg.input("y", prediction.shape)) ** 2)
    weights = model.trainable_weights
    slopes = tg.gradients(loss, weights)
    return tg.Graph({"loss": loss} | {f"d {w.label}": g for w, g in zip(weights, slopes, strict=True)})


def compiled(steps=4):
    """One LSTM that is to be trained: what is drawn of it at a stage is a step of training."""
    model = one_lstm(steps)
    model.compile("sgd", "mse")
    return model


def gradient():
    x, w = tg.input("x", (4, 3)), tg.param("w", [[1.0, 2.0]] * 3)
    loss = tg.mean(tg.tanh(x @ w) ** 2)
    (dw,) = tg.gradients(loss, [w])
    return tg.Graph({"loss": loss, "dw": dw})


def update():
    w = tg.param("w", [1.0, 2.0])
    loss = tg.sum(w * w)
    (dw,) = tg.gradients(loss, [w])
    with tg.scope("update"):
        return tg.Graph({"loss": loss}, {w: w - 0.1 * dw})


def chain(length):
    node = tg.input("x", (2,))
    for _ in range(length):
        node = tg.tanh(node)
    return node


#: Name, what is drawn, and how.
DRAWN = [
    ("one, layers", one_lstm, {}),
    ("one, unrolled", one_lstm, {"level": "unrolled"}),
    ("one, ops", one_lstm, {"level": "ops"}),
    ("stacked, two steps at each end", stacked, {"level": "unrolled"}),
    ("stacked, 30 steps", stacked, {"level": "unrolled", "steps": 30}),
    ("stacked, ops", stacked, {"level": "ops"}),
    ("two inputs, layers", two_inputs, {}),
    ("two inputs, unrolled", two_inputs, {"level": "unrolled"}),
    ("skip, layers", skip, {}),
    ("skip, unrolled", skip, {"level": "unrolled"}),
    ("skip, ops", skip, {"level": "ops"}),
    ("both ways, unrolled", both_ways, {"level": "unrolled"}),
    ("both ways, ops", both_ways, {"level": "ops"}),
    ("shared, layers", shared, {}),
    ("shared, unrolled", shared, {"level": "unrolled"}),
    ("gradient", gradient, {}),
    ("update", update, {}),
    ("training, unrolled", lambda: training(stacked(4)), {"level": "unrolled"}),
    ("training, collapsed", lambda: training(stacked(20)), {"level": "unrolled"}),
    ("training, ops", lambda: training(one_lstm(2)), {"level": "ops"}),
    ("one, cell", one_lstm, {"level": "cell"}),
    ("both ways, cell", both_ways, {"level": "cell"}),
    ("convolution, cell", convolution, {"level": "cell"}),
    ("training, cell", lambda: training(stacked(4)), {"level": "cell"}),
    ("training, cell backward", lambda: training(stacked(4)), {"level": "cell", "pass_": "backward"}),
    ("training, backward", lambda: training(stacked(4)), {"level": "unrolled", "pass_": "backward"}),
    ("update alone", update, {"pass_": "update"}),
    ("nested, layers", nested, {}),
    ("nested, unrolled", nested, {"level": "unrolled"}),
    ("chain, collapsed", lambda: chain(3000), {}),
]
