"""What may be passed as x and y: arrays of every kind and layout, lists, data frames, dicts."""

import numpy as np
import pandas as pd
import pytest

from tinygraph.nn import LSTM, Add, Dense, Embedding, Flatten, Input, Model, Sequential
from tinygraph.nn.data import Samples

RNG = np.random.default_rng(0)
X, Y = RNG.integers(0, 2, size=(6, 4)).astype("float32"), RNG.integers(0, 2, size=(6, 1)).astype("float32")


def made():
    model = Sequential([Dense(3, input_shape=(4,), activation="tanh"), Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    model.set_weights([np.arange(w.size).reshape(w.shape) / 10 for w in model.weights])
    return model


def outcome(x, y):
    """History, weights and predictions after training on x and y, as bytes."""
    model = made()
    history = model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
    parts = [*model.get_weights(), model.predict(x), *model.evaluate(x, y, verbose=0)]
    return repr(history.history), [np.asarray(part).tobytes() for part in parts]


def strided(array):
    wide = np.full((array.shape[0] * 2, array.shape[1] * 3), np.nan, array.dtype)
    wide[::2, ::3] = array
    return wide[::2, ::3]


def backwards(array):
    return np.ascontiguousarray(array[::-1])[::-1]


def read_only(array):
    copy = array.copy()
    copy.flags.writeable = False
    return copy


FORMS = {
    "list": lambda a: a.tolist(),
    "tuple": lambda a: tuple(map(tuple, a.tolist())),
    "list of rows": list,
    "frame": pd.DataFrame,
    "frame of numbers that may be missing": lambda a: pd.DataFrame(a).astype("Float64"),
    "frame of mixed number types": lambda a: pd.DataFrame(a).astype({0: "int8"}),
    "strided": strided,
    "Fortran-ordered": np.asfortranarray,
    "read-only": read_only,
    "backwards": backwards,
    "big-endian": lambda a: a.astype(">f4"),
    "big-endian integers": lambda a: a.astype(">i2"),
    **{
        name: lambda a, name=name: a.astype(name)
        for name in ("float16", "float64", "bool", "int8", "uint8", "int64")
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_of_the_same_numbers_give_the_same_bits(form):
    assert outcome(FORMS[form](X), FORMS[form](Y)) == outcome(X, Y)


def test_series_as_targets():
    assert outcome(X, pd.Series(Y[:, 0])) == outcome(X, Y)
    assert outcome(X, pd.Series(Y[:, 0]).astype("boolean")) == outcome(X, Y)


def test_targets_without_the_last_axis_of_one():
    assert outcome(X, Y[:, 0]) == outcome(X, Y)


def test_targets_with_a_last_axis_of_one_too_many():
    x = Input((4, 2))
    model = Model(x, Flatten()(Dense(1)(x)))
    model.compile("sgd", "mse")
    y = RNG.normal(size=(6, 4))
    x = RNG.normal(size=(6, 4, 2))
    assert model.evaluate(x, y[..., None], verbose=0) == model.evaluate(x, y, verbose=0)


@pytest.mark.parametrize(
    "form", [np.array, list, lambda a: a[:, None], lambda a: a.astype("float64"), pd.Series]
)
def test_labels(form):
    labels = np.array([0, 2, 1, 1, 0, 2])
    model = Sequential([Dense(3, input_shape=(4,), activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    expected = model.evaluate(X, labels, verbose=0)
    assert model.evaluate(X, form(labels), verbose=0) == expected
    p = model.predict(X)
    assert expected[0] == pytest.approx(-np.log(p[np.arange(6), labels]).mean(), rel=1e-5)


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int32", ">i8", "float32", "bool"])
def test_ids(dtype):
    ids = np.array([[1, 0, 1], [0, 0, 1]]).astype(dtype)
    model = Sequential([Embedding(3, 2, input_shape=(3,)), LSTM(2)])
    np.testing.assert_array_equal(model.predict(ids), model.predict(ids.astype("int64")))


def test_inputs_as_a_list_or_a_dict():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    model = Model([a, b], Add()([Dense(1)(a), Dense(1)(b)]))
    x, z = RNG.normal(size=(5, 2)), RNG.normal(size=(5, 3))
    expected = model.predict([x, z])
    for given in ((x, z), {"b": z, "a": x}, {"a": x.tolist(), "b": pd.DataFrame(z)}):
        np.testing.assert_array_equal(model.predict(given), expected)


def test_one_input_as_a_list_or_a_dict():
    model = made()
    name = model.inputs[0].name
    for given in ([X], (X,), {name: X}):
        np.testing.assert_array_equal(model.predict(given), model.predict(X))
    for y in ([Y], [Y[:, 0]], {"dense_1": Y}):
        assert model.evaluate([X], y, verbose=0) == model.evaluate(X, Y, verbose=0)


def test_one_sample_as_a_list_of_one_row():
    model = Sequential([LSTM(2, input_shape=(3, 4))])
    x = RNG.normal(size=(1, 3, 4))
    for given in (x.tolist(), list(x), [x]):
        np.testing.assert_array_equal(model.predict(given), model.predict(x))


def test_what_is_passed_stays_as_it_was():
    x, y, w = X.copy(), Y.copy(), np.ones(6, "float32")
    made().fit(x, y, sample_weight=w, epochs=2, verbose=0)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, Y)
    np.testing.assert_array_equal(w, np.ones(6))


def test_results_do_not_change_with_the_next_call():
    model = made()
    first = model.predict(X)
    kept = first.copy()
    model.predict(X + 1.0)
    np.testing.assert_array_equal(first, kept)


def test_integer_targets_of_a_float_output():
    model = made()
    assert model.evaluate(X, np.arange(6), verbose=0) == model.evaluate(X, np.arange(6.0), verbose=0)


@pytest.mark.parametrize(
    ("n", "fraction", "first"), [(10, 0.2, 8), (10, 0.25, 7), (3, 0.5, 1), (100, 0.01, 99)]
)
def test_samples_are_split_where_keras_splits_them(n, fraction, first):
    kept, held_out = Samples({"x": np.arange(n)}).split(fraction)
    assert (len(kept), len(held_out)) == (first, n - first)
    assert [*kept.arrays["x"], *held_out.arrays["x"]] == list(range(n))
