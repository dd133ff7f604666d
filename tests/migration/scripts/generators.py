"""Batches from a generator and from a dataset with an index, the last one smaller."""

import keras
import numpy as np
from keras import layers
from keras.utils import PyDataset

rng = np.random.default_rng(8)
x = rng.normal(size=(44, 5, 3)).astype("float32")
y = x[:, -1, :1] - x[:, 0, 1:2]


def endless(size):
    while True:
        for start in range(0, len(x), size):
            yield x[start : start + size], y[start : start + size]


class Batches(PyDataset):
    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size, self.epochs = size, 0

    def __len__(self):
        return -(-len(x) // self.size)

    def __getitem__(self, index):
        rows = slice(index * self.size, (index + 1) * self.size)
        return x[rows], y[rows], np.linspace(0.5, 1.5, len(x))[rows]

    def on_epoch_end(self):
        self.epochs += 1


model = keras.Sequential([keras.Input((5, 3)), layers.SimpleRNN(9), layers.Dense(1)])
rng = np.random.default_rng(7)
model.set_weights([rng.normal(scale=0.3, size=w.shape) for w in model.get_weights()])
model.compile("adam", "mse", metrics=["mae"])
batches = Batches(16)
history = model.fit(
    endless(10),
    steps_per_epoch=5,
    epochs=3,
    validation_data=batches,
    validation_steps=2,
    shuffle=False,
    verbose=0,
)
for name in sorted(history.history):
    print(name, history.history[name])
history = model.fit(batches, epochs=2, shuffle=False, verbose=0)
print("dataset", history.history["loss"])
print("evaluate", model.evaluate(batches, verbose=0), model.evaluate(endless(22), steps=2, verbose=0))
p = model.predict(batches, verbose=0)
print("predict", p.shape, p[:3, 0].tolist(), model.predict(endless(4), steps=2, verbose=0).shape)
