"""An LSTM over 10,000 time steps trains at the default recursion limit, in under 2 GB."""

import os
import subprocess
import sys

SCRIPT = """
import resource, sys

resource.setrlimit(resource.RLIMIT_AS, (2 * 10**9, 2 * 10**9))  # more would be a MemoryError
assert sys.getrecursionlimit() == 1000

import numpy as np
from tinygraph.nn import LSTM, Dense, Sequential

model = Sequential([LSTM(8, input_shape=(10_000, 1)), Dense(1)])
model.compile("adam", "mse")
before = model.get_weights()
loss = model.train_on_batch(np.random.default_rng(0).normal(size=(2, 10_000, 1)), np.ones(2))
assert np.isfinite(loss), loss
assert all((a != b).any() for a, b in zip(before, model.get_weights()))
((function, _),) = model.steps.latest.kept.values()
print(len(function.graph.nodes), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def test_ten_thousand_steps_of_time():
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    nodes, memory = map(int, done.stdout.split())
    assert nodes > 300_000  # all of it is there: 10,000 steps, forward and backward
    assert memory < 2 * 10**9
