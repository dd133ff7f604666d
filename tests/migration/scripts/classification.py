"""Sequences of four features belong to one of three classes."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(0)
x = rng.normal(size=(90, 8, 4)).astype("float32")
y = x.mean(axis=1)[:, :3].argmax(axis=-1)

model = keras.Sequential()
model.add(keras.Input(shape=(8, 4)))
model.add(layers.LSTM(12, return_sequences=True))
model.add(layers.LayerNormalization())
model.add(layers.GRU(8))
model.add(layers.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-3)))
model.add(layers.Dense(3, activation="softmax"))
rng = np.random.default_rng(7)
model.set_weights([rng.normal(scale=0.3, size=w.shape) for w in model.get_weights()])
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=5e-3),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
history = model.fit(x, y, batch_size=16, epochs=4, validation_split=0.2, shuffle=False, verbose=0)
for name in sorted(history.history):
    print(name, history.history[name])
print("evaluate", model.evaluate(x, y, verbose=0))
p = model.predict(x, verbose=0)
print("predict", p.shape, p[0].tolist(), p.argmax(axis=-1)[:10].tolist())
print("parameters", model.count_params(), [w.shape for w in model.get_weights()])
