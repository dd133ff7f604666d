"""What bad input gets: a clear message, before any weight, optimizer state or history changes."""

import copy
import re

import numpy as np
import pandas as pd
import pytest

import tinygraph as tg
from tinygraph import BackendError
from tinygraph.graph import GraphError
from tinygraph.nn import LSTM, Activation, Add, DataError, Dense, Dropout, Embedding, Input, Model, Sequential

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 5, 3)), RNG.normal(size=(12, 1))
LABELS = np.arange(12) % 4


def changed(array, index, value):
    array = array.copy()
    array[index] = value
    return array


def state(model):
    """The bits of weights and optimizer, and the history."""
    optimizer = [v.value.tobytes() for v in model.optimizer.variables]
    return [w.value.tobytes() for w in model.weights], optimizer, copy.deepcopy(model.history.history)


def refused(model, good, call, error, message):
    """Train the model once, and see that the call raises with the message and leaves everything as it was."""
    model.fit(*good, epochs=2, verbose=0)
    before, history = state(model), model.history
    with pytest.raises(error) as caught:
        call(model)
    assert message in str(caught.value)
    assert state(model) == before
    assert model.history is history
    model.fit(*good, verbose=0)  # and it can still be trained


def regression():
    model = Sequential([LSTM(4, input_shape=(5, 3), name="enc"), Dense(1, name="out")], name="m")
    model.compile("adam", "mse", metrics=["mae"])
    return model


# Inputs and targets of one model, in fit, evaluate and train_on_batch.

BAD_X = [
    (
        X[:, :, :2],
        "x: expected (samples, 5, 3), got (12, 5, 2). Axis 2 must be 3, as the model was built with.",
    ),
    (X[:, :4], "x: expected (samples, 5, 3), got (12, 4, 3). Axis 1 must be 5"),
    (X[0], "x: expected (samples, 5, 3), got (5, 3). For a single sample write x[None]."),
    (X[:, :, 0], "x: expected (samples, 5, 3), got (12, 5). It has 2 axes, not 3."),
    (X[None], "x: expected (samples, 5, 3), got (1, 12, 5, 3). It has 4 axes, not 3."),
    (changed(X, (3, 1, 2), np.nan), "x: expected finite numbers, got nan at index (3, 1, 2)."),
    (changed(X, (11, 4, 0), -np.inf), "x: expected finite numbers, got -inf at index (11, 4, 0)."),
    (changed(X, (2, 0, 1), 1e300), "x: 1e+300 at index (2, 0, 1) is too large for float32; scale it."),
    (X.astype(str), "x: expected numbers, got strings."),
    (X.astype(bytes), "x: expected numbers, got strings."),
    (
        X.astype(object),
        "x: expected numbers, got an object array (rows of different lengths, None or mixed types).",
    ),
    (X + 0j, "x: expected numbers, got complex numbers."),
    (X.astype("datetime64[s]"), "x: expected numbers, got dtype datetime64[s]."),
    (
        [[[1.0, 2.0, 3.0]] * 5, [[1.0, 2.0, 3.0]] * 4],
        "x: expected rows of one length, got ragged ones; pad them.",
    ),
    (pd.DataFrame({"a": ["x", "y"]}), "x: expected numbers, got"),
    (pd.DataFrame({"a": [1.5, None]}, dtype="Float64"), "x: expected (samples, 5, 3), got (2, 1)."),
    (np.empty((0, 5, 3)), "x: expected at least one sample, got an empty array of shape (0, 5, 3)."),
    ([], "x: expected at least one sample, got an empty array of shape (0,)."),
    (3.0, "x: expected an array of samples, got a single number."),
    (None, "x: expected an array, got None."),
    (
        np.ma.masked_less(X, 0.0),
        "x: expected numbers, got masked ones; fill them or leave those samples out.",
    ),
    (X[:11], "expected as many samples everywhere, but x has 11, y has 12."),
    ({"series": X}, "x: there is no 'series'; there are"),
]
BAD_Y = [
    (Y[:10], "expected as many samples everywhere, but x has 12, y has 10."),
    (np.ones((12, 3)), "y: expected (samples, 1) to match the output 'out', got (12, 3)."),
    (np.ones((12, 1, 1, 1)), "y: expected (samples, 1) to match the output 'out', got (12, 1, 1, 1)."),
    (np.ones((1, 12)), "y: expected (samples, 1) to match the output 'out', got (1, 12)."),
    (changed(Y, (7, 0), np.nan), "y: expected finite numbers, got nan at index (7, 0)."),
    (changed(Y[:, 0], 7, np.inf), "y: expected finite numbers, got inf at index (7,)."),
    (changed(Y, (7, 0), -1e200), "y: -1e+200 at index (7, 0) is too large for float32; scale it."),
    (["a"] * 12, "y: expected numbers, got strings."),
    ([None] * 12, "y: expected numbers, got an object array"),
    (Y + 1j, "y: expected numbers, got complex numbers."),
    ([[1.0], [1.0, 2.0]] * 6, "y: expected rows of one length, got ragged ones; pad them."),
    (pd.Series([1.5, None] * 6, dtype="Float64"), "y: expected finite numbers, got nan at index (1,)."),
    ([], "y: expected at least one sample, got an empty array of shape (0,)."),
    (None, "y: expected an array, got None."),
    ({"outt": Y}, "y: there is no 'outt'; did you mean 'out'?"),
    ([Y, Y], "y: expected (samples, 1) to match the output 'out', got (2, 12, 1)."),
]


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
@pytest.mark.parametrize(("x", "y", "message"), [(x, Y, m) for x, m in BAD_X] + [(X, y, m) for y, m in BAD_Y])
def test_inputs_and_targets(method, x, y, message):
    refused(regression(), (X, Y), lambda m: getattr(m, method)(x, y), DataError, message)


