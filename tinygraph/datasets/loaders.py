"""The series that come with tinygraph, read from the CSV files in ``vendored/``.

Beside each CSV file, a Markdown file of the same name tells where it comes from.
"""

from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np

from tinygraph.datasets.series import Series


def el_nino() -> Series:
    """Return the sea-surface temperature off Peru by month, 1950 to 2010.

    A strong yearly cycle, broken every few years by El Nino: a warm-water event that lasts for
    months. A good first series for forecasting.

    Returns:
        A series of 732 months: ``values`` of shape (732,) in degrees Celsius, the mean over the
        region Nino 1+2 (0-10 degrees south, 90-80 degrees west).

    Source: NOAA, Climate Prediction Center, ERSST.v3b.

    >>> el_nino()
    <Series 'el_nino' (732,): temperature [degC], 1950-01 to 2010-12>
    """
    table = _read("el_nino.csv")
    months = [f"{y}-{int(m):02}" for y, m in zip(table["year"], table["month"], strict=True)]
    return Series(
        name="el_nino",
        values=np.array(table["temperature"], dtype=np.float32),
        times=np.array(months, dtype="datetime64[M]"),
        columns=("temperature",),
        units=("degC",),
        source="NOAA, Climate Prediction Center, ERSST.v3b, region Nino 1+2",
    )


def sunspots() -> Series:
    """Return the sunspot number by year, 1700 to 2008.

    The solar cycle: about eleven years long, never twice the same height.

    Returns:
        A series of 309 years: ``values`` of shape (309,), the yearly mean of the international
        sunspot number (version 1, before the revision of 2015), a weighted count without a unit.

    Source: SIDC, Royal Observatory of Belgium, by way of NOAA's National Geophysical Data Center.

    >>> sunspots()
    <Series 'sunspots' (309,): sunspot_number [1], 1700 to 2008>
    """
    table = _read("sunspots.csv")
    return Series(
        name="sunspots",
        values=np.array(table["sunspot_number"], dtype=np.float32),
        times=np.array(table["year"], dtype="datetime64[Y]"),
        columns=("sunspot_number",),
        units=("1",),
        source="SIDC, Royal Observatory of Belgium, by way of NOAA NGDC",
    )


def seattle_weather() -> Series:
    """Return the weather in Seattle by day, 2012 to 2015: four measurements and a class.

    The class drifts: of the days with precipitation, 2012 calls every one rain or snow, 2015 only
    5 of 144. Read ``vendored/seattle_weather.md`` before you train a classifier.

    Returns:
        A series of 1461 days: ``values`` of shape (1461, 4) with the precipitation in mm, the
        highest and the lowest temperature in degrees Celsius and the mean wind speed in m/s;
        ``labels`` of shape (1461,) with the weather of the day.

    Source: NOAA, National Climatic Data Center.

    >>> weather = seattle_weather()
    >>> weather.columns
    ('precipitation', 'temp_max', 'temp_min', 'wind')
    >>> weather.classes[weather.labels[0]]
    'drizzle'
    """
    table = _read("seattle_weather.csv")
    columns = ("precipitation", "temp_max", "temp_min", "wind")
    classes, labels = np.unique(table["weather"], return_inverse=True)
    return Series(
        name="seattle_weather",
        values=np.column_stack([table[column] for column in columns]).astype(np.float32),
        times=np.array(table["date"], dtype="datetime64[D]"),
        columns=columns,
        units=("mm", "degC", "degC", "m/s"),
        source="NOAA, National Climatic Data Center",
        labels=labels.astype(np.int64),
        classes=tuple(classes.tolist()),
    )


def _read(filename: str) -> dict[str, tuple[str, ...]]:
    """Return the columns of a vendored CSV file, by their names, as text."""
    file = files("tinygraph.datasets") / "vendored" / filename
    header, *rows = csv.reader(file.read_text(encoding="utf-8").splitlines())
    return dict(zip(header, zip(*rows, strict=True), strict=True))
