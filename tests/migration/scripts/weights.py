"""Weights of samples and classes; weights that are saved, loaded, shared and frozen."""

import io

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(9)
x = rng.normal(size=(48, 6, 2))
labels = (x[:, :, 0].sum(axis=1) > 0.5).astype(int)


def build():
    encoder = layers.LSTM(6, name="encoder")
    a, b = keras.Input((6, 2)), keras.Input((6, 2))
    both = layers.Subtract()([encoder(a), encoder(b)])
    return keras.Model([a, b], layers.Dense(2, activation="softmax", name="head")(both))


model = build()
rng = np.random.default_rng(7)
model.set_weights([rng.normal(scale=0.3, size=w.shape) for w in model.get_weights()])
model.compile("adam", "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
pair = [x, x[::-1]]
history = model.fit(pair, labels, class_weight={0: 0.4, 1: 2.5}, epochs=3, shuffle=False, verbose=0)
print("class_weight", history.history["loss"], history.history["accuracy"])
by_sample = np.linspace(0.1, 2.0, len(x))
history = model.fit(pair, labels, sample_weight=by_sample, epochs=3, shuffle=False, verbose=0)
print("sample_weight", history.history["loss"], history.history["accuracy"])

file = io.BytesIO()
np.savez(file, *model.get_weights())
file.seek(0)
with np.load(file) as saved:
    other = build()
    other.set_weights([saved[name] for name in saved.files])
p = model.predict(pair, verbose=0)
print("loaded", p.shape, bool((p == other.predict(pair, verbose=0)).all()))

encoder = other.get_layer("encoder")
encoder.trainable = False
print("frozen", len(other.trainable_weights), len(other.non_trainable_weights))
other.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
before = encoder.get_weights()
history = other.fit(pair, labels, epochs=2, shuffle=False, verbose=0)
same = [bool((a == b).all()) for a, b in zip(before, encoder.get_weights(), strict=True)]
print("trained", history.history["loss"], same)
print("in time", end=" ")
inputs = keras.Input((6, 2))
steps = keras.Model(inputs, layers.Dense(1)(layers.GRU(4, return_sequences=True)(inputs)))
rng = np.random.default_rng(7)
steps.set_weights([rng.normal(scale=0.3, size=w.shape) for w in steps.get_weights()])
steps.compile("adam", "mse")
by_step = rng.uniform(size=(48, 6))
history = steps.fit(x, x[:, :, :1] * 2, sample_weight=by_step, epochs=2, shuffle=False, verbose=0)
print(history.history["loss"])
