"""A script for two ranks: what training together refuses, and the messages as JSON."""

import json
import sys

import numpy as np

import tinygraph as tg
from tinygraph import nn

X, Y = np.ones((12, 4, 3)), np.ones((12, 2))


def message(ranks, layers, loss="mse", x=X, y=Y, method="fit", kind=nn.Sequential, **how):
    """What fit, or another method, says, or that it says nothing."""
    model = kind(layers)
    try:
        model.compile("sgd", loss, distribute=ranks)
        getattr(model, method)(x, y, verbose=0, **how)
    except (ValueError, TypeError) as problem:
        return f"{type(problem).__name__}: {problem}"
    return "nothing"


def flat(**how):
    return [nn.Flatten(input_shape=(4, 3)), nn.Dense(2, **how)]


def whole_mean(y_true, y_pred):
    return tg.mean(abs(y_true - y_pred))


class OwnStep(nn.Sequential):
    def train_step(self, data):
        return super().train_step(data)


class From(nn.Callback):
    """Begins elsewhere on each rank, as one does that finds no backup."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_train_begin(self, logs):
        self.model.begin_at(self.epoch)


def main():
    ranks = tg.distribute.MPI()
    own = 12 - 2 * ranks.rank
    found = {
        "small": message(ranks, flat(), batch_size=1),
        "stateful": message(ranks, [nn.LSTM(2, stateful=True, input_shape=(4, 3), name="enc")]),
        "fixed": message(ranks, [nn.Input((4, 3), batch_size=4), nn.Flatten(), nn.Dense(2)], batch_size=4),
        "synchronized": message(ranks, [*flat(), nn.BatchNormalization(synchronized=True, name="norm")]),
        "scalar": message(ranks, flat(), whole_mean),
        "lengths": message(ranks, flat(), x=X[:own], y=Y[:own]),
        "batches": message(ranks, flat(), batch_size=3 + ranks.rank),
        "evaluated": message(ranks, flat(), x=X[:own], y=Y[:own], method="evaluate"),
        "step": message(ranks, flat(), kind=OwnStep),
        "resumed": message(ranks, flat(), callbacks=[From(ranks.rank)]),
        "fine": message(ranks, flat()),
    }
    every = ranks.each(found)
    if ranks.is_root:
        assert all(other == found for other in every), every
        json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