@pytest.mark.parametrize(("x", "message"), [(x, m) for x, m in BAD_X if "everywhere" not in m])
def test_inputs_of_predict(x, message):
    refused(regression(), (X, Y), lambda m: m.predict(x), DataError, message)


@pytest.mark.parametrize(("x", "y", "message"), [(*BAD_X[0][:1], Y, BAD_X[0][1]), (X, *BAD_Y[4])])
def test_validation_data_are_checked_before_training(x, y, message):
    message = f"validation_data, {message}"
    refused(regression(), (X, Y), lambda m: m.fit(X, Y, validation_data=(x, y)), DataError, message)


def test_one_column_is_accepted_as_rows_and_three_are_not():
    model = regression()
    assert model.evaluate(X, Y[:, 0], verbose=0) == model.evaluate(X, Y, verbose=0)
    wide = Sequential([Dense(3, input_shape=(3,))])
    wide.compile("sgd", "mse")
    for y in (np.ones((12, 1)), np.ones(12)):
        with pytest.raises(DataError, match=r"y: expected \(samples, 3\) to match the output"):
            wide.fit(X[:, 0], y, verbose=0)


# Labels, classes, probabilities and ids.


def classifier(loss="sparse_categorical_crossentropy"):
    model = Sequential([LSTM(4, input_shape=(5, 3)), Dense(4, activation="softmax", name="kind")])
    model.compile("adam", loss, metrics=["accuracy"])
    return model


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (LABELS + 1, "y: expected labels from 0 to 3, as the output has 4 classes; got 4 at index (3,)."),
        (LABELS - 1, "y: expected labels from 0 to 3, as the output has 4 classes; got -1 at index (0,)."),
        (LABELS[:, None] + 1, "got 4 at index (3,)."),
        (LABELS + 0.5, "y: expected whole numbers, got 0.5 at index (0,)."),
        (
            np.eye(4)[LABELS],
            "got (12, 4). Labels are whole numbers; for one-hot rows use 'categorical_crossentropy'.",
        ),
        (LABELS.astype(str), "y: expected numbers, got strings."),
    ],
)
def test_labels(y, message):
    refused(classifier(), (X, LABELS), lambda m: m.fit(X, y), DataError, message)


