"""Run under real Keras, in a process of its own: opens files that tinygraph wrote, and says what it computes.

    python tests/exchange/keras_process.py folder

For each <name>.keras in the folder it adds <name>/p0, p1, .. to predictions.npz: the outputs for the inputs
of inputs_for; of a compiled model also the weights after a step, <name>/w0, .. For a <name>.weights.h5 beside
it, a model made anew takes those weights instead, and gives <name>/only0, ..
"""

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
FOLDER = Path(__file__).parents[1]
sys.path[:0] = [str(FOLDER), str(FOLDER / "data")]

import keras  # noqa: E402
import numpy as np  # noqa: E402
from data.make_keras_files import data_for, outputs_of  # noqa: E402
from exchange.keras_models import CASES, TRAINED, targets_for  # noqa: E402
from reference import use_float64  # noqa: E402


def doubled(x):
    """The function of a Lambda."""
    return x * 2.0


def main(folder):
    """Write what Keras makes of each file."""
    use_float64()
    found = {}
    for path in sorted(Path(folder).glob("*.keras")):
        name = path.stem
        model = keras.saving.load_model(path, custom_objects={"doubled": doubled})
        found |= {f"{name}/p{k}": each for k, each in enumerate(outputs_of(model))}
        only = path.with_suffix(".weights.h5")
        if only.exists():
            keras.config.set_floatx("float32")
            fresh = (CASES | TRAINED)[name](keras)
            fresh.load_weights(only)
            found |= {f"{name}/only{k}": each for k, each in enumerate(outputs_of(fresh))}
        if model.compiled:
            model.fit(data_for(model), targets_for(model), verbose=0)
            found |= {f"{name}/w{k}": each for k, each in enumerate(model.get_weights())}
    np.savez(Path(folder) / "predictions.npz", **found)


if __name__ == "__main__":
    main(sys.argv[1])
