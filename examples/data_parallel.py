"""El Niño, forecast by an LSTM that several processes train together: each has its rows of every batch.

    mpirun -n 4 python examples/data_parallel.py

It needs `pip install 'tinygraph[mpi]'`. Run by python alone it is one process, and comes to the same numbers.
"""

import tinygraph as tg
from tinygraph.datasets import el_nino, split_windows
from tinygraph.nn import LSTM, Dense, Sequential


def main():
    """Train; return losses and metrics of each epoch, which are the same on all ranks."""
    tg.set_seed(0)
    (x, y), held_out = split_windows(el_nino(), length=12, test=0.2)
    mean, deviation = x.mean(), x.std()
    x, y, *held_out = ((each - mean) / deviation for each in (x, y, *held_out))

    model = Sequential([LSTM(16, dropout=0.1, input_shape=(12, 1)), Dense(1)])
    model.compile("adam", "mse", metrics=["mae"], distribute=tg.distribute.MPI())
    history = model.fit(x, y, epochs=15, batch_size=32, validation_data=tuple(held_out), verbose=2)
    if model.is_root:
        print({name: round(values[-1], 5) for name, values in history.history.items()})
    return history.history


if __name__ == "__main__":
    main()