def test_one_hot_rows():
    message = "One-hot rows are needed; for labels use 'sparse_categorical_crossentropy'."
    one_hot = np.eye(4)[LABELS]
    model = classifier("categorical_crossentropy")
    refused(model, (X, one_hot), lambda m: m.fit(X, LABELS), DataError, message)
    message = "y: the loss expects values from 0 to 1, got 2 at index (0, 0)."
    refused(model, (X, one_hot), lambda m: m.fit(X, 2 * one_hot), DataError, message)


def test_probabilities_as_targets():
    model = Sequential([Dense(1, activation="sigmoid", input_shape=(3,))])
    model.compile("adam", "binary_crossentropy")
    good = (X[:, 0], LABELS % 2)
    message = "y: the loss expects values from 0 to 1, got -1 at index (0, 0)."
    refused(model, good, lambda m: m.fit(X[:, 0], LABELS % 2 * 2 - 1), DataError, message)


@pytest.mark.parametrize("dtype", [None, "int64"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (7, "x: expected ids from 0 to 6, the vocabulary of Embedding 'words'; got 7 at index (2, 1)."),
        (-1, "x: expected ids from 0 to 6, the vocabulary of Embedding 'words'; got -1 at index (2, 1)."),
        (1.5, "got 1.5 at index (2, 1)."),
    ],
)
def test_ids_outside_of_the_vocabulary(dtype, value, message):
    x = Input((4,), dtype=dtype)
    model = Model(x, Dense(1)(LSTM(2)(Embedding(7, 3, name="words")(x))))
    model.compile("adam", "mse")
    ids = RNG.integers(7, size=(12, 4))
    bad = changed(ids.astype(float), (2, 1), value)
    refused(model, (ids, Y), lambda m: m.fit(bad, Y), ValueError, message)
    refused(model, (ids, Y), lambda m: m.predict(bad), ValueError, message)


