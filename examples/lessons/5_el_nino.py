"""Lesson 5: train an LSTM on El Niño, then look at what its units have learned.

The model sees twelve months of sea-surface temperature off Peru and says the next. Nobody told it that there
are seasons. We run it on every window and ask of each unit's c, at the last month: how much of it follows the
calendar, and what does it go along with? To go along is not yet to be of use, so we also silence each unit.

    python examples/lessons/5_el_nino.py [folder for the pictures]
"""

import sys
from pathlib import Path

import numpy as np

import tinygraph as tg
from tinygraph.datasets import el_nino, make_windows
from tinygraph.nn import LSTM, Dense, Sequential, optimizers, schedules
from tinygraph.viz.chart import Line, chart

ROW = "{season:9.2f}{temperature:+14.2f}{change:+9.2f}{anomaly:+10.2f}{without:12.2f} °C"
MONTHS, UNITS, EPOCHS, BATCH = 12, 8, 60, 32
SHOWN = np.datetime64("1997-06")  # the last month of the window that is shown: an El Niño is beginning


def train(x, y):
    """Return a model that has learned to say the month after each window."""
    tg.set_seed(0)
    lstm, dense = LSTM(UNITS, input_shape=(MONTHS, 1), name="lstm"), Dense(1, name="dense")
    model = Sequential([lstm, dense], name="el_nino")
    model.compile(optimizers.Adam(schedules.CosineDecay(0.01, EPOCHS * -(-len(x) // BATCH))), "mse")
    model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return model


def by_month(values, months):
    """Return for each value the mean of all of its month of the year."""
    return np.array([values[months == month].mean() for month in range(12)])[months]


def measure(c, temperature, before, months):
    """Return how much of c follows the calendar, and its correlations with what it may follow."""
    follows = {
        "temperature": temperature,
        "change": temperature - before,
        "anomaly": temperature - by_month(temperature, months),
    }
    season = 1 - np.var(c - by_month(c, months)) / np.var(c)
    return {"season": season, **{name: float(np.corrcoef(c, what)[0, 1]) for name, what in follows.items()}}


def rmse(forecast, truth):
    return float(np.sqrt(np.mean((forecast - truth) ** 2)))


def look_into(model, x, y, months, tested, scale):
    """Print what each unit follows, and the forecast's error on unseen years without it."""
    traced, weights = model.layers[0].trace(x), model.layers[1].get_weights()[0]
    forecast, last = model.predict(x), x[:, -1, 0]
    print(f"\n1. c of each unit at the last month of {len(x)} windows. Season: the share of its variance")
    print("   between months of the year; then correlations; then the error where the unit is silent.")
    print("   unit   f (mean)   season   temperature   change   anomaly   RMSE without it")
    found = []
    for unit in range(UNITS):
        of = measure(traced["c"][:, -1, unit], last, x[:, -2, 0], months)
        h = traced["h"][:, -1, [unit]]
        silenced = forecast + (h.mean() - h) * weights[unit]  # it always says its mean
        of["without"] = rmse(silenced[tested], y[tested]) * scale
        f = traced["f"][:, :, unit].mean()
        print(f"   {unit:4}{f:11.2f}" + ROW.format(**of))
        found.append(of)
    itself = 1 - np.var(last - by_month(last, months)) / np.var(last)
    print(f"   Of the temperature itself the season is {itself:.2f}; of unrelated numbers it would be 0.02.")
    return traced, found


def show_window(traced, series, k, unit):
    """Print the gates of a unit, month by month, in window ``k``."""
    usual = by_month(series.values, series.times.astype(int) % 12)
    print(f"\n2. Unit {unit} in the window that ends in {SHOWN}, when an El Niño begins, by month")
    print("   month      °C   usual       i      f      g      o      c      h")
    for t in range(MONTHS):
        gates = "".join(f"{traced[name][k, t, unit]:7.2f}" for name in "ifgoch")
        print(f"   {series.times[k + t]} {series.values[k + t]:7.1f} {usual[k + t]:7.1f} {gates}")


def draw_years(traced, series, x, k, best, folder):
    """Chart what the best units say in the six years around window ``k``, beside the temperature."""
    years = slice(k - 35, k + 37)
    lines = [Line("temperature, standardized", x[years, -1, 0].tolist())]
    lines += [Line(f"c of unit {u}: {name}", traced["c"][years, -1, u].tolist()) for name, u in best.items()]
    across = f"months since {series.times[years.start + MONTHS - 1]}"
    picture = chart("What two units follow", across, "standardized, or c", lines)
    (folder / "units.svg").write_text(picture, encoding="utf-8")


def main(folder):
    """Train, look, draw."""
    folder.mkdir(parents=True, exist_ok=True)
    series = el_nino()
    x, y = make_windows(series, MONTHS)
    tested = np.arange(len(x)) >= round(0.8 * len(x))  # the last fifth: years that it never saw
    mean, scale = x[~tested].mean(), x[~tested].std()
    x, y = (x - mean) / scale, (y - mean) / scale
    model = train(x[~tested], y[~tested])
    error, same = rmse(model.predict(x[tested]), y[tested]) * scale, rmse(x[tested, -1], y[tested]) * scale
    print(f"RMSE on {tested.sum()} months it never saw: {error:.2f} °C; of `as this month`: {same:.2f} °C")

    months = series.times[MONTHS - 1 : -1].astype(int) % 12  # of the last value that is seen
    traced, found = look_into(model, x, y, months, tested, scale)
    best = {n: max(range(UNITS), key=lambda unit: abs(found[unit][n])) for n in ("season", "anomaly")}
    k = int(np.flatnonzero(series.times[MONTHS - 1 : -1] == SHOWN)[0])
    show_window(traced, series, k, best["anomaly"])
    draw_years(traced, series, x, k, best, folder)
    model.explore(x[[k]], y[[k]], folder / "el_nino.html")
    print(f"\nLook at {folder}/units.svg, and open el_nino.html: that window, gate by gate.")
    return error, same, found


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "lessons_out"))
