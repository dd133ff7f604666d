"""Write the files of tests/data/saved for the version of the format that this tinygraph writes.

Run it once for each new version, and commit what it wrote: files of every version are read for ever.
"""

from pathlib import Path

import numpy as np

import tinygraph as tg
from tinygraph import nn
from tinygraph.saving.container import VERSION

FOLDER = Path(__file__).parent / "saved"


def trained():
    """A small model of several kinds of layers, trained for two epochs."""
    nn.clear_session()
    tg.set_seed(1)
    model = nn.Sequential(
        [
            nn.LSTM(4, dropout=0.2, return_sequences=True, input_shape=(5, 2)),
            nn.Bidirectional(nn.GRU(3)),
            nn.BatchNormalization(),
            nn.Dense(1),
        ]
    )
    model.compile(nn.optimizers.Adam(0.01), "mse", metrics=["mae"])
    x = np.random.default_rng(0).normal(size=(16, 5, 2))
    model.fit(x, x.sum((1, 2)), epochs=2, verbose=0)
    return model, x


if __name__ == "__main__":
    model, x = trained()
    model.save(FOLDER / f"version{VERSION}.tiny")
    model.save_weights(FOLDER / f"version{VERSION}.weights")
    np.savez(
        FOLDER / f"version{VERSION}.npz", x=x, y=model.predict(x), state=model.optimizer.variables[0].value
    )
