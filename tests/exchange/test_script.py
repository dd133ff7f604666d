"""`Model.export_numpy`: scripts that need NumPy only predict as the model does, and are well written."""

import inspect
import re
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from exchange.script_cases import CASES, QUICK, WHOLE, filled, forecaster, rng, words

import tinygraph as tg
from tinygraph import nn
from tinygraph.exchange.script import export
from tinygraph.exchange.script.layout import wrapped
from tinygraph.exchange.script.library import FUNCTIONS, Library
from tinygraph.exchange.script.reduced import reduced
from tinygraph.graph import GraphError
from tinygraph.nn import registry

#: how far results may be off, as a part of the largest of them
CLOSE = {"float32": 4e-6, "float64": 1e-13}
RUNNER = Path(__file__).with_name("script_runner.py")


def listed(found):
    """Results by name, in a list or alone, as a list."""
    if isinstance(found, dict):
        return list(found.values())
    return found if isinstance(found, list) else [found]


def same(found, expected, close=None):
    """Compare arrays: their dtypes, shapes and, but for rounding, values."""
    assert len(found) == len(expected)
    for y, wanted in zip(found, expected, strict=True):
        assert (y.dtype, y.shape) == (wanted.dtype, wanted.shape)
        size = np.abs(wanted).max(initial=1e-9)
        np.testing.assert_allclose(y, wanted, rtol=0.0, atol=size * (close or CLOSE[y.dtype.name]))


