"""Windows: properties over all shapes, facts on small series, and every error."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from tinygraph.datasets import el_nino, make_windows, seattle_weather, split_windows

counts = st.integers(1, 6)
fractions = st.floats(0.01, 0.99)


def steps(n: int, features: int | None = None) -> np.ndarray:
    """A series that tells where each value is from: step t, column c holds 10 t + c."""
    t = 10 * np.arange(n)
    return t if features is None else t[:, np.newaxis] + np.arange(features)


@given(n=st.integers(2, 60), length=counts, horizon=counts, stride=counts)
def test_every_window_is_the_series_from_its_start(n: int, length: int, horizon: int, stride: int) -> None:
    assume(n >= length + horizon)
    x, y = make_windows(steps(n), length, horizon, stride=stride)
    count = (n - length - horizon) // stride + 1
    assert x.shape == (count, length, 1)
    assert y.shape == (count, horizon)
    for i in range(count):
        window = steps(n)[i * stride :][: length + horizon]
        assert np.array_equal(np.concatenate([x[i, :, 0], y[i]]), window)


@given(n=st.integers(2, 40), features=st.integers(1, 4), length=counts, horizon=counts, stride=counts)
def test_every_window_of_a_table_is_the_table_from_its_start(
    n: int, features: int, length: int, horizon: int, stride: int
) -> None:
    assume(n >= length + horizon)
    table = steps(n, features)
    x, y = make_windows(table, length, horizon, stride=stride)
    count = (n - length - horizon) // stride + 1
    assert x.shape == (count, length, features)
    assert y.shape == (count, horizon, features)
    for i in range(count):
        window = table[i * stride :][: length + horizon]
        assert np.array_equal(np.concatenate([x[i], y[i]]), window)


@given(features=st.integers(1, 4), data=st.data())
def test_a_target_is_that_column_of_y(features: int, data: st.DataObject) -> None:
    target = data.draw(st.integers(0, features - 1))
    x_all, y_all = make_windows(steps(12, features), 3, 2)
    x, y = make_windows(steps(12, features), 3, 2, target=target)
    assert np.array_equal(x, x_all)
    assert np.array_equal(y, y_all[:, :, target])


@given(
    n=st.integers(2, 80),
    features=st.none() | st.integers(1, 3),
    length=counts,
    horizon=counts,
    test=fractions,
)
def test_no_window_crosses_the_split_and_none_is_missing(
    n: int, features: int | None, length: int, horizon: int, test: float
) -> None:
    n_test = round(test * n)
    split = n - n_test
    assume(min(split, n_test) >= length + horizon)
    train, held_out = split_windows(steps(n, features), length, horizon, test=test)
    for x, y in (train, held_out):
        assert np.all(x[:, -1, 0] < y.reshape(len(y), -1).min(axis=1))
    assert max(train[0].max(), train[1].max()) < 10 * split
    assert min(held_out[0].min(), held_out[1].min()) >= 10 * split
    assert len(train[0]) == len(train[1]) == split - length - horizon + 1
    assert len(held_out[0]) == len(held_out[1]) == n_test - length - horizon + 1


@given(length=counts, horizon=counts, test=fractions)
def test_a_series_as_long_as_the_error_asks_can_be_split(length: int, horizon: int, test: float) -> None:
    with pytest.raises(ValueError, match="on each side of the split") as caught:
        split_windows([0.0], length, horizon, test=test)
    asked = re.search(r"series of (\d+) time steps or more", str(caught.value))
    assert asked is not None
    split_windows(np.zeros(int(asked[1])), length, horizon, test=test)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("target", [None, 1])
@pytest.mark.parametrize("stride", [1, 7])  # with stride 7, a single window
def test_windows_are_arrays_of_their_own(order: Any, target: int | None, stride: int) -> None:
    table = np.array(steps(9, 3), dtype=np.float32, order=order)
    before = table.copy()
    x, y = make_windows(table, 2, 2, stride=stride, target=target)
    for windows in (x, y):
        assert windows.dtype == np.float32
        assert windows.flags.c_contiguous
        assert windows.flags.writeable
        assert not np.shares_memory(windows, table)
    assert not np.shares_memory(x, y)
    x[0] = -1
    y[0] = -1
    assert np.array_equal(table, before)
    assert not np.any(x[1:] == -1)
    assert not np.any(y[1:] == -1)


def test_a_series_shorter_than_its_stride_gives_one_window() -> None:
    x, y = make_windows([1, 2, 3], 2, stride=100)
    assert x.tolist() == [[[1], [2]]]
    assert y.tolist() == [[3]]


def test_a_target_can_be_named() -> None:
    weather = seattle_weather()
    _, by_name = make_windows(weather, 7, target="temp_max")
    _, by_index = make_windows(weather, 7, target=1)
    assert np.array_equal(by_name, by_index)
    assert np.array_equal(by_name[:, 0], weather.values[7:, 1])


def test_a_single_column_can_be_named_too() -> None:
    _, named = make_windows(el_nino(), 12, target="temperature")
    _, unnamed = make_windows(el_nino(), 12)
    assert np.array_equal(named, unnamed)


def test_a_split_keeps_the_target() -> None:
    weather = seattle_weather()
    (_, y_train), (_, y_test) = split_windows(weather, 7, 2, target="wind")
    assert y_train[-1].tolist() == weather.values[1167:1169, 3].tolist()
    assert y_test[-1].tolist() == weather.values[-2:, 3].tolist()


def test_a_linear_autoregression_on_windows_beats_repeating_the_last_month() -> None:
    (x_train, y_train), (x_test, y_test) = split_windows(el_nino(), length=12)

    def design(x: np.ndarray) -> np.ndarray:
        return np.column_stack([np.ones(len(x)), x[:, :, 0]])

    def rmse(forecast: np.ndarray) -> float:
        return float(np.sqrt(np.mean((forecast - y_test[:, 0]) ** 2)))

    weights = np.linalg.lstsq(design(x_train), y_train[:, 0], rcond=None)[0]
    assert rmse(x_test[:, -1, 0]) == pytest.approx(1.173, abs=1e-3)
    assert rmse(design(x_test) @ weights) == pytest.approx(0.517, abs=1e-3)


@pytest.mark.parametrize("name", ["length", "horizon", "stride"])
@pytest.mark.parametrize("count", [0, -1, 2.0, "2", True, None])
def test_counts_must_be_positive_integers(name: str, count: Any) -> None:
    message = f"{name}: expected a positive integer, got {count!r}."
    with pytest.raises(ValueError, match=re.escape(message)):
        make_windows(steps(20), **{"length": 3, name: count})


@pytest.mark.parametrize("name", ["length", "horizon"])
def test_counts_of_a_split_must_be_positive_integers(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected a positive integer, got 0."):
        split_windows(steps(20), **{"length": 3, name: 0})


def test_numpy_integers_are_counts() -> None:
    x, _ = make_windows(steps(20), np.int64(3), np.int32(2))  # type: ignore[arg-type]
    assert x.shape == (16, 3, 1)


@pytest.mark.parametrize("test", [0.0, 1.0, -0.1, 1.5, float("nan"), 1, "0.2", None, True])
def test_the_test_fraction_lies_between_0_and_1(test: Any) -> None:
    message = f"test: expected a fraction between 0 and 1, both excluded, got {test!r}; "
    with pytest.raises(ValueError, match=re.escape(message)):
        split_windows(steps(100), 3, test=test)


def test_a_numpy_float_is_a_test_fraction() -> None:
    _, (x_test, _) = split_windows(steps(100), 3, test=np.float32(0.2))  # type: ignore[arg-type]
    assert len(x_test) == 20 - 3


@pytest.mark.parametrize("n", [0, 1, 4])
def test_a_series_too_short_for_a_window(n: int) -> None:
    message = (
        f"series: expected at least length + horizon = 5 time steps, got {n}; "
        "give a longer series or ask for shorter windows."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        make_windows(np.zeros(n), 3, 2)


@pytest.mark.parametrize(("test", "n_train", "n_test"), [(0.2, 16, 4), (0.9, 2, 18)])
def test_a_side_of_the_split_too_short_for_a_window(test: float, n_train: int, n_test: int) -> None:
    message = (
        "series: expected at least length + horizon = 5 time steps on each side of the split, "
        f"got {n_train} to train and {n_test} to test with test={test}; give a series of "
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        split_windows(steps(20), 3, 2, test=test)


@pytest.mark.parametrize("cut", [make_windows, split_windows])
@pytest.mark.parametrize(
    ("series", "message"),
    [
        (["a", "b"], "series: expected real numbers, got dtype <U1; "),
        ([1j, 2j], "got dtype complex128; "),
        ([True, False], "got dtype bool; "),
        ([1.0, None], "got dtype object; "),
        ([[1.0, 2.0], [3.0]], "series: expected an array, got rows that make none: "),
        (3.0, "series: expected shape (n,) or (n, features), got (); "),
        (np.zeros((9, 2, 2)), "got (9, 2, 2); "),
        (np.zeros((9, 0)), "got (9, 0); "),
        (
            [0.0, 1.0, np.nan, np.inf],
            "series: expected finite float32 numbers, got nan at index [2] (2 such in all); ",
        ),
        ([[0.0, 1.0], [2.0, -np.inf]], "got -inf at index [1, 1] (1 such in all); "),
        ([0.0, 1e39], "got 1e+39 at index [1] (1 such in all); fill or drop them first."),
    ],
)
def test_a_series_must_be_a_finite_numeric_table(cut: Any, series: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        cut(series, 1)


@pytest.mark.parametrize("cut", [make_windows, split_windows])
@pytest.mark.parametrize("target", [3, -1, "b", 1.0, True])
def test_a_target_must_be_a_column(cut: Any, target: Any) -> None:
    message = f"target: expected an index from 0 to 2, got {target!r}."
    with pytest.raises(ValueError, match=re.escape(message)):
        cut(steps(20, 3), 2, target=target)


@pytest.mark.parametrize("target", [4, "rain"])
def test_an_unknown_target_of_a_series_is_told_the_names(target: Any) -> None:
    message = (
        "target: expected an index from 0 to 3 or one of 'precipitation', 'temp_max', "
        f"'temp_min', 'wind', got {target!r}."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        make_windows(seattle_weather(), 7, target=target)