# The arguments of compile, fit, evaluate and predict.


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"epoch": 3}, TypeError, "Sequential 'm'.fit: unknown argument 'epoch'; did you mean 'epochs'?"),
        ({"epochs": 0}, ValueError, "fit: epochs must be a whole number of at least 1, got 0."),
        ({"epochs": 2.5}, ValueError, "fit: epochs must be a whole number of at least 1, got 2.5."),
        ({"epochs": "3"}, ValueError, "fit: epochs must be a whole number of at least 1, got '3'."),
        ({"batch_size": 0}, ValueError, "fit: batch_size must be a whole number of at least 1, got 0."),
        ({"batch_size": True}, ValueError, "fit: batch_size must be a whole number of at least 1, got True."),
        (
            {"initial_epoch": -1},
            ValueError,
            "fit: initial_epoch must be a whole number of at least 0, got -1.",
        ),
        ({"validation_batch_size": 0}, ValueError, "fit: validation_batch_size must be a whole number"),
        (
            {"validation_split": 1.0},
            ValueError,
            "fit: validation_split must be a number in [0, 1), got 1.0.",
        ),
        ({"validation_split": -0.1}, ValueError, "fit: validation_split must be a number in [0, 1), got"),
        ({"validation_split": "0.2"}, ValueError, "fit: validation_split must be a number in [0, 1), got"),
        (
            {"validation_split": 0.99},
            DataError,
            "validation_split: 0.99 of 12 samples leaves one side empty.",
        ),
        ({"validation_data": X}, DataError, "validation_data: expected (x, y) or (x, y, sample_weight)."),
        ({"validation_data": (X,)}, DataError, "validation_data: expected (x, y) or (x, y, sample_weight)."),
        (
            {"sample_weight": np.ones(5)},
            DataError,
            "sample_weight: expected a weight for each sample, (12,), got (5,)",
        ),
        (
            {"sample_weight": np.ones((12, 3))},
            DataError,
            "sample_weight: expected a weight for each sample, (12,), g",
        ),
        (
            {"sample_weight": [np.nan] * 12},
            DataError,
            "sample_weight: expected finite numbers, got nan at index (0,).",
        ),
        ({"sample_weight": ["a"] * 12}, DataError, "sample_weight: expected numbers, got strings."),
        (
            {"sample_weight": {"outt": np.ones(12)}},
            DataError,
            "sample_weight: there is no 'outt'; did you mean 'out'?",
        ),
        (
            {"sample_weight": np.ones(12), "class_weight": {0: 1.0}},
            DataError,
            "sample_weight and class_weight cannot be combined; multiply them into one.",
        ),
        ({"class_weight": [1.0, 2.0]}, DataError, "class_weight: expected a dict {label: weight}, got list."),
        ({"class_weight": {"a": 1.0}}, DataError, "expected whole numbers as labels and finite weights"),
        (
            {"class_weight": {0: np.nan}},
            DataError,
            "class_weight: expected whole numbers as labels and finite",
        ),
        ({"class_weight": {0: -1.0}}, DataError, "got 0: -1.0."),
        ({"callbacks": ["x"]}, TypeError, "callbacks: expected Callback objects, got 'x'."),
        ({"callbacks": 3}, TypeError, "callbacks: expected a list of Callback objects, got 3."),
        ({"verbose": 7}, ValueError, "verbose: expected 0, 1, 2 or 'auto', got 7."),
        ({"shuffle": "yes"}, ValueError, "fit: shuffle must be True or False, got 'yes'."),
    ],
)
def test_arguments_of_fit(arguments, error, message):
    refused(regression(), (X, Y), lambda m: m.fit(X, Y, **arguments), error, message)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda m: m.evaluate(X, Y, batchsize=3),
            TypeError,
            "Sequential 'm'.evaluate: unknown argument 'batchsize'",
        ),
        (lambda m: m.evaluate(X, Y, batch_size=0), ValueError, "evaluate: batch_size must be a whole number"),
        (lambda m: m.predict(X, batch_size=1.5), ValueError, "predict: batch_size must be a whole number"),
        (
            lambda m: m.predict(X, batchsize=3),
            TypeError,
            "Sequential 'm'.predict: unknown argument 'batchsize'",
        ),
        (
            lambda m: m.compile("adam", "mse", metric=["mae"]),
            TypeError,
            "unknown argument 'metric'; did you mean 'me",
        ),
        (
            lambda m: m.compile("adam"),
            ValueError,
            "Sequential 'm'.compile: needs a loss, for instance loss='mse'.",
        ),
        (lambda m: m.compile("adem", "mse"), ValueError, "unknown optimizer 'adem'; did you mean 'adam'?"),
        (
            lambda m: m.compile(tg.tanh, "mse"),
            ValueError,
            "optimizer: expected a name, a config or an Optimizer, got",
        ),
        (lambda m: m.compile("adam", "msee"), ValueError, "unknown loss 'msee'; did you mean 'mse'?"),
        (lambda m: m.compile("adam", 3), ValueError, "loss: expected a name, a config or an object, got 3."),
        (
            lambda m: m.compile("adam", "mse", metrics=["mea"]),
            ValueError,
            "unknown metric 'mea'; did you mean 'mae'?",
        ),
        (lambda m: m.compile("adam", "mse", metrics="acuracy"), ValueError, "did you mean 'accuracy'?"),
        (lambda m: m.compile("adam", "mse", backend="nmpy"), BackendError, "backend 'nmpy': expected one of"),
        (
            lambda m: m.compile("adam", {"outt": "mse"}),
            ValueError,
            "loss: there is no output 'outt'; did you mean",
        ),
        (
            lambda m: m.compile("adam", ["mse", "mae"]),
            ValueError,
            "loss: expected 1, one for each output, got 2.",
        ),
        (
            lambda m: m.compile("adam", "mse", loss_weights=["a"]),
            ValueError,
            "loss_weights of 'out': expected a finite",
        ),
        (
            lambda m: m.compile("adam", "mse", metrics=["mae", "mae"]),
            ValueError,
            "two values of 'out' would be reported as",
        ),
        (
            lambda m: m.compile("adam", {"out": None}),
            ValueError,
            "Sequential 'm'.compile: no output has a loss.",
        ),
        (
            lambda m: m.compile("adam", {"class_name": "Huber", "config": {"reduction": "none"}}),
            ValueError,
            "the loss 'huber' must be reduced to one number, not 'none'.",
        ),
        (
            lambda m: m.compile({"class_name": "Adam", "config": {"lr": 0.1}}, "mse"),
            TypeError,
            "Adam: unknown argument 'lr'",
        ),
        (
            lambda m: m.set_weights(m.get_weights()[:-1]),
            ValueError,
            "Sequential 'm': expected 5 arrays, got 4.",
        ),
        (lambda m: m.get_layer("encc"), ValueError, "Sequential 'm': no layer 'encc'; did you mean 'enc'?"),
    ],
)
def test_arguments_of_other_methods(call, error, message):
    refused(regression(), (X, Y), call, error, message)


