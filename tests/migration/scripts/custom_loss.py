"""Three quantiles of one number, by a loss and a metric of one's own."""

import keras
import numpy as np
from keras import layers, ops

rng = np.random.default_rng(6)
x = rng.normal(size=(80, 6, 2))
y = x[:, :, 0].sum(axis=1, keepdims=True) + rng.normal(size=(80, 1)) * (1 + abs(x[:, 0, 1:]))
quantiles = np.array([[0.1, 0.5, 0.9]], dtype="float32")


def pinball(y_true, y_pred):
    error = y_true - y_pred
    return ops.mean(ops.maximum(error * quantiles, error * (quantiles - 1)), axis=-1)


def width(y_true, y_pred):
    return y_pred[:, 2] - y_pred[:, 0]


class Scaled(layers.Layer):
    def call(self, inputs):
        return 0.5 * ops.tanh(inputs) + inputs


model = keras.Sequential([keras.Input((6, 2)), layers.LSTM(8), Scaled(), layers.Dense(3)])
rng = np.random.default_rng(7)
model.set_weights([rng.normal(scale=0.3, size=w.shape) for w in model.get_weights()])
model.compile(optimizer=keras.optimizers.RMSprop(1e-2), loss=pinball, metrics=[width])
history = model.fit(x, y, batch_size=32, epochs=5, shuffle=False, verbose=0)
for name in sorted(history.history):
    print(name, history.history[name])
p = model.predict(x, verbose=0)
print("predict", p.shape, p[:2].tolist())
