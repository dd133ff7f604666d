"""Makes keras/models.zip and keras/trained.zip: models in files of Keras, and what Keras computes with them.

    KERAS_BACKEND=numpy PYTHONPATH=.:tests python tests/data/make_keras_files.py [folder]
    KERAS_BACKEND=jax PYTHONPATH=.:tests python tests/data/make_keras_files.py [folder]

The models are those of tests/exchange/keras_models.py: with NumPy, which compiles nothing, the first is made,
of those that are not trained; with JAX the second one. For each model there is <name>.keras, in float32,
and <name>.64.keras, of the same weights in float64; numbers.npz has

    <name>/p0, p1, ..     the outputs for the inputs that `inputs_for` draws, those of a dict by sorted keys
    <name>/w0, w1, ..     of compiled models: the weights after one more step of training

and only.weights.h5, in the second one, has the weights of trained_momentum and its optimizer's state alone.
"""

import io
import sys
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
from exchange.keras_models import CASES, TRAINED, fill, flat, inputs_for, targets_for
from reference import BACKEND, to_numpy, use_float64

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


def add(archive, numbers, name, make, path):
    """Put a model and its numbers into the archive."""
    model = prepared(make)
    model.save(path)
    archive.write(path, f"{name}.keras")
    for k, output in enumerate(outputs_of(model)):
        numbers[f"{name}/p{k}"] = output
    if model.compiled:
        model = keras.saving.load_model(path)  # JAX cannot go on with weights that are their own averages
        model.fit(data_for(model), targets_for(model), verbose=0)
        for k, weight in enumerate(model.get_weights()):
            numbers[f"{name}/w{k}"] = weight


def main(folder=Path(__file__).parent / "keras"):
    """Write one of the files."""
    models = CASES if BACKEND == "numpy" else TRAINED
    path, numbers = Path(folder) / ("models.zip" if models is CASES else "trained.zip"), {}
    with tempfile.TemporaryDirectory() as made, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for bits in ("", ".64"):
            if bits:
                use_float64()
            for name, make in models.items():
                add(archive, numbers, name + bits, make, Path(made) / "model.keras")
        if models is TRAINED:
            keras.config.set_floatx("float32")
            prepared(models["trained_momentum"]).save_weights(f"{made}/only.weights.h5")
            archive.write(f"{made}/only.weights.h5", "only.weights.h5")
        content = io.BytesIO()
        np.savez_compressed(content, **numbers)
        archive.writestr("numbers.npz", content.getvalue())
    print(f"{path.name}: {len(models)} models, {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main(*sys.argv[1:])
