"""Normalization, adapted to data or told the statistics."""

import numpy as np
import pandas as pd
import pytest
from nn.keras_cases import CLOSE, arrays_of, cases, check

from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn import DataError, Dense, Normalization, Sequential

RNG = np.random.default_rng(7)
CASES = cases("normalization")
ADAPTED = [case for case in CASES if "adapt" in case]
DATA = RNG.normal(5.0, 3.0, size=(50, 4, 3))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case):
    arrays = arrays_of(case)
    arrays.pop("data", None)
    check(case, arrays, nn.deserialize(case["layer"]))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", ADAPTED, ids=lambda case: case["id"])
@pytest.mark.parametrize("built", ["before", "after"])
def test_adapts_as_keras(case, built):
    arrays, layer = arrays_of(case), nn.deserialize(case["layer"])
    if built == "before":
        layer(arrays["x"])
    layer.adapt(arrays["data"])
    np.testing.assert_allclose(layer(arrays["x"]), arrays["y0"], **CLOSE)
    for k, value in enumerate(layer.get_weights()):
        np.testing.assert_allclose(value, arrays[f"w{k}"], **CLOSE)


def statistics(data, **config):
    """Mean and variance after adapt."""
    layer = Normalization(dtype="float64", **config)
    layer.adapt(data)
    return layer.get_weights()[:2]


def pieces():
    """The data in batches of several sizes."""
    yield DATA[:1]
    yield DATA[1:18].astype("float32").astype("float64")
    yield DATA[18:]


@pytest.mark.parametrize(
    "data",
    [
        [DATA[:7], DATA[7:]],
        (DATA[:7], DATA[7:]),
        (each for each in np.array_split(DATA, 9)),
        [(DATA[:30], np.ones(30)), (DATA[30:], np.ones(20), None)],
        DATA.tolist(),
        [DATA],
    ],
    ids=["list", "tuple", "generator", "with targets", "numbers", "one"],
)
@pytest.mark.parametrize("axis", [-1, 1, [1, 2], None], ids=str)
def test_batches_give_the_statistics_of_all(data, axis):
    if not isinstance(data, (list, tuple)):
        data = np.array_split(DATA, 9)
    for value, expected in zip(statistics(data, axis=axis), statistics(DATA, axis=axis), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-12)
    others = {-1: (0, 1), 1: (0, 2), None: None}.get(axis if not isinstance(axis, list) else 0, 0)
    np.testing.assert_allclose(statistics(data, axis=axis)[1], DATA.var(others), rtol=1e-12)


def test_a_generator_is_read_once():
    np.testing.assert_allclose(statistics(pieces()), statistics(DATA), rtol=1e-6)


def test_a_large_mean_costs_no_digits():
    data = DATA + 1e8
    for given in (data, np.array_split(data, 9)):
        np.testing.assert_allclose(statistics(given)[1], DATA.var((0, 1)), rtol=1e-6)
    single = Normalization()
    single.adapt(np.full((100_000, 1), 0.1, "float32"))
    assert single.get_weights()[0] == np.float32(0.1)


def test_data_frames_and_series():
    frame = pd.DataFrame({"a": [1.0, 2.0, 6.0], "b": [1, 2, 3]})
    np.testing.assert_allclose(statistics(frame), [frame.mean(), frame.var(ddof=0)], rtol=1e-12)
    np.testing.assert_allclose(statistics([frame, frame]), statistics(frame), rtol=1e-12)
    np.testing.assert_allclose(statistics(frame["a"], axis=None), [3.0, 14.0 / 3.0], rtol=1e-12)
    np.testing.assert_allclose(statistics(frame.astype({"b": "Int64"})), statistics(frame))


def test_one_statistic_of_a_series_serves_columns():
    layer = Normalization(axis=None, input_shape=(1,))
    layer.adapt(np.array([1.0, 3.0]))
    assert Sequential([layer]).predict(np.array([[3.0], [5.0]])).tolist() == [[1.0], [3.0]]


def test_before_adapt_nothing_changes():
    assert Normalization()(DATA[:2]).tolist() == DATA[:2].astype("float32").tolist()


def test_adapting_again_replaces():
    layer = Normalization(dtype="float64")
    layer.adapt(DATA)
    layer.adapt(DATA * 2.0 + 1.0)
    np.testing.assert_allclose(layer.get_weights()[:2], statistics(DATA * 2.0 + 1.0), rtol=1e-12)


def test_a_program_sees_what_was_adapted_later():
    model = Sequential([Normalization(input_shape=(4, 3)), nn.Flatten(), Dense(1)])
    model.compile("sgd", "mse")
    before = model.predict(DATA)
    model.layers[0].adapt(DATA)
    assert not np.allclose(model.predict(DATA), before)
    model.fit(DATA, np.ones(50), epochs=1, verbose=0)
    np.testing.assert_allclose(model.layers[0].get_weights()[0], DATA.mean((0, 1)), rtol=1e-6)
    assert model.layers[0].trainable_weights == []


