"""Seeds: the same bits in two processes, whatever the hash seed."""

import os
import subprocess
import sys

SCRIPT = """
import hashlib
import numpy as np
import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Dropout, Embedding, Sequential

seed = {seed}
if seed is not None:
    tg.set_seed(seed)
model = Sequential([
    Embedding(20, 6, input_shape=(5,)),
    Dropout(0.3),
    LSTM(8, return_sequences=True),
    Dropout(0.2),
    LSTM(4),
    Dense(3),
])
found = hashlib.sha256()
for weight in model.weights:
    found.update(weight.value.tobytes())
model.compile("adam", {{"class_name": "SparseCategoricalCrossentropy", "config": {{"from_logits": True}}}})
ids = np.arange(115).reshape(23, 5) % 20
history = model.fit(ids, np.arange(23) % 3, epochs=3, batch_size=8, verbose=0)
for weight in model.weights:
    found.update(weight.value.tobytes())
found.update(repr(history.history).encode())
found.update(model.predict(ids).tobytes())
print(found.hexdigest())
"""


def digest(seed, hash_seed):
    """The bits of initial weights, weights after a shuffled fit with dropout, history and predictions."""
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
    script = SCRIPT.format(seed=seed)
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_same_seed_gives_the_same_bits_in_two_processes():
    first = digest(7, 1)
    assert len(first) == 65
    assert digest(7, 2) == first
    assert digest(8, 1) != first


def test_without_a_seed_two_processes_differ():
    assert digest(None, 1) != digest(None, 1)
