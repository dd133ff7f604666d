"""By how much a process grows: ``python grown.py WORK JIT TIMES WARM`` prints megabytes; see test_growth.py.

The work is done WARM times; then the resident memory is read before and after TIMES more, with all garbage
collected and what the C library holds given back. Of models that are built it is told how many are alive
before and after garbage is collected, and the most memory that there was meanwhile.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
import weakref

import numpy as np

from tinygraph import backends
from tinygraph.nn import LSTM, BatchNormalization, Dense, Dropout, Input, Model, Sequential

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 6, 3)), RNG.normal(size=(40, 1))
JIT = backends.compiles("numpy")


def resident() -> float:
    """The resident memory in megabytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def settled() -> float:
    """The same without garbage."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident()


def made(jit: bool, units: int = 8) -> Sequential:
    """A model with all that changes in a step."""
    model = Sequential([LSTM(units, input_shape=(6, 3)), Dropout(0.2), BatchNormalization(), Dense(1)])
    model.compile("adam", "mse", metrics=["mae"], jit_compile=jit)
    return model


class Work:
    """The kinds of work, each on one model that stays, or on models that are let go of."""

    def __init__(self, jit: bool):
        self.jit = jit
        self.model = made(jit)
        self.models: list[weakref.ref[Model]] = []
        self.most = 0.0

    def steps(self, times: int) -> None:
        """Training steps of two sizes of batch, one by one."""
        for k in range(times):
            rows = slice(8 + k % 2)
            self.model.train_on_batch(X[rows], Y[rows])

    def steps_of_fit(self, times: int) -> None:
        """The same number of steps in one `fit`."""
        x, y = np.tile(X, (25, 1, 1)), np.tile(Y, (25, 1))
        self.model.fit(x, y, batch_size=8, epochs=-(-times // 125), verbose=0)

    def fits(self, times: int) -> None:
        """Whole fits, with validation, and predictions."""
        for _ in range(times):
            self.model.fit(X, Y, batch_size=16, validation_split=0.25, verbose=0)
            self.model.predict(X[:5])

    def builds(self, times: int) -> None:
        """Models of both kinds that are built, trained, used and let go of."""
        for k in range(times):
            x = Input((6, 3))
            model = made(self.jit, units=64) if k % 2 else Model(x, Dense(1)(LSTM(64)(x)))
            model.compile("adam", "mse", jit_compile=self.jit)
            model.fit(X, Y, verbose=0)
            model.predict(X)
            self.models.append(weakref.ref(model))
            del model, x
            self.most = max(self.most, resident())


if __name__ == "__main__":
    work, jit = Work(sys.argv[2] == "jit"), sys.argv[2] == "jit"
    does = getattr(work, sys.argv[1])
    does(int(sys.argv[4]))
    before = settled()
    does(int(sys.argv[3]))
    alive = sum(model() is not None for model in work.models)
    after = settled()
    left = sum(model() is not None for model in work.models)
    told = {"alive": alive, "left": left, "most": work.most - before} if work.models else {}
    print(json.dumps({"grown": after - before, **told}))
