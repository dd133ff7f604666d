"""Files of Keras: real ones are read and give its numbers, ours are opened by it and give ours.

What Keras wrote, and computes, is in tests/data/keras, made by tests/data/make_keras_files.py.
"""

import importlib.metadata
import importlib.util
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from exchange.keras_models import (
    APART,
    CASES,
    EACH,
    OURS,
    TRAINED,
    fill,
    flat,
    inputs_for,
    regression,
    targets_for,
)

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn import registry

pytest.importorskip("h5py", reason="files of Keras need h5py; pip install 'tinygraph[keras]'")

MODELS = CASES | TRAINED
FOLDER = Path(__file__).parents[1] / "data" / "keras"
ARCHIVES = [zipfile.ZipFile(FOLDER / name) for name in ("models.zip", "trained.zip")]
NUMBERS = {}
for archive in ARCHIVES:
    NUMBERS |= np.load(io.BytesIO(archive.read("numbers.npz")))
#: the largest difference, as a part of the largest number, or of 1
CLOSE = {"": 1e-6, ".64": 1e-12}
#: what Keras computes with NumPy in float32, in part, also where all else is in float64
ROUGH = {"MultiHeadAttention", "heads"}


def numbers(name, letter, file=NUMBERS):
    """The arrays <name>/<letter>0, <letter>1, .. of a file."""
    return [file[f"{name}/{letter}{k}"] for k in range(sum(n.startswith(f"{name}/{letter}") for n in file))]


def outputs_of(model):
    """What a model gives, as a list, those of a dict by sorted keys."""
    result = model.predict(inputs_for(model), batch_size=3)
    return [result[key] for key in sorted(result)] if isinstance(result, dict) else flat(result)


def check_close(got, expected, limit):
    """The arrays differ by no more than the limit, and so do none of their numbers."""
    assert [each.shape for each in got] == [each.shape for each in expected]
    for one, other in zip(got, expected, strict=True):
        assert np.abs(one - other).max(initial=0.0) <= limit * max(1.0, np.abs(other).max(initial=0.0))


def limit(name, bits):
    """How far what Keras computes may be off."""
    return CLOSE["" if name in ROUGH else bits]


def stepped(model):
    """The weights after one more step of training."""
    model.fit(inputs_for(model), targets_for(model), batch_size=3, shuffle=False, verbose=0)
    return model.get_weights()


def extracted(name, folder):
    """The path of a file of Keras."""
    archive = next(each for each in ARCHIVES if name in each.namelist())
    return archive.extract(name, folder)


def test_every_kind_of_layer_is_in_a_model():
    kinds = {thing.__name__ for thing in registry.KINDS["layer"].values()}
    assert kinds == EACH.keys() | APART
    assert len(MODELS) >= 40
    assert {name for archive in ARCHIVES for name in archive.namelist()} >= {
        f"{name}{bits}.keras" for name in MODELS for bits in CLOSE
    }


@pytest.mark.parametrize("bits", CLOSE)
@pytest.mark.parametrize("name", MODELS)
def test_models_of_keras_predict_as_in_keras(name, bits, tmp_path):
    model = tg.load(extracted(f"{name}{bits}.keras", tmp_path))
    check_close(outputs_of(model), numbers(name + bits, "p"), limit(name, bits))


@pytest.mark.parametrize("bits", CLOSE)
@pytest.mark.parametrize("name", TRAINED)
def test_training_goes_on_as_in_keras(name, bits, tmp_path):
    tg.set_floatx("float64" if bits else "float32")  # what the learning rate is in
    model = tg.load(extracted(f"{name}{bits}.keras", tmp_path))
    check_close(stepped(model), numbers(name + bits, "w"), 10 * CLOSE[bits])


@pytest.mark.parametrize("name", MODELS)
def test_what_is_written_is_read_again(name, tmp_path):
    model = MODELS[name](OURS)
    fill(model)
    if model.compiled:
        stepped(model)
    model.save(tmp_path / "m.keras")
    again = tg.load(tmp_path / "m.keras")
    assert [w.label for w in again.weights] == [w.label for w in model.weights]
    check_close(again.get_weights(), model.get_weights(), 0.0)
    check_close(outputs_of(again), outputs_of(model), 0.0)
    again.save(tmp_path / "again.keras")
    assert zipfile.ZipFile(tmp_path / "again.keras").read("config.json") == zipfile.ZipFile(
        tmp_path / "m.keras"
    ).read("config.json")
    if model.compiled:
        check_close(stepped(again), stepped(model), 0.0)


def test_the_batch_of_a_layer_is_that_of_the_input(tmp_path):
    """Keras knows a size of batch at inputs only, and stateful layers need one there."""
    first = nn.LSTM(2, stateful=True, batch_input_shape=(4, 5, 3))
    x = nn.Input((5, 3))
    for model in (
        nn.Sequential([first]),
        nn.Model(x, nn.LSTM(2, stateful=True, batch_input_shape=(4, 5, 3))(x)),
    ):
        model.save(tmp_path / "m.keras")
        described = json.loads(zipfile.ZipFile(tmp_path / "m.keras").read("config.json"))
        assert described["config"]["layers"][0]["config"]["batch_shape"] == [4, 5, 3]
        again = tg.load(tmp_path / "m.keras")
        assert again.batch_size == 4
        arrays = np.random.default_rng(0).normal(size=(4, 5, 3))
        check_close([again.predict(arrays)], [model.predict(arrays)], 0.0)
    model = nn.Sequential([nn.Input((5, 3)), nn.LSTM(2, stateful=True, name="kept")], name="m")
    with pytest.raises(
        ValueError, match="'m': LSTM 'kept' is stateful, which Keras takes only for batches of"
    ):
        model.save(tmp_path / "none.keras")
    assert not (tmp_path / "none.keras").exists()


