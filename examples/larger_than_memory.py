"""A forecast learned from a series that memory cannot hold: a file that is mapped, windows cut when needed.

``python larger_than_memory.py 10 1`` trains on a file of 10 GB with 1 GB of memory for everything else.
"""

import resource
import sys
import tempfile
from pathlib import Path

import numpy as np

import tinygraph as tg
from tinygraph.datasets import WindowBatches
from tinygraph.nn import LSTM, Dense, Sequential

FEATURES, HOURS = 8, 24


def main(size=0.6, allowed=0.4, steps=60):
    tg.set_seed(0)
    rows = int(size * 1e9) // (4 * FEATURES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.dat"
        write_waves(path, rows)
        # What is allowed is memory to write to; the pages of a mapped file are the system's to drop.
        resource.setrlimit(resource.RLIMIT_DATA, (int(allowed * 1e9), resource.RLIM_INFINITY))
        series = np.memmap(path, dtype="float32", mode="r", shape=(rows, FEATURES))
        try:
            np.array(series)
        except MemoryError:
            print(f"{size:g} GB do not fit in {allowed:g} GB")

        past, future = series[: rows * 4 // 5], series[rows * 4 // 5 :]  # views: nothing is read
        training = WindowBatches(past, HOURS, target=0, batch_size=64, shuffle=True)
        judging = WindowBatches(future, HOURS, target=0, batch_size=64)
        model = Sequential([LSTM(16, input_shape=(HOURS, FEATURES)), Dense(1)])
        model.compile("adam", "mse")
        history = model.fit(
            training,
            epochs=3,
            steps_per_epoch=steps,
            validation_data=judging,
            validation_steps=steps // 5,
            verbose=2,
        )
        first, *_, last = history.history["val_loss"]
        print(f"{training.windows:,} windows; {first:.3f} -> {last:.3f}")
        return first, last


def write_waves(path, rows):
    """Write noisy waves, each feature with a period of its own, in blocks that hold whole periods of all."""
    periods = np.array([24.0, 12.0, 48.0, 168.0, 6.0, 8.0, 4.0, 336.0])
    hours = np.arange(336 * 512)[:, None]
    noise = np.random.default_rng(0).normal(scale=0.1, size=(len(hours), FEATURES))
    block = (np.sin(2 * np.pi * hours / periods) + noise).astype("float32")
    with open(path, "wb") as file:
        for start in range(0, rows, len(block)):
            file.write(block[: rows - start].tobytes())


if __name__ == "__main__":
    main(*map(float, sys.argv[1:3]))