class Written:
    """The scripts of all cases in one folder, run by one process, and what the models themselves predict."""

    def __init__(self, folder, names):
        self.folder, self.expected = folder, {}
        for each in ("inputs", "outputs", "packages"):
            (folder / each).mkdir()
        for part in Path(np.__file__).parents[1].glob("numpy*"):
            (folder / "packages" / part.name).symlink_to(part)
        self.stems = {name: f"script{k}" for k, name in enumerate(names)}
        for name, stem in self.stems.items():
            model, arrays = CASES[name]()
            model.export_numpy(folder / f"{stem}.py")
            np.savez(folder / "inputs" / f"{stem}.npz", *arrays)
            self.expected[name] = listed(model.predict(arrays if len(arrays) > 1 else arrays[0]))
        command = [sys.executable, "-I", "-S", str(RUNNER), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def check(self, name):
        error = self.folder / "outputs" / f"{self.stems[name]}.txt"
        assert not error.exists(), error.read_text()
        with np.load(self.folder / "outputs" / f"{self.stems[name]}.npz") as file:
            # What a wrapper with another dtype wraps computes in its own.
            close = CLOSE["float32"] if name.endswith("-dtype") else None
            same([file[key] for key in file], self.expected[name], close)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return Written(tmp_path_factory.mktemp("scripts"), QUICK)


@pytest.fixture(scope="module")
def all_written(tmp_path_factory):
    return Written(tmp_path_factory.mktemp("all_scripts"), CASES)


@pytest.mark.parametrize("name", QUICK)
def test_a_script_predicts_as_the_model_does_with_numpy_alone(written, name):
    written.check(name)


@pytest.mark.full
@pytest.mark.parametrize("name", CASES)
def test_every_script_predicts_as_the_model_does_with_numpy_alone(all_written, name):
    all_written.check(name)


def test_scripts_are_formatted_and_linted(written):
    """By the rules of this repository, at the width that formatters have by default."""
    rules = ["--config", str(Path(__file__).parents[2] / "pyproject.toml"), "--config", "line-length = 88"]
    scripts = [str(written.folder / f"{stem}.py") for stem in written.stems.values()]
    for command in (["format", "--diff"], ["check", "--no-cache"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "-q", *rules, *scripts], capture_output=True, text=True
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[:3000]


def test_every_layer_is_written_or_refused_by_name():
    """All that are registered, but for functions of the user's own."""
    tested = {name.split("-")[0] for name in CASES}
    assert {cls.__name__ for cls in registry.KINDS["layer"].values()} - tested == {"Lambda"}


def exported(model, folder, name="predict.py"):
    """The names that a script defines, when it is imported here."""
    model.export_numpy(folder / name)
    return runpy.run_path(str(folder / name))


def test_batches_of_any_size_and_sequences_of_any_length(tmp_path):
    model, _ = forecaster()
    predict = exported(model, tmp_path)["predict"]
    for batch, steps in ((1, 12), (9, 12), (4, 3), (2, 50)):
        x = rng().normal(size=(batch, steps, 1))
        longer = nn.Sequential([nn.Input((steps, 1)), *model.layers])
        same([predict(x)], [longer.predict(x)])


def test_what_is_trained_later_is_in_the_next_script(tmp_path):
    model = filled(nn.Sequential([nn.Dense(2, input_shape=(3,))]))
    x = np.ones((1, 3))
    before = exported(model, tmp_path)["predict"](x)
    model.set_weights([2.0 * w for w in model.get_weights()])
    np.testing.assert_allclose(exported(model, tmp_path)["predict"](x), 2.0 * before)


@pytest.mark.parametrize("suffix", [".npy", ".csv"])
def test_it_runs_as_a_program(tmp_path, suffix):
    model, (x,) = forecaster()
    model.export_numpy(tmp_path / "new" / "predict.py")
    if suffix == ".npy":
        np.save(tmp_path / "x.npy", x)
    else:
        np.savetxt(tmp_path / "x.csv", x.reshape(len(x), -1), delimiter=",")
    for given in ([], [str(tmp_path / f"x{suffix}")]):
        command = [sys.executable, str(tmp_path / "new" / "predict.py"), *given]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        found = np.array(re.findall(r"-?\d+\.\d+", done.stdout), "float32")
        np.testing.assert_allclose(found, model.predict(x if given else np.ones((1, 12, 1)))[:, 0], atol=1e-6)


def test_only_what_a_model_needs_is_written(tmp_path):
    text = words()[0].export_numpy(tmp_path / "predict.py") or (tmp_path / "predict.py").read_text()
    assert re.findall(r"^def (\w+)", text, re.M)[1:-2] == [
        "embedding", "sigmoid", "lstm", "relu", "dense", "softmax",
    ]  # fmt: skip
    assert "drop" not in text
    assert "initial_state" not in text
    assert text.count("mask is not None") == 0  # all of its recurrences have one


def test_a_model_without_weights_has_no_file_of_them(tmp_path):
    model = nn.Sequential([nn.Flatten(input_shape=(2, 3))])
    assert exported(model, tmp_path)["predict"](np.ones((4, 2, 3))).shape == (4, 6)
    assert [path.name for path in tmp_path.iterdir()] == ["predict.py"]


class Own(nn.Layer):
    def call(self, x, training):
        return x * 2.0


class OwnDense(nn.Dense):
    def call(self, x, training):
        return super().call(x, training) * 2.0


class OwnCell(nn.LSTMCell):
    def step(self, x, states, masks):
        return super().step(x * 2.0, states, masks)


class OwnProduct(nn.LSTMCell):
    def product(self, x, kernel, mask):
        return super().product(x * 2.0, kernel, mask)


class OwnStart(nn.LSTMCell):
    def get_initial_state(self, batch_size):
        return [np.ones((batch_size, 3)), np.ones((batch_size, 3))]


class OwnScores(nn.Attention):
    def scores(self, query, key):
        return super().scores(query, key) * 2.0


class OwnModel(nn.Model):
    def call(self, x, training):
        return super().call(x, training) * 2.0


class OwnSize(nn.Dense):
    """As it is made is what a class may change."""

    def __init__(self, **kwargs):
        super().__init__(2, "relu", **kwargs)


class OwnStep(nn.Sequential):
    """As is how it is trained."""

    def train_step(self, data):
        raise AssertionError("it is not trained here")


class PlainCell(nn.Layer):
    state_size = 3

    def call(self, x, states):
        return x, [x]


def twice(x):
    return x * 2.0


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            Own(name="mine"),
            "Own 'mine' cannot be written as a script: there is no NumPy function for the class Own",
        ),
        (OwnDense(3, name="mine"), "OwnDense 'mine' cannot be written as a script"),
        (nn.Lambda(twice, name="mine"), "Lambda 'mine' cannot be written as a script"),
        (
            nn.Dense(3, activation=twice, name="mine"),
            "Dense 'mine' has an activation that a script cannot have",
        ),
        (nn.RNN(OwnCell(3), name="mine"), "RNN 'mine' has a cell of its own"),
        (nn.RNN(PlainCell(), name="mine"), "RNN 'mine' has a cell of its own"),
        (nn.RNN([nn.GRUCell(3), OwnProduct(3)], name="mine"), "RNN 'mine' has a cell of its own"),
        (nn.RNN(OwnStart(3), name="mine"), "RNN 'mine' has a cell of its own"),
        (nn.TimeDistributed(Own(name="inner")), "Own 'inner' cannot be written as a script"),
        (nn.Sequential([Own(name="inner")]), "Own 'inner' cannot be written as a script"),
    ],
)
def test_what_is_the_users_own_is_refused_and_nothing_is_written(tmp_path, layer, message):
    model = nn.Sequential([nn.Input((4, 3)), layer], name="m")
    with pytest.raises(ValueError, match=re.escape(f"Sequential 'm'.export_numpy: {message}")):
        model.export_numpy(tmp_path / "predict.py")
    assert not list(tmp_path.iterdir())


