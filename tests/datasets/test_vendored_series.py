"""The vendored series: their known facts, and that each call gives arrays of its own."""

from collections.abc import Callable
from importlib.resources import files

import numpy as np
import pytest

from tinygraph.datasets import Series, el_nino, seattle_weather, sunspots

LOADERS = [el_nino, sunspots, seattle_weather]


def assert_consecutive(times: np.ndarray, unit: str) -> None:
    """No time step is missing, doubled or out of order."""
    assert times.dtype == f"datetime64[{unit}]"
    assert set(np.diff(times).astype(int)) == {1}


def test_el_nino() -> None:
    series = el_nino()
    assert (series.name, series.columns, series.units) == ("el_nino", ("temperature",), ("degC",))
    assert series.values.shape == (61 * 12,)
    assert_consecutive(series.times, "M")
    assert (str(series.times[0]), str(series.times[-1])) == ("1950-01", "2010-12")
    assert (series.values[0], series.values[-1]) == (np.float32(23.11), np.float32(22.07))
    assert series.labels is None
    assert series.classes == ()


def test_el_nino_is_warmest_in_march_and_coolest_in_september() -> None:
    by_month = el_nino().values.reshape(61, 12).mean(axis=0)
    assert by_month.argmax() == 2
    assert by_month.argmin() == 8


def test_sunspots() -> None:
    series = sunspots()
    assert (series.name, series.columns, series.units) == ("sunspots", ("sunspot_number",), ("1",))
    assert series.values.shape == (309,)
    assert_consecutive(series.times, "Y")
    assert (str(series.times[0]), str(series.times[-1])) == ("1700", "2008")
    assert (series.values[0], series.values[-1]) == (np.float32(5), np.float32(2.9))
    assert str(series.times[series.values.argmax()]) == "1957"
    assert series.values.max() == np.float32(190.2)
    assert series.labels is None
    assert series.classes == ()


def test_seattle_weather() -> None:
    series = seattle_weather()
    assert series.name == "seattle_weather"
    assert series.columns == ("precipitation", "temp_max", "temp_min", "wind")
    assert series.units == ("mm", "degC", "degC", "m/s")
    assert series.values.shape == (1461, 4)
    assert_consecutive(series.times, "D")
    assert (str(series.times[0]), str(series.times[-1])) == ("2012-01-01", "2015-12-31")
    assert np.array_equal(series.values[0], np.array([0.0, 12.8, 5.0, 4.7], dtype=np.float32))
    assert np.array_equal(series.values[-1], np.array([0.0, 5.6, -2.1, 3.5], dtype=np.float32))
    assert np.all(series.values[:, 1] >= series.values[:, 2])


def test_seattle_weather_has_a_class_per_day() -> None:
    series = seattle_weather()
    assert series.classes == ("drizzle", "fog", "rain", "snow", "sun")
    assert series.labels is not None
    assert series.labels.dtype == np.int64
    assert np.bincount(series.labels).tolist() == [54, 411, 259, 23, 714]
    assert [series.classes[label] for label in series.labels[:3]] == ["drizzle", "rain", "rain"]


@pytest.mark.parametrize("load", LOADERS)
def test_values_are_finite_contiguous_float32(load: Callable[[], Series]) -> None:
    values = load().values
    assert values.dtype == np.float32
    assert values.flags.c_contiguous
    assert np.isfinite(values).all()


@pytest.mark.parametrize("load", LOADERS)
def test_writing_to_one_copy_leaves_the_next_untouched(load: Callable[[], Series]) -> None:
    first = load()
    before = first.values.copy()
    first.values[...] = -999
    assert np.array_equal(load().values, before)


@pytest.mark.parametrize("load", LOADERS)
def test_provenance_lies_beside_the_data(load: Callable[[], Series]) -> None:
    text = (files("tinygraph.datasets") / "vendored" / f"{load().name}.md").read_text()
    for part in ("**Source**", "**Rights**: public domain", "**Period**", "**Extraction**"):
        assert part in text
    for column in load().columns:
        assert f"`{column}`" in text
