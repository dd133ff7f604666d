"""What bad batches, frames and arrays of others get: a message that says which, and a model left whole."""

import itertools

import numpy as np
import pandas as pd
import pytest
from nn.test_bad_input import X, Y, refused, regression

from tinygraph.nn import Add, DataError, Dense, Input, Model, PyDataset, Sequential

GOOD = (X[:4], Y[:4])


def gen(*batches):
    yield from batches


class Data(PyDataset):
    def __init__(self, *batches):
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def nan_in(array, index):
    array = array.copy()
    array[index] = np.nan
    return array


# Refused before the first step: arguments that do not go together, and a first batch that is bad.

AT_ONCE = [
    ({"x": lambda: gen(GOOD), "y": Y}, "fit: the generator gives whole batches", "leave y out"),
    ({"x": lambda: gen(GOOD), "sample_weight": np.ones(4)}, "fit: the generator", "leave sample_weight out"),
    ({"x": lambda: gen(GOOD), "batch_size": 2}, "fit: the generator", "leave batch_size out"),
    ({"x": lambda: Data(GOOD), "batch_size": 2}, "fit: the Data gives whole batches", "leave batch_size out"),
    (
        {"x": lambda: gen(GOOD), "validation_split": 0.2},
        "fit: validation_split needs arrays",
        "validation_data",
    ),
    ({"x": lambda: gen(GOOD), "epochs": 3}, "fit, epoch 1: a generator gives its batches once", "3 epochs"),
    ({"x": lambda: gen()}, "fit, epoch 1: expected at least one batch, got none.", ""),
    ({"x": lambda: Data()}, "fit, epoch 1: expected at least one batch, got none.", ""),
    ({"x": lambda: gen((1, 2, 3, 4))}, "fit, epoch 1, step 1: expected a batch as x, (x, y)", "got 4 parts"),
    ({"x": lambda: gen(())}, "fit, epoch 1, step 1: expected a batch as x, (x, y)", "got 0 parts"),
    ({"x": lambda: gen(X[:4])}, "fit, epoch 1, step 1: expected a batch (x, y) or", "got x alone"),
    ({"x": lambda: gen((X[:4, :, :2], Y[:4]))}, "fit, epoch 1, step 1, x: expected (samples, 5, 3)", ""),
    ({"x": lambda: gen((X[:4], Y[:3]))}, "but fit, epoch 1, step 1, x has 4", "step 1, y has 3"),
    ({"x": lambda: gen((X[:4], nan_in(Y[:4], 2)))}, "fit, epoch 1, step 1, y: expected finite numbers", ""),
    (
        {"x": lambda: gen((X[:4], Y[:4], np.ones(4))), "class_weight": {0: 1.0}},
        "sample_weight and class_weight cannot be combined",
        "",
    ),
    ({"x": lambda: PyDataset()}, "PyDataset: define __len__, the number of batches.", ""),
    ({"x": X, "y": Y, "steps_per_epoch": 0}, "steps_per_epoch must be a whole number of at least 1", "0"),
    ({"x": X, "y": Y, "validation_freq": 0}, "validation_freq must be a whole number of at least 1", ""),
    ({"x": X, "y": Y, "validation_freq": [0]}, "each of validation_freq must be a whole number", ""),
    ({"x": X, "y": Y, "validation_steps": 1.5}, "validation_steps must be a whole number", "1.5"),
    (
        {"x": X, "y": Y, "validation_data": lambda: gen(GOOD), "epochs": 2},
        "fit, epoch 1, validation: a generator gives its batches once",
        "validation_steps",
    ),
    (
        {"x": X, "y": Y, "validation_data": lambda: gen(GOOD), "validation_batch_size": 2},
        "fit: the generator gives whole batches",
        "leave validation_batch_size out",
    ),
    (
        {"x": X, "y": Y, "validation_data": lambda: gen((X[:4, :4], Y[:4]))},
        "fit, epoch 1, validation, step 1, x: expected (samples, 5, 3)",
        "",
    ),
]


@pytest.mark.parametrize(("settings", "message", "more"), AT_ONCE)
def test_refused_before_the_first_step(settings, message, more):
    made = {name: value() if callable(value) else value for name, value in settings.items()}
    error = NotImplementedError if type(made["x"]) is PyDataset else ValueError  # a DataError is one
    refused(regression(), (X, Y), lambda m: m.fit(**made, verbose=0), error, message)
    fresh = {name: value() if callable(value) else value for name, value in settings.items()}
    with pytest.raises(error) as caught:
        regression().fit(**fresh, verbose=0)
    assert more in str(caught.value)


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_refused_by_evaluate_and_predict(method):
    cases = [
        ({"x": gen()}, f"{method}: expected at least one batch, got none."),
        ({"x": gen(GOOD), "batch_size": 3}, f"{method}: the generator gives whole batches"),
        ({"x": gen(GOOD), "steps": 0}, f"{method}: steps must be a whole number of at least 1, got 0."),
        ({"x": gen(GOOD, (X[:4, :4], Y[:4]))}, f"{method}, step 2, x: expected (samples, 5, 3)"),
        ({"x": gen(GOOD, 7)}, f"{method}, step 2"),
    ]
    for settings, message in cases:
        refused(regression(), (X, Y), lambda m, s=settings: getattr(m, method)(**s), ValueError, message)