def test_methods_of_ones_own_in_layers_and_models_are_refused(tmp_path):
    x = nn.Input((4, 3))
    for model, message in (
        (nn.Model(x, OwnScores(name="mine")([x, x])), "OwnScores 'mine' cannot be written as a script"),
        (OwnModel(x, nn.Dense(2)(x), name="m"), "'m'.export_numpy: the class has a call of its own"),
    ):
        with pytest.raises(ValueError, match=message):
            model.export_numpy(tmp_path / "predict.py")


def test_classes_that_change_how_layers_are_made_and_trained_are_written(tmp_path):
    inner = OwnStep([nn.Input((3,)), OwnSize()])
    x = rng().normal(size=(5, 3))
    for model in (filled(OwnStep([nn.Input((3,)), inner, nn.Dense(2)])), filled(inner)):
        same([exported(model, tmp_path)["predict"](x)], [model.predict(x)])


def test_training_is_refused(tmp_path):
    x = nn.Input((3,))
    model = nn.Model(x, nn.Dropout(0.5, name="always")(x, training=True))
    with pytest.raises(ValueError, match="Dropout 'always' is called with training=True"):
        model.export_numpy(tmp_path / "predict.py")


def test_a_mask_over_several_attended_axes_is_refused(tmp_path):
    x, mask = nn.Input((2, 3, 4)), nn.Input((2, 3, 2, 3), dtype="bool")
    heads = nn.MultiHeadAttention(1, 2, attention_axes=(1, 2), name="heads")
    model = nn.Model([x, mask], heads(x, x, attention_mask=mask), name="m")
    message = "Model 'm'.export_numpy: MultiHeadAttention 'heads' has an attention_mask and several axes"
    with pytest.raises(ValueError, match=re.escape(message)):
        model.export_numpy(tmp_path / "predict.py")
    assert not list(tmp_path.iterdir())


def test_outputs_are_called_by_their_names(tmp_path):
    """Not so those that are named after a kind of layer, which is a function in the script."""
    series = nn.Input((3,), name="series")
    outputs = [nn.Dense(1, name="price")(series), nn.Dense(2)(series), nn.Dense(1, name="up or down")(series)]
    model = nn.Model(series, outputs)
    x = rng().normal(size=(4, 3)).astype("float32")
    same(exported(model, tmp_path)["predict"](x).values(), model.predict(x))
    text = (tmp_path / "predict.py").read_text()
    assert 'price = dense(x, **weights("price"))  # (batch, 1)' in text
    assert '"price": price,' in text
    assert '"up or down": up_or_down,' in text
    assert ": dense_2," not in text


def test_a_model_that_is_not_built_and_another_suffix_are_refused(tmp_path):
    with pytest.raises(GraphError, match=r"its shapes are not known yet; call build\(shape\), or fit it"):
        nn.Sequential([nn.Dense(2)]).export_numpy(tmp_path / "predict.py")
    with pytest.raises(
        ValueError, match=r"export_numpy: expected a name such as predict\.py, got .*predict\.npz"
    ):
        forecaster()[0].export_numpy(tmp_path / "predict.npz")


def test_the_files_are_whole_or_as_they_were(tmp_path, monkeypatch):
    """The weights come first: a script without its weights is never there."""
    model, _ = forecaster()
    written = []
    monkeypatch.setattr(
        "tinygraph.exchange.script.export.write_with_folder",
        lambda path, content: written.append((path.name, content)),
    )
    model.export_numpy(tmp_path / "predict.py")
    assert [name for name, _ in written] == ["predict.npz", "predict.py"]
    assert not list(tmp_path.iterdir())


