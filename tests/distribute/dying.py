"""A script for several ranks: root saves the weights after each epoch, and in the third one rank dies."""

import os
import signal
import sys
from pathlib import Path

import numpy as np

import tinygraph as tg
from tinygraph.nn import Callback, Dense, Sequential

X = np.random.default_rng(0).normal(size=(40, 3))


class Save(Callback):
    """Writes the weights whole or not at all: into another file, which takes the place of the last."""

    def __init__(self, path):
        self.path = Path(path)

    def on_epoch_end(self, epoch, logs):
        if self.model.is_root:
            fresh = self.path.with_suffix(".part.npz")
            np.savez(fresh, *self.model.get_weights(), epoch=epoch)
            os.replace(fresh, self.path)


class Die(Callback):
    def __init__(self, how, rank):
        self.how = how
        self.rank = rank

    def on_train_batch_end(self, batch, logs):
        if self.model.optimizer.iterations.value == 22 and tg.distribute.MPI().rank == self.rank:
            if self.how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise RuntimeError("this rank has had enough")


def main(how, rank, path):
    model = Sequential([Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse", distribute=tg.distribute.MPI())
    model.fit(X, X[:, 0], batch_size=4, epochs=5, callbacks=[Save(path), Die(how, int(rank))])
    print("this is not reached")


if __name__ == "__main__":
    main(*sys.argv[1:])
