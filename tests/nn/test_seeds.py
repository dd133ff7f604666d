"""Seeds: the same bits in three processes, whatever the hash seed."""

import os
import subprocess
import sys

SCRIPT = """
import hashlib
import sys
import numpy as np
import tinygraph as tg
from tinygraph import nn
from tinygraph.nn import initializers, registry

if sys.argv[1] != "none":
    tg.set_seed(int(sys.argv[1]))
found = hashlib.sha256()
classes = dict.fromkeys(registry.KINDS["initializer"].values())
for each in classes:
    found.update(np.asarray(each()((6, 6))).tobytes())

ids, series = nn.Input((5,), dtype="int64", name="ids"), nn.Input((5, 4), name="series")
x = nn.Concatenate()([nn.Embedding(20, 6, mask_zero=True)(ids), nn.Masking()(series)])
x = nn.SpatialDropout1D(0.2)(x)
x = nn.Bidirectional(nn.LSTM(4, return_sequences=True, dropout=0.2, recurrent_dropout=0.2))(x)
x = nn.GRU(5, return_sequences=True, dropout=0.3)(x)
x = nn.MultiHeadAttention(2, 3, dropout=0.2)(x, x)
x = nn.LayerNormalization()(nn.GaussianNoise(0.1)(x))
h = nn.SimpleRNN(4, recurrent_initializer="orthogonal")(x)
c = nn.GlobalMaxPooling1D()(nn.Conv1D(4, 3, kernel_initializer="he_normal")(series))
h = nn.BatchNormalization()(nn.Concatenate()([h, nn.GaussianDropout(0.2)(c)]))
a = nn.Dense(3, kernel_regularizer="l2", name="label")(nn.Dropout(0.3)(h))
b = nn.Dense(1, kernel_initializer="lecun_uniform", kernel_constraint="max_norm", name="size")(h)
model = nn.Model({"series": series, "ids": ids}, {"label": a, "size": b})
for weight in model.weights:
    found.update(weight.value.tobytes())
adam = nn.optimizers.Adam(0.01, use_ema=True, gradient_accumulation_steps=2, clipnorm=1.0)
cross = {"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": True}}
model.compile(adam, {"label": cross, "size": "huber"}, metrics={"size": ["mae"]})
rng = np.random.default_rng(0)
given = {"ids": np.arange(115).reshape(23, 5) % 20, "series": rng.normal(size=(23, 5, 4))}
true = {"label": np.arange(23) % 3, "size": rng.normal(size=(23, 1))}
history = model.fit(given, true, epochs=3, batch_size=8, validation_split=0.2, verbose=0)
for weight in [*model.weights, *model.optimizer.variables]:
    found.update(weight.value.tobytes())
found.update(repr(history.history).encode())
found.update(b"".join(y.tobytes() for y in model.predict(given).values()))
print(found.hexdigest(), len(classes))
"""


def digest(seed, hash_seed):
    """The bits of what all initializers draw, of weights before and after a shuffled fit with dropout, of the
    optimizer's state, the history and predictions."""
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
    command = [sys.executable, "-c", SCRIPT, str(seed)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_same_seed_gives_the_same_bits_in_three_processes():
    first, second, third = (digest(7, hash_seed) for hash_seed in (0, 1, 12345))
    assert first == second == third
    assert len(first[0]) == 64
    assert int(first[1]) >= 14  # initializers
    assert digest(8, 0) != first


def test_without_a_seed_two_processes_differ():
    assert digest("none", 1) != digest("none", 1)
