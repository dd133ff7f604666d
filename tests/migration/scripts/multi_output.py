"""One encoder, two heads: a number and a class, each with a loss, a weight and metrics of its own."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(5)
x = rng.normal(size=(60, 7, 3))
level = x.sum(axis=(1, 2)) / 4
kind = x.mean(axis=1).argmax(axis=-1)

inputs = keras.Input(shape=(7, 3))
encoded = layers.GRU(9)(inputs)
outputs = {
    "level": layers.Dense(1, name="level")(encoded),
    "kind": layers.Dense(3, activation="softmax", name="kind")(encoded),
}
model = keras.Model(inputs, outputs)
rng = np.random.default_rng(7)
model.set_weights([rng.normal(scale=0.3, size=w.shape) for w in model.get_weights()])
model.compile(
    optimizer=keras.optimizers.Adam(1e-2),
    loss={"level": "mse", "kind": "sparse_categorical_crossentropy"},
    loss_weights={"level": 0.5, "kind": 2.0},
    metrics={"level": ["mae"], "kind": ["accuracy"]},
)
before = model.get_weights()
history = model.fit(
    x,
    {"level": level, "kind": kind},
    batch_size=25,
    epochs=4,
    validation_split=0.25,
    shuffle=False,
    verbose=0,
)
for name in sorted(history.history):
    print(name, history.history[name])
judged = model.evaluate(x, {"level": level, "kind": kind}, verbose=0, return_dict=True)
for name in sorted(judged):
    print("evaluate", name, judged[name])
p = model.predict(x, verbose=0)
print("predict", sorted((name, array.shape) for name, array in p.items()), p["kind"][0].tolist())
print(
    "every weight has moved", [bool((a != b).any()) for a, b in zip(before, model.get_weights(), strict=True)]
)