def test_names_are_known_before_the_model_is_built():
    model = Sequential([Dense(1)])
    for arguments, message in (
        (("adam", "msee"), "unknown loss 'msee'"),
        (("adam", "mse", None, ["mea"]), "unknown metric 'mea'"),
        (("adam", "mse", None, {"out": ["mea"]}), "unknown metric 'mea'"),
    ):
        with pytest.raises(ValueError, match=message):
            model.compile(*arguments)
    with pytest.raises(RuntimeError):
        model.fit(X, Y)


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_before_compile(method):
    model = Sequential([Dense(1, input_shape=(3,))], name="m")
    name = {"test_on_batch": "evaluate"}.get(method, method)
    with pytest.raises(
        RuntimeError, match=re.escape(f"Sequential 'm'.{name}: compile the model first: model.compile(")
    ):
        getattr(model, method)(X[:, 0], Y)
    with pytest.raises(RuntimeError, match="compile the model first"):
        _ = model.optimizer
    assert model.predict(X[:, 0]).shape == (12, 1)  # that needs no compile


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones(12), "x: expected (samples, ...), got (12,). For one feature write x[:, None]."),
        ([[1.0], [1.0, 2.0]], "x: expected rows of one length, got ragged ones; pad them."),
        (changed(X[:, 0], (2, 1), np.nan), "x: expected finite numbers, got nan at index (2, 1)."),
        (X[:, 0].astype(str), "x: expected numbers, got strings."),
        ({"a": X}, "x: expected an array, got a dict; the model has no named inputs yet."),
        (None, "x: expected an array, got None."),
    ],
)
def test_data_that_a_model_is_not_built_by(x, message):
    model = Sequential([Dense(1)])
    model.compile("adam", "mse")
    with pytest.raises(DataError) as caught:
        model.fit(x, Y)
    assert message in str(caught.value)
    assert not model.built
    assert model.weights == []


# The constructors of layers, and what layers are called on.


@pytest.mark.parametrize("units", [0, -1, 2.5, "4", None, True, [4], np.float32(4)])
@pytest.mark.parametrize("layer", [LSTM, Dense])
def test_units(layer, units):
    message = f"{layer.__name__} 'mine': units must be a whole number of at least 1, got {units!r}."
    with pytest.raises(ValueError, match=re.escape(message)):
        layer(units, name="mine")


