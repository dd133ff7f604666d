"""Training that stops, saves its best weights, lowers its rate and writes down what happens."""

import os
import tempfile

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(10)
x = rng.normal(size=(40, 5, 2))
y = x[:, :, 0].mean(axis=1, keepdims=True) + rng.normal(scale=0.5, size=(40, 1))


class Diary(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.told = []

    def on_train_begin(self, logs=None):
        self.told.append("begin")

    def on_epoch_end(self, epoch, logs=None):
        self.told.append(f"{epoch} {sorted(logs)}")

    def on_train_batch_end(self, batch, logs=None):
        self.told.append(f"batch {batch} {sorted(logs)}")

    def on_test_end(self, logs=None):
        self.told.append("judged")

    def on_train_end(self, logs=None):
        self.told.append("end")


model = keras.Sequential([keras.Input((5, 2)), layers.LSTM(8), layers.Dense(1)])
rng = np.random.default_rng(7)
model.set_weights([rng.normal(scale=0.3, size=w.shape) for w in model.get_weights()])
model.compile(keras.optimizers.Adam(0.05), "mse", metrics=["mae"])
diary = Diary()
with tempfile.TemporaryDirectory() as folder:
    log = os.path.join(folder, "log.csv")
    history = model.fit(
        x,
        y,
        batch_size=10,
        epochs=12,
        validation_split=0.25,
        shuffle=False,
        verbose=0,
        callbacks=[
            diary,
            keras.callbacks.EarlyStopping("val_loss", patience=4, restore_best_weights=True),
            keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1),
            keras.callbacks.CSVLogger(log),
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: diary.told.append("...")),
        ],
    )
    with open(log) as file:
        print("log", file.readline().strip(), len(file.readlines()))
for name in sorted(history.history):
    print(name, history.history[name])
print("epochs", history.epoch, "told", diary.told[:8], diary.told[-3:])
print("evaluate", model.evaluate(x[30:], y[30:], verbose=0))


def falling(epoch, rate):
    return rate * 0.5 if epoch else rate


history = model.fit(
    x,
    y,
    epochs=3,
    shuffle=False,
    verbose=0,
    callbacks=[keras.callbacks.LearningRateScheduler(falling), keras.callbacks.TerminateOnNaN()],
)
print("scheduled", history.history["loss"])
