"""`Series`: it acts as an array, describes itself, and refuses fields that do not fit."""

import dataclasses
import re
from typing import Any

import numpy as np
import pytest

from tinygraph.datasets import Series


def make_series(**changes: Any) -> Series:
    """A valid series of three days and two columns, with ``changes`` made to its fields."""
    fields: dict[str, Any] = {
        "name": "pool",
        "values": np.array([[1, 10], [2, 20], [3, 30]], dtype=np.float32),
        "times": np.array(["2020-01-01", "2020-01-02", "2020-01-03"], dtype="datetime64[D]"),
        "columns": ("depth", "warmth"),
        "units": ("m", "degC"),
        "source": "made up",
        "labels": np.array([0, 1, 0]),
        "classes": ("calm", "rough"),
    }
    return Series(**{**fields, **changes})


def test_its_length_is_the_number_of_time_steps() -> None:
    assert len(make_series()) == 3


def test_as_an_array_it_is_its_values() -> None:
    series = make_series()
    assert np.asarray(series) is series.values
    assert np.shares_memory(series.__array__(copy=False), series.values)
    copy = np.array(series)
    assert copy.dtype == np.float32
    assert not np.shares_memory(copy, series.values)
    assert np.array_equal(copy, series.values)


def test_as_an_array_it_takes_the_dtype_asked_for() -> None:
    for copy in (None, True):
        doubles = make_series().__array__(np.float64, copy)
        assert doubles.dtype == np.float64
        assert doubles.tolist() == [[1, 10], [2, 20], [3, 30]]


def test_repr_tells_shape_columns_units_times_and_classes() -> None:
    assert repr(make_series()) == (
        "<Series 'pool' (3, 2): depth [m], warmth [degC], 2020-01-01 to 2020-01-03, classes calm/rough>"
    )


def test_without_labels_there_are_no_classes() -> None:
    series = make_series(labels=None, classes=())
    assert series.labels is None
    assert repr(series).endswith("2020-01-03>")


def test_fields_cannot_be_replaced() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_series().name = "lake"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"values": np.zeros((3, 2))},
            (
                "values: expected a float32 array of shape (n,) or (n, features), not empty, "
                "got float64 of shape (3, 2)."
            ),
        ),
        ({"values": np.zeros((3, 2, 1), dtype=np.float32)}, "got float32 of shape (3, 2, 1)."),
        ({"values": np.zeros((0, 2), dtype=np.float32)}, "got float32 of shape (0, 2)."),
        (
            {"times": np.array(["2020"], dtype="datetime64[Y]")},
            (
                "times: expected a datetime64 array of shape (3,), one time per row of values, "
                "got datetime64[Y] of shape (1,)."
            ),
        ),
        ({"times": np.arange(3)}, "got int64 of shape (3,)."),
        (
            {"columns": ("depth",)},
            "columns: expected 2 distinct names, one per feature, got ('depth',).",
        ),
        ({"columns": ("depth", "depth")}, "expected 2 distinct names"),
        ({"units": ("m",)}, "units: expected 2 units, one per feature, got ('m',)."),
        (
            {"labels": np.array([0, 1])},
            (
                "labels: expected an integer array of shape (3,), one label per row of values, "
                "got int64 of shape (2,)."
            ),
        ),
        ({"labels": np.array([0.0, 1.0, 0.0])}, "got float64 of shape (3,)."),
        (
            {"labels": np.array([0, 2, 0])},
            "labels: expected indices into the 2 classes, got 0 to 2.",
        ),
        ({"labels": np.array([0, -1, 0])}, "got -1 to 0."),
    ],
)
def test_fields_that_do_not_fit_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        make_series(**changes)
