"""Sentences of word ids, padded with 0, are about one of two things."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(2)
words = rng.integers(1, 50, size=(64, 12))
lengths = rng.integers(3, 13, size=64)
words[np.arange(12) >= lengths[:, None]] = 0
labels = (np.where(words > 0, words > 25, 0).sum(axis=1) * 2 > lengths).astype("float32")

inputs = keras.Input(shape=(12,), dtype="int64")
embedded = layers.Embedding(50, 8, mask_zero=True)(inputs)
both = layers.Bidirectional(layers.LSTM(6, return_sequences=True))(embedded)
pooled = layers.GlobalAveragePooling1D()(both)
outputs = layers.Dense(1, activation="sigmoid")(pooled)
model = keras.Model(inputs, outputs)
rng = np.random.default_rng(7)
model.set_weights([rng.normal(scale=0.3, size=w.shape) for w in model.get_weights()])
model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
history = model.fit(words, labels, batch_size=20, epochs=4, shuffle=False, verbose=0)
for name in sorted(history.history):
    print(name, history.history[name])
p = model.predict(words, verbose=0)
print("predict", p.shape, p[:4].tolist())
longer = np.concatenate([words[:, :6], np.zeros((64, 6), dtype=int)], axis=1)
print("cut short", model.predict(longer, verbose=0)[:3].tolist())
