"""Forecast the sea-surface temperature of the El Niño region one month ahead, with an LSTM.

The series: monthly means from 1950 to 2010. The first 80 % train, the last 20 % judge. The forecast stands
beside two honest baselines: persistence (next month will be as this one) and a linear autoregression. A year
of months is the input of all of them.

    python examples/el_nino.py [folder for the pictures]
"""

import sys
from pathlib import Path

import numpy as np

import tinygraph as tg
from tinygraph.datasets import el_nino, split_windows
from tinygraph.nn import LSTM, Dense, Sequential, optimizers, schedules

MONTHS, EPOCHS, BATCH, RATE = 12, 60, 32, 0.01


def rmse(forecast, truth):
    """Return the root of the mean squared error."""
    return float(np.sqrt(np.mean((np.asarray(forecast).ravel() - truth.ravel()) ** 2)))


def autoregression(x, y):
    """Fit y = a + b . x by least squares and return it as a function of x."""

    def rows(x):
        return np.column_stack([np.ones(len(x)), x[:, :, 0]]).astype(np.float64)

    coefficients = np.linalg.lstsq(rows(x), y.astype(np.float64), rcond=None)[0]
    return lambda x: rows(x) @ coefficients


def main(folder):
    """Train, print the scores, and draw the graph."""
    tg.set_seed(0)
    series = el_nino()
    (x, y), (x_test, y_test) = split_windows(series, MONTHS, test=0.2)
    print(f"{series}: {len(x)} windows to train on, {len(x_test)} to judge by")

    mean, scale = x.mean(), x.std()
    model = Sequential([LSTM(16, input_shape=(MONTHS, 1)), Dense(1)])
    steps = EPOCHS * -(-len(x) // BATCH)
    model.compile(optimizers.Adam(schedules.CosineDecay(RATE, steps)), loss="mse")
    model.summary()
    history = model.fit((x - mean) / scale, (y - mean) / scale, batch_size=BATCH, epochs=EPOCHS)
    forecast = model.predict((x_test - mean) / scale) * scale + mean

    scores = {
        "persistence": rmse(x_test[:, -1, 0], y_test),
        f"AR({MONTHS}), least squares": rmse(autoregression(x, y)(x_test), y_test),
        "LSTM(16)": rmse(forecast, y_test),
    }
    print(f"\nRMSE on the last 20 %, {len(x_test)} months, in °C")
    for name, score in scores.items():
        print(f"  {name:24} {score:.3f}")

    folder.mkdir(parents=True, exist_ok=True)
    for name, level in (("layers", "model"), ("unrolled", "unrolled")):
        model.draw(level=level).save(folder / f"el_nino_{name}.svg")
        model.draw(level=level).save(folder / f"el_nino_{name}.dot")
    print(f"\nThe graph is drawn in {folder}/el_nino_layers.svg and el_nino_unrolled.svg (and .dot)")
    return scores, history


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "pictures"))
