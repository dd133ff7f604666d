"""Makes keras/models.zip: models in files of Keras, and what Keras computes with them.

    KERAS_BACKEND=jax PYTHONPATH=.:tests python tests/data/make_keras_files.py [folder]

The models are those of tests/exchange/keras_models.py. For each there is <name>.keras, in float32, and
<name>.64.keras, of the same weights in float64; numbers.npz has

    <name>/p0, p1, ..     the outputs for the inputs that `inputs_for` draws, those of a dict by sorted keys
    <name>/w0, w1, ..     of compiled models: the weights after one more step of training

and weights.weights.h5 has the weights alone of the model "regression", compiled and trained.
"""

import io
import sys
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
from exchange.keras_models import CASES, TRAINED, fill, flat, inputs_for, regression, targets_for
from reference import to_numpy, use_float64

#: how many steps a compiled model has made before it is saved: two batches to a step are then halfway
STEPS = 3


def data_for(model):
    """The model's inputs: an array, or a dict of them."""
    inputs = inputs_for(model)
    return inputs if len(inputs) > 1 else next(iter(inputs.values()))


def outputs_of(model):
    """What the model gives, as a list."""
    result = model(data_for(model), training=False)
    result = [result[key] for key in sorted(result)] if isinstance(result, dict) else flat(result)
    return [to_numpy(each) for each in result]


def prepared(make):
    """A model with its weights; one that is compiled is trained."""
    keras.utils.clear_session()
    model = make(keras)
    fill(model)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    if model.compiled:
        model.fit(data_for(model), targets_for(model), epochs=STEPS, verbose=0)
    return model


def add(archive, numbers, name, make, folder):
    """Put a model and its numbers into the archive."""
    model = prepared(make)
    model.save(folder / "model.keras")
    archive.write(folder / "model.keras", f"{name}.keras")
    for k, output in enumerate(outputs_of(model)):
        numbers[f"{name}/p{k}"] = output
    if model.compiled:
        model.fit(data_for(model), targets_for(model), verbose=0)
        for k, weight in enumerate(model.get_weights()):
            numbers[f"{name}/w{k}"] = weight


def main(folder=Path(__file__).parent / "keras"):
    """Write the file."""
    numbers, path = {}, Path(folder) / "models.zip"
    with tempfile.TemporaryDirectory() as made, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        folder = Path(made)
        for name, make in (CASES | TRAINED).items():
            add(archive, numbers, name, make, folder)
        model = prepared(TRAINED["trained_momentum"])
        assert model.name == regression(keras).name
        model.save_weights(folder / "only.weights.h5")
        archive.write(folder / "only.weights.h5", "weights.weights.h5")
        use_float64()
        for name, make in (CASES | TRAINED).items():
            add(archive, numbers, f"{name}.64", make, folder)
        content = io.BytesIO()
        np.savez_compressed(content, **numbers)
        archive.writestr("numbers.npz", content.getvalue())
    print(f"{path.name}: {len(CASES | TRAINED)} models, {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main(*sys.argv[1:])
