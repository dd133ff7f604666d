"""A script for ranks that have a GPU each: how far their training is from that of this process alone."""

import numpy as np

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Sequential


def trained(distribute, backend):
    tg.set_seed(0)
    model = Sequential([LSTM(8, dropout=0.2, input_shape=(6, 3)), Dense(2, kernel_regularizer="l2")])
    model.compile("adam", "mse", distribute=distribute, backend=backend)
    x = np.random.default_rng(0).normal(size=(21, 6, 3))
    model.fit(x, x[:, 0, :2], batch_size=5, epochs=2, verbose=0)
    return model.get_weights()


def main():
    tg.set_floatx("float64")
    ranks = tg.distribute.MPI()
    pairs = zip(trained(None, "numpy"), trained(ranks, "cupy"), strict=True)
    apart = max(ranks.each(float(max(abs(a - b).max() for a, b in pairs))))
    if ranks.is_root:
        print(apart)


if __name__ == "__main__":
    main()
