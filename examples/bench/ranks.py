"""What one rank measures, for `bench_mpi`, which starts several: the parts of a step, and sums alone.

mpirun -n 2 python examples/bench/ranks.py BATCH UNITS TIME SECONDS
"""

import json
import sys
import time

import numpy as np

import tinygraph as tg
from tinygraph.nn import LSTM, Callback, Dense, Sequential

FEATURES, CLASSES = 32, 10
SIZES = [1 << k for k in range(3, 25, 3)]


class Timed(tg.distribute.MPI):
    """Ranks that note how long they wait for one another, and how long a sum takes then."""

    def __init__(self):
        super().__init__()
        self.waits, self.sums = [], []

    def adder(self, backend):
        """Return what adds up, between two looks at the clock."""
        add_up = super().adder(backend)

        def timed(array):
            began = time.perf_counter()
            self.comm.Barrier()
            together = time.perf_counter()
            add_up(array)
            self.sums.append(time.perf_counter() - together)
            self.waits.append(together - began)
            self.bytes = array.nbytes

        return timed


class Steps(Callback):
    """Notes how long each step takes; all ranks end together, after so many seconds."""

    def __init__(self, ranks, seconds):
        self.ranks = ranks
        self.end = time.perf_counter() + seconds
        self.took = []

    def on_train_batch_begin(self, batch, logs):
        """Look at the clock."""
        self.began = time.perf_counter()

    def on_train_batch_end(self, batch, logs):
        """Look again."""
        self.took.append(time.perf_counter() - self.began)

    def on_epoch_end(self, epoch, logs):
        """End where root does."""
        self.model.stop_training = self.ranks.same(time.perf_counter() > self.end)


def least(seconds):
    """What a tenth of them stay below."""
    return float(np.quantile(seconds, 0.1))


def step(ranks, batch, units, steps, seconds):
    """The parts of a step, on root."""
    tg.set_seed(0)
    model = Sequential([LSTM(units, input_shape=(steps, FEATURES)), Dense(CLASSES, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", distribute=ranks)
    x = np.random.default_rng(0).normal(size=(10 * batch, steps, FEATURES))
    noted = Steps(ranks, seconds)
    model.fit(x, np.arange(len(x)) % CLASSES, batch, epochs=10**6, verbose=0, callbacks=[noted])
    whole, wait, added = map(np.array, (noted.took, ranks.waits, ranks.sums))
    parts = {"whole": whole, "computing": whole - wait - added, "wait": wait, "sum": added}
    return {name: least(found) for name, found in parts.items()} | {"bytes": ranks.bytes}


def added(ranks, bytes_):
    """The seconds of one sum of so many bytes."""
    array, took = np.zeros(bytes_ // 4, "float32"), []
    add_up = tg.distribute.MPI().adder("numpy")
    for _ in range(60):
        ranks.comm.Barrier()
        began = time.perf_counter()
        add_up(array)
        took.append(time.perf_counter() - began)
    return least(took)


def main(batch, units, steps, seconds):
    ranks = Timed()
    found = {"ranks": ranks.size, "batch": int(batch)}
    found |= step(ranks, int(batch), int(units), int(steps), float(seconds))
    found["sums"] = {size: added(ranks, size) for size in SIZES}
    if ranks.is_root:
        json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
