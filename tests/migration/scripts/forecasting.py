"""A wave is continued by three steps from the twelve before."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(1)
t = np.arange(300)
series = np.sin(t / 5) + 0.3 * np.sin(t / 2.3) + 0.05 * rng.normal(size=t.size)
windows = np.lib.stride_tricks.sliding_window_view(series, 15)
x, y = windows[:, :12, None], windows[:, 12:]
train, test = slice(0, 220), slice(235, None)

model = keras.Sequential(
    [
        keras.Input((12, 1)),
        layers.Conv1D(6, 3, padding="causal", activation="relu"),
        layers.LSTM(10, return_sequences=True),
        layers.LSTM(10),
        layers.Dense(3),
    ]
)
rng = np.random.default_rng(7)
model.set_weights([rng.normal(scale=0.3, size=w.shape) for w in model.get_weights()])
rate = keras.optimizers.schedules.ExponentialDecay(1e-2, decay_steps=10, decay_rate=0.9)
model.compile(keras.optimizers.Adam(rate, clipnorm=1.0), loss="mse", metrics=["mae"])
history = model.fit(
    x[train],
    y[train],
    batch_size=32,
    epochs=5,
    validation_data=(x[test], y[test]),
    shuffle=False,
    verbose=0,
)
for name in sorted(history.history):
    print(name, history.history[name])
forecast = model.predict(x[test], verbose=0)
print("forecast", forecast.shape, forecast[0].tolist())
print("skill", 1 - np.mean((forecast - y[test]) ** 2) / np.mean((x[test][:, -1:, 0] - y[test]) ** 2))
