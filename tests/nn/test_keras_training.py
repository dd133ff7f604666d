"""Whole training runs: history, weights and predictions equal those of real Keras."""

import numpy as np
import pytest
from nn.keras_fit import check_run
from nn.stored import Stored

from tinygraph import nn
from tinygraph.nn import LSTM, Concatenate, Dense, Embedding, Flatten, Input, Model

KERAS = Stored("keras_training.npz")


# The architectures of make_keras_training.py, by the same names.


def lstm_regression():
    x = Input((6, 3), name="x0")
    return Model(x, Dense(1, name="out")(LSTM(5, name="lstm")(x)))


def lstm_sequence():
    x = Input((6, 3), name="x0")
    return Model(x, Dense(2, name="out")(LSTM(5, return_sequences=True, name="lstm")(x)))


def lstm_stack_softmax():
    x = Input((7, 4), name="x0")
    hidden = LSTM(4, name="lstm_2")(LSTM(6, return_sequences=True, name="lstm_1")(x))
    return Model(x, Dense(3, activation="softmax", name="out")(hidden))


def embedding_lstm_sigmoid():
    x = Input((8,), dtype="int32", name="x0")
    hidden = LSTM(5, name="lstm")(Embedding(12, 4, name="embedding")(x))
    return Model(x, Dense(1, activation="sigmoid", name="out")(hidden))


def two_inputs():
    x0, x1 = Input((5, 3), name="x0"), Input((2,), name="x1")
    hidden = [LSTM(4, name="lstm")(x0), Dense(3, activation="tanh", name="dense")(x1)]
    return Model([x0, x1], Dense(1, name="out")(Concatenate(name="join")(hidden)))


def flatten_dense():
    x = Input((4, 3), name="x0")
    hidden = Dense(8, activation="relu", name="dense")(Flatten(name="flatten")(x))
    return Model(x, Dense(3, activation="softmax", name="out")(hidden))


def shared_layers():
    x0, x1 = Input((5, 3), name="x0"), Input((5, 3), name="x1")
    lstm, dense = LSTM(4, name="lstm"), Dense(3, activation="tanh", name="dense")
    joined = Concatenate(name="join")([dense(lstm(x)) for x in (x0, x1)])
    return Model([x0, x1], Dense(1, activation="sigmoid", name="out")(joined))


ARCHITECTURES = {
    build.__name__: build
    for build in (
        lstm_regression,
        lstm_sequence,
        lstm_stack_softmax,
        embedding_lstm_sigmoid,
        two_inputs,
        flatten_dense,
        shared_layers,
    )
}


def test_all_runs_are_there():
    assert len(KERAS.cases) == 14
    assert {case["architecture"] for case in KERAS.cases} == set(ARCHITECTURES)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", KERAS.cases, ids=lambda case: case["id"])
def test_equals_keras(case):
    arrays = KERAS.arrays(case)
    model = ARCHITECTURES[case["architecture"]]()
    assert [w.label for w in model.weights] == [path.replace("lstm_cell/", "") for path in case["weights"]]
    check_run(case, arrays, model)


def test_history_is_in_the_order_of_keras():
    nn.clear_session()
    model = lstm_regression()
    model.compile("adam", "mse", metrics=["mae"], weighted_metrics=["mae"])
    x, y = np.ones((4, 6, 3)), np.ones((4, 1))
    history = model.fit(x, y, validation_data=(x, y), verbose=0).history
    assert list(history) == ["loss", "mae", "weighted_mae", "val_loss", "val_mae", "val_weighted_mae"]