def test_weights_are_read_without_pickle(tmp_path):
    forecaster()[0].export_numpy(tmp_path / "predict.py")
    with np.load(tmp_path / "predict.npz", allow_pickle=False) as file:
        assert sorted(file)[:3] == ["dense/bias", "dense/kernel", "lstm/bias"]
    assert "allow_pickle" not in (tmp_path / "predict.py").read_text()  # False is what NumPy does by itself


def test_names_that_would_be_code_are_data(written):
    text = (written.folder / f"{written.stems['hostile_names']}.py").read_text()
    assert "import os" not in text
    assert "\nraise" not in text


def test_the_documentation_shows_a_script_as_it_is_written(tmp_path):
    forecaster()[0].export_numpy(tmp_path / "predict.py")
    page = (Path(tg.__file__).parents[1] / "docs" / "files" / "script.md").read_text()
    assert (tmp_path / "predict.py").read_text() in page


class Kept(Library):
    """The library of the last script."""

    def __init__(self, calls):
        super().__init__(calls)
        Kept.last = self


def whole(name, function):
    """The function that one in the last script was reduced from, to be called in its place."""
    known = {n: eval(code, {"np": np, **FUNCTIONS}) for n, code in Kept.last.known[name].items()}
    taken = inspect.signature(function)
    return lambda *args, **options: FUNCTIONS[name](**known, **taken.bind(*args, **options).arguments)


@pytest.mark.parametrize("name", WHOLE)
def test_functions_compute_what_those_that_they_are_reduced_to_do(name, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "Library", Kept)
    model, arrays = CASES[name]()
    names = exported(model, tmp_path)
    script = names["predict"].__globals__
    expected = listed(script["predict"](*arrays))
    for each in names.keys() & FUNCTIONS.keys():
        script[each] = whole(each, names[each])
    same(listed(script["predict"](*arrays)), expected)


def test_a_line_that_is_no_call_stays_long():
    line = "    y = " + " + ".join(["a_rather_long_name"] * 6)
    assert wrapped(line, "(batch, 3)") == [f"{line}  # (batch, 3)"]


def test_an_activation_that_does_nothing_is_left_out():
    text = "def f(x, act, y):\n    return act(x) * y"
    assert reduced(text, {"act": "linear"}, []) == "def f(x, act, y):\n    return x * y"


def test_flattening_what_is_flat(tmp_path):
    model = nn.Sequential([nn.Flatten(input_shape=(3,), data_format="channels_first")])
    x = np.arange(6.0, dtype="float32").reshape(2, 3)
    same([exported(model, tmp_path)["predict"](x)], [x])


def test_a_mask_ends_where_a_layer_does_not_carry_it(tmp_path):
    ids = nn.Input((3, 4), dtype="int64")
    table, attention = nn.Embedding(5, 2, mask_zero=True), nn.MultiHeadAttention(1, 2, attention_axes=(1, 2))
    y = nn.UpSampling2D(1)(table(ids))
    model, masked = (filled(nn.Model(ids, attention(x, x))) for x in (y, table(ids)))
    x = rng().integers(0, 5, (2, 3, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, other = model.predict(x), masked.predict(x)
    assert np.abs(expected - other).max() > 1e-3
    same([exported(model, tmp_path)["predict"](x)], [expected])


class Shifted(nn.LSTMCell):
    """A cell that takes constants."""

    def call(self, x, states, constants, training=False):
        return super().call(x + constants[0], states, training=training)


def test_attention_masks_over_axes_are_refused(tmp_path):
    x, seen = nn.Input((3, 4, 2)), nn.Input((12, 12), dtype="bool")
    layer = nn.MultiHeadAttention(1, 2, attention_axes=(1, 2), name="heads")
    model = nn.Model([x, seen], layer(x, x, attention_mask=seen))
    with pytest.raises(ValueError, match="'heads' has an attention_mask and several axes"):
        model.export_numpy(tmp_path / "predict.py")


def test_constants_of_cells_are_refused(tmp_path):
    x, constant = nn.Input((3, 2)), nn.Input((2,))
    model = nn.Model([x, constant], nn.RNN(Shifted(2), name="shifted")(x, constants=[constant]))
    with pytest.raises(ValueError, match="'shifted' is given constants"):
        model.export_numpy(tmp_path / "predict.py")