def test_invert_turns_back():
    there, back = Normalization(), Normalization(invert=True)
    for layer in (there, back):
        layer.adapt(DATA)
    np.testing.assert_allclose(back(there(DATA)), DATA, atol=1e-5)
    assert there(DATA).dtype == "float32"


def test_a_constant_feature_stays_finite():
    layer = Normalization()
    layer.adapt(np.full((4, 1), 3.0))
    assert layer([[3.0], [4.0]]).tolist() == [[0.0], [pytest.approx(1e7)]]


def test_given_statistics_broadcast():
    x = DATA[:2].astype("float32")
    full = Normalization([1, 2], mean=np.full((4, 3), 2.0), variance=np.full((4, 3), 9.0))
    np.testing.assert_allclose(full(x), (x - 2.0) / 3.0, rtol=1e-6)
    row = Normalization([1, 2], mean=[1.0, 2.0, 3.0], variance=[4.0, 4.0, 4.0])
    np.testing.assert_allclose(row(x), (x - [1.0, 2.0, 3.0]) / 2.0, rtol=1e-6)
    assert row.weights == []
    np.testing.assert_allclose(Normalization(mean=2.0, variance=9.0)(x), full(x), rtol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        Normalization([1, 2], mean=np.ones((4, 3)), variance=np.full((4, 3), 2.0), invert=True),
        Normalization((1, -1), name="n"),
        Normalization(None, mean=1, variance=np.float32(2.0)),
    ],
    ids=["given", "adapted", "scalar"],
)
def test_configs_come_back(layer):
    config = layer.get_config()
    copy = Normalization.from_config(config)
    assert copy.get_config() == config
    np.testing.assert_array_equal(copy(DATA), layer(DATA))
    assert layer.get_config() == config
    assert layer.output_shape((4, 3)) == nn.Layer.output_shape(layer, (4, 3)) == (4, 3)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([], DataError, "expected at least one sample, got an empty array of shape (0,)."),
        (iter([]), DataError, "Normalization 'n'.adapt: data: expected at least one batch, got none."),
        (np.array([["a"]]), DataError, "data: expected numbers, got strings."),
        ("text", DataError, "data: expected numbers, got strings."),
        ({"a": 1}, DataError, "data: expected numbers, got an object array"),
        (3.0, DataError, "data: expected an array of samples, got a single number."),
        ([[1.0], [np.nan]], DataError, "data: expected finite numbers, got nan at index (1, 0)."),
        ([1.0, 2.0], GraphError, "axis -1 does not fit (batch,); the batch is axis 0."),
        ([np.ones((2, 3)), np.ones((2, 4))], GraphError, "expected (batch, 3), got (2, 4). Axis 1 must be 3"),
        (np.full((2, 1), 1e60), DataError, "too large for float32"),
    ],
)
def test_data_that_is_refused(data, error, message):
    layer = Normalization(name="n")
    with pytest.raises(error) as caught:
        layer.adapt(data)
    assert "Normalization 'n'" in str(caught.value)
    assert message in str(caught.value)


def test_statistics_stay_where_data_is_refused():
    layer = Normalization()
    layer.adapt(DATA)
    before = layer.get_weights()
    with pytest.raises(GraphError):
        layer.adapt([DATA, np.ones((2, 4, 5))])
    for value, kept in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, kept)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"mean": 1.0}, "mean and variance go together, got 1.0 and None."),
        ({"mean": [1.0], "variance": 1.0}, "must have one shape, of at most 1 axes as axis is -1; got"),
        ({"mean": [[1.0]], "variance": [[1.0]]}, "must have one shape, of at most 1 axes"),
        ({"axis": None, "mean": [1.0], "variance": [1.0]}, "of at most 0 axes as axis is None"),
        ({"mean": "x", "variance": 1.0}, "mean and variance must be numbers, got 'x' and 1.0."),
        (
            {"mean": 1.0, "variance": -1.0},
            "mean and variance must be finite, no variance below 0; got 1.0 and",
        ),
        ({"mean": np.nan, "variance": 1.0}, "must be finite"),
        ({"invert": None}, "invert must be True or False, got None."),
        ({"axis": 0}, "axis must be a whole number other than 0, the batch, or a list of them, got 0."),
    ],
)
def test_arguments_that_are_refused(config, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        Normalization(name="n", **config)
    assert str(caught.value).startswith("Normalization 'n': ")
    assert message in str(caught.value)


def test_given_statistics_that_do_not_fit():
    layer = Normalization(mean=[1.0, 2.0], variance=[1.0, 1.0])
    with pytest.raises(
        GraphError, match=r"mean and variance of \(2,\) do not broadcast to \(3,\), the sizes along"
    ):
        layer(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"adapt: the layer was given its mean and variance\."):
        layer.adapt(np.ones((2, 2)))
