"""Four long series are read ten steps at a time; the states last from one stretch to the next."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(3)
series = np.cumsum(rng.normal(scale=0.3, size=(4, 60, 2)), axis=1)
target = series.mean(axis=-1, keepdims=True) - series[:, :1].mean(axis=-1, keepdims=True)

memory = layers.LSTM(7, stateful=True, return_sequences=True, use_cudnn=False)
model = keras.Sequential([keras.Input(batch_shape=(4, 10, 2)), memory, layers.Dense(1)])
rng = np.random.default_rng(7)
model.set_weights([rng.normal(scale=0.3, size=w.shape) for w in model.get_weights()])
model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss="mse")
for epoch in range(3):
    losses = []
    for start in range(0, 60, 10):
        stretch = slice(start, start + 10)
        losses.append(float(model.train_on_batch(series[:, stretch], target[:, stretch])))
    print("epoch", epoch, losses)
x = series.reshape(4, 6, 10, 2).swapaxes(0, 1).reshape(24, 10, 2)
y = target.reshape(4, 6, 10, 1).swapaxes(0, 1).reshape(24, 10, 1)
history = model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
print("fit", history.history["loss"])
first = model.predict(x[:4], batch_size=4, verbose=0)
second = model.predict(x[:4], batch_size=4, verbose=0)
print("predict", first.shape, first[0, :, 0].tolist(), second[0, :, 0].tolist())
