"""Run under real Keras, in a process of its own: opens files that tinygraph wrote, and says what it computes.

    KERAS_BACKEND=jax python tests/exchange/keras_process.py folder backend name..

For each name it opens <name>.keras and <name>.64.keras, and adds <name>/p0, p1, .. to <backend>.npz: the
outputs for the inputs of `inputs_for`; on a backend that trains also the weights of a compiled model after a
step, <name>/w0, .. On NumPy a model made anew takes <name>.weights.h5 too, and gives <name>/only0, ..
"""

import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1]
sys.path[:0] = [str(FOLDER), str(FOLDER / "data")]

import keras  # noqa: E402
import numpy as np  # noqa: E402
from data.make_keras_files import data_for, outputs_of  # noqa: E402
from exchange.keras_models import CASES, TRAINED, targets_for  # noqa: E402
from reference import use_float64  # noqa: E402


def numbers_of(folder, backend, name, bits):
    """What Keras makes of a model's files."""
    label = name + bits
    model = keras.saving.load_model(folder / f"{label}.keras")
    found = {f"{label}/p{k}": each for k, each in enumerate(outputs_of(model))}
    if model.compiled and backend != "numpy":
        model.fit(data_for(model), targets_for(model), verbose=0)
        found |= {f"{label}/w{k}": each for k, each in enumerate(model.get_weights())}
    if backend == "numpy" and not bits:
        fresh = (CASES | TRAINED)[name](keras)
        fresh.load_weights(folder / f"{name}.weights.h5")
        found |= {f"{name}/only{k}": each for k, each in enumerate(outputs_of(fresh))}
    return found


def main(folder, backend, *names):
    """Write what Keras makes of each file."""
    folder, found = Path(folder), {}
    for bits in ("", ".64"):
        if bits:
            use_float64()
        for name in names:
            found |= numbers_of(folder, backend, name, bits)
    np.savez(folder / f"{backend}.npz", **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