def test_weights_alone(tmp_path):
    model = TRAINED["trained_momentum"](OURS)
    model.load_weights(extracted("only.weights.h5", tmp_path))
    check_close(outputs_of(model), numbers("trained_momentum", "p"), 1e-6)
    check_close(stepped(model), numbers("trained_momentum", "w"), 1e-5)  # with the optimizer's state
    model.save_weights(tmp_path / "again.weights.h5")
    plain = regression(OURS)  # not compiled: the weights only
    plain.load_weights(tmp_path / "again.weights.h5")
    check_close(plain.get_weights(), model.get_weights(), 0.0)
    plain.load_weights(extracted("trained_momentum.keras", tmp_path))
    check_close(outputs_of(plain), numbers("trained_momentum", "p"), 1e-6)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '"mask": {"class_name": "__keras_tensor__", "config": {"shape": [null, 4], "dtype": "bool", '
            '"keras_history": ["logical_or_2"',
            None,
        ),
        ('"mask_value": -1.0', '"mask_value": -2.0'),
        ('"class_name": "LogicalOr"', '"class_name": "LogicalXor"'),
    ],
)
def test_a_mask_that_the_inputs_do_not_carry_is_refused(before, after, tmp_path):
    with zipfile.ZipFile(extracted("masked.keras", tmp_path)) as archive:
        config, weights = archive.read("config.json").decode(), archive.read("model.weights.h5")
    assert before in config
    after = before.replace("logical_or_2", "any") if after is None else after
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as archive:
        archive.writestr("config.json", config.replace(before, after))
        archive.writestr("model.weights.h5", weights)
    with pytest.raises(tg.ModelFormatError, match=r"on symbols, not a layer; .* let masks go along"):
        tg.load(tmp_path / "other.keras")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder of files that tinygraph wrote, of its own models and of those of Keras that it read."""
    folder = tmp_path_factory.mktemp("written")
    expected = {}
    for name, make in MODELS.items():
        nn.clear_session()
        model = make(OURS)
        fill(model)
        if model.compiled:
            stepped(model)
        model.save(folder / f"{name}.keras")
        model.save_weights(folder / f"{name}.weights.h5")
        expected[f"{name}/p"] = outputs_of(model)
        if model.compiled:
            expected[f"{name}/w"] = stepped(model)
    tg.set_floatx("float64")  # what the learning rate is in
    for name in MODELS:
        tg.load(extracted(f"{name}.64.keras", folder / "theirs")).save(folder / f"{name}.64.keras")
    tg.set_floatx("float32")
    return folder, expected


def keras_says(folder, backend, names):
    """What real Keras makes of files, in a process of its own."""
    if importlib.util.find_spec("keras") is None:
        pytest.skip("Keras is not installed")
    version = importlib.metadata.version("keras")
    if tuple(map(int, version.split(".")[:2])) < (3, 15):  # masks gave other numbers before
        pytest.skip(f"Keras {version} is older than the one that is the reference, 3.15")
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("keras_process.py"))]
    done = subprocess.run(
        [*command, str(folder), backend, *names],
        capture_output=True,
        text=True,
        env=os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(np.load(folder / f"{backend}.npz"))


@pytest.fixture(scope="module")
def predictions(written):
    """What Keras predicts with all files, on NumPy: so it compiles nothing."""
    return keras_says(written[0], "numpy", MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_keras_opens_our_files_and_predicts_the_same(name, written, predictions):
    _, expected = written
    check_close(numbers(name, "p", predictions), expected[f"{name}/p"], 1e-6)
    check_close(numbers(name, "only", predictions), expected[f"{name}/p"], 1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_files_of_keras_come_back_to_keras(name, predictions):
    check_close(numbers(f"{name}.64", "p", predictions), numbers(f"{name}.64", "p"), limit(name, ".64"))


@pytest.mark.parametrize(
    "names", [["trained_adam", "trained_nadam"], pytest.param(list(MODELS), marks=pytest.mark.full)]
)
def test_keras_goes_on_training_our_files(names, written):
    folder, expected = written
    said = keras_says(folder, "jax", names)
    for name in names:
        check_close(numbers(name, "p", said), expected[f"{name}/p"], 1e-6)
        check_close(numbers(f"{name}.64", "p", said), numbers(f"{name}.64", "p"), limit(name, ".64"))
        if name in TRAINED:
            # Adam's first step is g / |g|, of rounding errors where g should be 0; float64 tells
            check_close(numbers(name, "w", said), expected[f"{name}/w"], 1e-4)
            check_close(numbers(f"{name}.64", "w", said), numbers(f"{name}.64", "w"), 1e-11)