LATER = [
    (lambda: Data(GOOD, GOOD, (X[:4, :, :2], Y[:4])), "fit, epoch 1, step 3, x: expected (samples, 5, 3)"),
    (lambda: Data(GOOD, (X[:4], Y[:3])), "fit, epoch 1, step 2, x has 4"),
    (lambda: Data(GOOD, X[:4]), "fit, epoch 1, step 2: expected a batch (x, y)"),
    (lambda: Data(GOOD, None), "fit, epoch 1, step 2: expected a batch (x, y)"),
    (lambda: Data(GOOD, (nan_in(X[:4], (1, 2, 0)), Y[:4])), "step 2, x: expected finite numbers, got nan at"),
    (
        lambda: Data(GOOD, (X[:4], Y[:4].astype(str))),
        "fit, epoch 1, step 2, y: expected numbers, got strings",
    ),
    (
        lambda: Data(GOOD, (X[:4], Y[:4], np.ones(3))),
        "fit, epoch 1, step 2, sample_weight: expected a weight",
    ),
]


@pytest.mark.parametrize(("data", "message"), LATER)
def test_a_bad_batch_amid_training_is_named_and_changes_nothing(data, message):
    """Steps before it have been taken; it takes none."""
    model, other = regression(), regression()
    other.set_weights(model.get_weights())
    source = data()
    good = len(list(itertools.takewhile(lambda b: b is GOOD, source.batches)))
    with pytest.raises(DataError) as caught:
        model.fit(source, shuffle=False, verbose=0)
    assert message in str(caught.value)
    for _ in range(good):
        other.train_on_batch(*GOOD)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.history is None
    model.fit(X, Y, verbose=0)


def test_a_stateful_layer_refuses_another_size_of_batch_before_its_step():
    from tinygraph.nn import LSTM

    model = Sequential([LSTM(2, stateful=True, batch_input_shape=(4, 5, 3)), Dense(1)])
    model.compile("sgd", "mse")
    model.fit(gen(GOOD), verbose=0)
    before = model.get_weights()
    with pytest.raises(ValueError, match="batch"):
        model.fit(gen((X[:3], Y[:3])), verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


# Data frames.

FRAME = pd.DataFrame(np.arange(24.0).reshape(6, 4), columns=["wind", "rain", "sun", "fog"])


def weather():
    model = Sequential([Dense(1, input_shape=(4,))])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (FRAME.assign(sun=[1.0, 2.0, np.nan, 4.0, 5.0, 6.0]), "got nan at index (2, 2), column 'sun'."),
        (FRAME.assign(fog="thick"), "x: expected numbers, got an object array"),
        (FRAME.assign(fog="thick"), "in column 'fog'."),
        (FRAME.assign(fog=pd.Timestamp("2020-01-01")), "in column 'fog'."),
        (
            FRAME[["wind", "rain"]],
            "Axis 1 must be 4, as the model was built with. Its columns are wind, rain.",
        ),
        (
            FRAME[["rain", "wind", "sun", "fog"]],
            "x: the model was trained on the columns wind, rain, sun, fog, got rain, wind, sun, fog",
        ),
    ],
)
def test_a_bad_frame_is_refused_by_the_name_of_its_column(frame, message):
    good = FRAME / 100, np.zeros(6)
    refused(weather(), good, lambda m: m.predict(frame), DataError, message)
    refused(weather(), good, lambda m: m.evaluate(frame, np.zeros(6), verbose=0), DataError, message)
    validation = (frame, np.zeros(6))
    refused(weather(), good, lambda m: m.fit(*good, validation_data=validation), DataError, message)


def test_targets_name_their_column():
    model = Sequential([Dense(2, input_shape=(4,))])
    model.compile("sgd", "mse")
    y = FRAME[["wind", "fog"]].copy()
    y.loc[3, "fog"] = np.inf
    with pytest.raises(
        DataError, match=r"y: expected finite numbers, got inf at index \(3, 1\), column 'fog'"
    ):
        model.fit(FRAME, y, verbose=0)


def test_a_frame_without_a_column_for_an_input():
    a, b = Input((1,), name="wind"), Input((1,), name="snow")
    model = Model([a, b], Dense(1)(Add()([a, b])))
    with pytest.raises(DataError, match=r"x: expected a list of 2 arrays \(wind, snow\), got DataFrame"):
        model.predict(FRAME)


# Arrays of other libraries.


class Elsewhere:
    """An array on a device that does not come to the host by itself."""

    def __dlpack__(self, **how):
        raise BufferError("it is on a device")

    def __dlpack_device__(self):
        return (2, 0)

    def __array__(self, *args, **kwargs):
        raise TypeError("can't convert device memory")


def test_an_array_that_does_not_come_to_the_host():
    message = (
        "x: the Elsewhere does not give its numbers by DLPack (it is on a device); copy them to the host"
    )
    refused(regression(), (X, Y), lambda m: m.fit(Elsewhere(), Y, verbose=0), DataError, message)


def test_an_object_that_does_not_become_an_array():
    class Odd:
        def __array__(self, *args, **kwargs):
            raise TypeError("no")

    refused(regression(), (X, Y), lambda m: m.predict(Odd()), DataError, "x: expected numbers, got Odd: no")
