"""Windows in batches are those of `make_windows`, whatever the order, and read no more than they need."""

import tracemalloc

import numpy as np
import pytest

from tinygraph.datasets import WindowBatches, make_windows, seattle_weather
from tinygraph.nn import LSTM, DataError, Dense, Sequential

SERIES = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")


def joined(batches):
    x, y = zip(*(batches[k] for k in range(len(batches))), strict=True)
    return np.concatenate(x), np.concatenate(y)


@pytest.mark.parametrize("batch_size", [1, 7, 100])
@pytest.mark.parametrize(
    "settings", [{}, {"horizon": 4}, {"stride": 3}, {"target": 1}, {"horizon": 2, "stride": 5, "target": 2}]
)
@pytest.mark.parametrize("series", [SERIES, SERIES[:, 0], SERIES.astype("float64"), SERIES[::2]])
def test_batches_are_the_windows_in_order(series, settings, batch_size):
    if series.ndim == 1 and "target" in settings:
        settings = {**settings, "target": 0}
    x, y = make_windows(series, 6, **settings)
    batches = WindowBatches(series, 6, batch_size=batch_size, **settings)
    assert batches.windows == len(x)
    assert [len(x) for x, _ in batches] == [batch_size] * (len(x) // batch_size) + (
        [len(x) % batch_size] if len(x) % batch_size else []
    )
    for found, expected in zip(joined(batches), (x, y), strict=True):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == np.float32


def test_a_series_with_names():
    series = seattle_weather()
    name = series.columns[1]
    x, y = make_windows(series, 5, target=name)
    for found, expected in zip(joined(WindowBatches(series, 5, target=name)), (x, y), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_shuffled_batches_have_every_window_once_in_another_order_each_epoch():
    series = np.arange(100.0)
    batches = WindowBatches(series, 3, batch_size=8, shuffle=True, seed=1)
    epochs = []
    for _ in range(2):
        x, y = joined(batches)
        np.testing.assert_array_equal(y[:, 0], x[:, 2, 0] + 1)
        assert sorted(y[:, 0]) == list(range(3, 100))
        epochs.append(y[:, 0].tolist())
        batches.set_epoch(1)
    assert epochs[0] != epochs[1]
    assert abs(np.diff(epochs[0])).mean() > 10
    again = WindowBatches(series, 3, batch_size=8, shuffle=True, seed=1)
    assert joined(again)[1][:, 0].tolist() == epochs[0]
    other = WindowBatches(series, 3, batch_size=8, shuffle=True, seed=2)
    assert joined(other)[1][:, 0].tolist() != epochs[0]


def test_a_batch_is_its_own_memory_and_the_series_is_not_copied():
    series = SERIES.copy()
    batches = WindowBatches(series, 4)
    assert np.shares_memory(batches.values, series)
    batches[0][0][:] = 0.0
    np.testing.assert_array_equal(series, SERIES)


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_batch_takes_memory_for_itself_alone(shuffle):
    """Of 24 MB: a column of it would be 8 MB, an order of its windows 8 MB."""
    series = np.zeros((1_000_000, 3))
    tracemalloc.start()
    try:
        batches = WindowBatches(series, 10, target=1, batch_size=16, shuffle=shuffle)
        batches[len(batches) // 2]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000


def test_training_on_batches_is_training_on_windows(tmp_path):
    path = tmp_path / "series.dat"
    SERIES.tofile(path)
    mapped = np.memmap(path, dtype="float32", mode="r", shape=SERIES.shape)
    x, y = make_windows(SERIES, 6, target=0)
    histories = []
    for data in ((x, y), (WindowBatches(mapped, 6, target=0, batch_size=16), None)):
        model = Sequential([LSTM(3, input_shape=(6, 3), kernel_initializer="ones"), Dense(1)])
        model.compile("adam", "mse")
        model.set_weights([np.arange(w.size).reshape(w.shape) / w.size for w in model.weights])
        sizes = {} if data[1] is None else {"batch_size": 16}
        histories.append(model.fit(*data, epochs=2, shuffle=False, verbose=0, **sizes).history)
    assert histories[0] == histories[1]


def test_a_number_that_is_missing_is_found_when_its_batch_is_read():
    series = SERIES.copy()
    series[40, 1] = np.nan
    batches = WindowBatches(series, 6, target=0, batch_size=8)
    assert np.isfinite(batches[0][0]).all()
    model = Sequential([LSTM(2, input_shape=(6, 3)), Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(DataError) as caught:
        model.fit(batches, shuffle=False, verbose=0)
    assert "fit, epoch 1, step 5: the batch could not be read: ValueError: batch 4, " in str(caught.value)
    assert "got nan at index" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"length": 0}, "length: expected a positive integer, got 0."),
        ({"batch_size": 2.0}, "batch_size: expected a positive integer, got 2.0."),
        ({"stride": True}, "stride: expected a positive integer, got True."),
        ({"length": 50}, "series: expected at least length + horizon = 51 time steps, got 50"),
        ({"target": 3}, "target: expected an index from 0 to 2, got 3."),
        ({"seed": -1}, "seed: expected a whole number of at least 0, got -1."),
        ({"series": SERIES.astype(str)}, "series: expected real numbers, got dtype <U"),
        ({"series": SERIES[None]}, "series: expected shape (n,) or (n, features), got (1, 50, 3)"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(ValueError, match="expected") as caught:
        WindowBatches(**{"series": SERIES, "length": 6, **arguments})
    assert message in str(caught.value)


def test_there_is_no_batch_beyond_the_last():
    batches = WindowBatches(SERIES, 6)
    with pytest.raises(IndexError, match="there are 2 batches, got index 2"):
        batches[2]
    assert len(list(batches)) == 2