def test_units_of_numpy_are_whole_numbers():
    assert LSTM(np.int64(3))(np.ones((1, 2, 2))).shape == (1, 3)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: LSTM(4, input_shape=(32, 10, 8)),
            GraphError,
            "expected input_shape (time, features), got (32, 10, 8). "
            "It is the shape of one sample: leave the batch axis out.",
        ),
        (
            lambda: LSTM(4, input_shape=(None, 10, 8)),
            GraphError,
            "leaves axis 0 open. Give the shape of one sample",
        ),
        (lambda: LSTM(4, input_shape=(10,)), GraphError, "expected input_shape (time, features), got (10,)."),
        (
            lambda: LSTM(4, input_shape=(10, 0)),
            GraphError,
            "expected sizes of at least 1 in the shape, got (10, 0).",
        ),
        (lambda: LSTM(4, input_shape=(10, 2.0)), GraphError, "expected sizes of at least 1 in the shape"),
        (lambda: LSTM(4, input_shape="10"), GraphError, "expected sizes of at least 1 in the shape"),
        (
            lambda: LSTM(4, batch_shape=(1, 2, 3)),
            TypeError,
            "'batch_shape'; did you mean 'batch_input_shape'?",
        ),
        (lambda: LSTM(4, activation="tahn"), ValueError, "unknown activation 'tahn'; did you mean 'tanh'?"),
        (
            lambda: LSTM(4, recurrent_activation=3),
            ValueError,
            "activation: expected a name, a config or an object, go",
        ),
        (lambda: LSTM(4, kernel_initializer="glorot_unform"), ValueError, "did you mean 'glorot_uniform'?"),
        (
            lambda: LSTM(4, unit_forget_bias=None),
            ValueError,
            "unit_forget_bias must be True or False, got None.",
        ),
        (lambda: LSTM(4, dropuot=0.1), TypeError, "LSTM: unknown argument 'dropuot'"),
        (
            lambda: LSTM(4, name="enc")(np.ones((12, 5))),
            GraphError,
            "LSTM 'enc', input 0: expected (batch, time, fea",
        ),
        (lambda: LSTM(4)(Input((5,))), GraphError, "expected (batch, time, features), got (batch, 5)."),
        (lambda: LSTM(4)(tg.input("x", (5, 2))), GraphError, "expected (batch, time, features), got (5, 2)."),
        (lambda: LSTM(4)([["a"]]), GraphError, "input 0: expected an array of numbers, got strings."),
        (lambda: LSTM(4)([[1.0], [1.0, 2.0]]), GraphError, "of numbers, got rows of different lengths."),
        (lambda: LSTM(4)(np.ones((2, 3, 1)) * 1j), GraphError, "of numbers, got complex numbers."),
        (
            lambda: LSTM(4)(np.ones((0, 3, 1))),
            GraphError,
            "expected at least one sample, got an empty array of (0, 3",
        ),
        (
            lambda: LSTM(4)(np.ones((2, 0, 1))),
            GraphError,
            "expected at least one sample, got an empty array of (2, 0",
        ),
        (
            lambda: LSTM(4)(tg.input("x", (2, 0, 1))),
            GraphError,
            "expected at least one time step, got none.",
        ),
        (lambda: LSTM(4)(3.0), GraphError, "expected an array of numbers, got a single number."),
        (lambda: LSTM(4)(None), GraphError, "expected an array of numbers, got an object array"),
        (lambda: LSTM(4)(LSTM(4)), GraphError, "expected an array of numbers, got an object array"),
        (
            lambda: Dense(4)({"x": np.ones((2, 2))}),
            GraphError,
            "expected an array of numbers, got an object array",
        ),
        (lambda: LSTM(4)([np.ones((1, 2, 2))] * 2), GraphError, "LSTM 'lstm': expected one input, got 2."),
        (lambda: LSTM(4)(Sequential), GraphError, "expected an array of numbers, got an object array"),
        (lambda: Dropout(1.5), ValueError, "Dropout 'dropout': rate must be a number in [0, 1], got 1.5."),
        (lambda: Activation("sotfmax"), ValueError, "unknown activation 'sotfmax'; did you mean 'softmax'?"),
        (
            lambda: Add()([np.ones((2, 3)), np.ones((2, 4))]),
            GraphError,
            "expected inputs whose shapes broadcast, got",
        ),
    ],
)
def test_layers(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


def test_the_message_of_a_built_layer_in_full():
    layer = LSTM(4, name="enc")
    layer.ensure_built((5, 3))
    with pytest.raises(GraphError) as caught:
        layer(np.ones((12, 5, 2)))
    assert str(caught.value) == (
        "LSTM 'enc', input 0: expected (batch, time, 3), got (12, 5, 2). "
        "Axis 2 must be 3, the features 'enc' was built with."
    )


def test_several_inputs():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    model = Model([a, b], Add()([Dense(1)(a), Dense(1)(b)]), name="m")
    model.compile("adam", "mse")
    x, z, y = np.ones((4, 2)), np.ones((4, 3)), np.ones(4)
    for given, message in (
        (x, "x: expected a list of 2 arrays (a, b), got ndarray."),
        ([x], "x: expected a list of 2 arrays (a, b), got 1."),
        ([z, x], "x['a']: expected (samples, 2), got (4, 3). Axis 1 must be 2, as the model was built with."),
        ({"a": x}, "x: 'b' is missing; expected a, b."),
        ({"a": x, "b": z, "c": z}, "x: there is no 'c'"),
        ([x, z[:3]], "expected as many samples everywhere, but x['a'] has 4, x['b'] has 3."),
        ([x, changed(z, (1, 2), np.nan)], "x['b']: expected finite numbers, got nan at index (1, 2)."),
    ):
        refused(model, ([x, z], y), lambda m, given=given: m.fit(given, y), DataError, message)


def test_several_outputs():
    x = Input((2,), name="x")
    model = Model(x, [Dense(1, name="one")(x), Dense(3, activation="softmax", name="two")(x)], name="m")
    losses = {"one": "mse", "two": "sparse_categorical_crossentropy"}
    model.compile("adam", losses)
    good = (np.ones((4, 2)), [np.ones(4), np.array([0, 1, 2, 0])])
    for given, message in (
        (good[1][0], "y: expected a list of 2 arrays (one, two), got ndarray."),
        (
            [np.ones((4, 2)), good[1][1]],
            "y['one']: expected (samples, 1) to match the output 'one', got (4, 2).",
        ),
        (
            [good[1][0], np.array([0, 1, 3, 0])],
            "y['two']: expected labels from 0 to 2, as the output has 3 classes;",
        ),
        (
            [good[1][0], good[1][1][:3]],
            "expected as many samples everywhere, but y['one'] has 4, y['two'] has 3.",
        ),
    ):
        refused(model, good, lambda m, given=given: m.fit(good[0], given), DataError, message)
    message = "class_weight: needs a model with one output; use sample_weight for several."
    refused(model, good, lambda m: m.fit(*good, class_weight={0: 2.0}), DataError, message)
    for arguments, message in (
        ({"loss": {"one": "mse", "tow": "mse"}}, "loss: there is no output 'tow'; did you mean 'two'?"),
        ({"loss": losses, "loss_weights": {"tow": 1}}, "loss_weights: there is no output 'tow'"),
        ({"loss": losses, "metrics": {"tow": "mae"}}, "metrics: there is no output 'tow'"),
        ({"loss": losses, "metrics": [["mae"]]}, "metrics: expected 2, one for each output, got 1."),
        (
            {"loss": {"one": "mse"}, "metrics": {"two": "mae"}},
            "the output 'two' has a metric, 'mae', but no loss.",
        ),
    ):
        refused(model, good, lambda m, a=arguments: m.compile("adam", **a), ValueError, message)
