"""Files of Keras that are damaged, hostile, or hold what is not here: ModelFormatError, and nothing else."""

import contextlib
import io
import json
import sys
import zipfile

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import nn

h5py = pytest.importorskip("h5py", reason="files of Keras need h5py; pip install 'tinygraph[keras]'")


def small():
    """A model with little in it."""
    return nn.Sequential([nn.LSTM(2, input_shape=(4, 3), name="lstm"), nn.Dense(1, name="out")], name="small")


@pytest.fixture
def saved(tmp_path):
    """A file of Keras, its config and its weights."""
    path = tmp_path / "m.keras"
    small().save(path)
    with zipfile.ZipFile(path) as archive:
        return path, json.loads(archive.read("config.json")), archive.read("model.weights.h5")


def rewritten(path, config, weights, extra=(), **how):
    """Write the file anew; of ``extra`` members each is a name and bytes."""
    text = config if isinstance(config, (str, bytes)) else json.dumps(config)
    members = [("config.json", text), ("model.weights.h5", weights), *extra]
    with zipfile.ZipFile(path, "w", **how) as archive:
        for name, content in members:
            if content is not None:
                archive.writestr(name, content)
    return path


def with_layer(config, k, **changes):
    """The config with other values in layer k."""
    config["config"]["layers"][k]["config"] |= changes
    return config


def check_refused(path, match):
    with pytest.raises(tg.ModelFormatError, match=match) as raised:
        tg.load(path)
    assert str(raised.value).startswith(str(path))


def functional(k, **changes):
    """The config of a Functional model, with other values in layer k."""
    x = nn.Input((3,), name="x")
    nn.Model(x, nn.Dense(2, name="a")(x), name="f").save("f.keras")
    config = json.loads(zipfile.ZipFile("f.keras").read("config.json"))
    config["config"]["layers"][k] |= changes
    return config


def ends(**changes):
    """The config of a Functional model with other parts."""
    config = functional(1)
    config["config"] |= changes
    return config


CALL = {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["a", 0, 0]}}], "kwargs": {}}
CONFIGS = {
    "no object": (lambda c: [1], "must describe an object"),
    "no model": (
        lambda c: {"class_name": "Dense", "module": "keras.layers", "config": {"units": 1}},
        "a model",
    ),
    "unknown class": (
        lambda c: {**c, "class_name": "Popen", "module": "subprocess"},
        "'Popen' of 'subprocess'",
    ),
    "layer not here": (
        lambda c: c["config"]["layers"][1].update(class_name="Conv2DTranspose") or c,
        "no layer 'Conv2DTranspose' here; did you mean",
    ),
    "argument": (lambda c: with_layer(c, 1, cells=3), "LSTM 'lstm': cells=3 is not there here"),
    "lora": (lambda c: with_layer(c, 2, lora_rank=4), "Dense 'out': lora_rank=4"),
    "policy": (
        lambda c: with_layer(c, 2, dtype={"class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}),
        "'mixed_float16'",
    ),
    "lambda": (
        lambda c: with_layer(c, 2, activation={"class_name": "__lambda__", "config": {"value": "4wAAAA=="}}),
        "stored as code, which is never run",
    ),
    "own function": (
        lambda c: with_layer(
            c, 2, activation={"class_name": "function", "config": "eval", "module": "builtins"}
        ),
        "unknown activation 'eval'",
    ),
    "open size": (lambda c: with_layer(c, 0, batch_shape=[None, None, 3]), "leaves a size open"),
    "huge": (lambda c: with_layer(c, 2, units=10**9), "more bytes than"),
    "huge input": (lambda c: with_layer(c, 0, batch_shape=[None, 4, 2**40]), "more bytes than"),
    "type": (lambda c: with_layer(c, 1, units="two"), "units"),
    "no config": (lambda c: c["config"]["layers"][1].pop("config") and c, "config"),
    "metric": (
        lambda c: c | {"compile_config": {"optimizer": "sgd", "loss": "mse", "metrics": ["f9"]}},
        "unknown metric 'f9'",
    ),
    "no loss": (lambda c: c | {"compile_config": {"loss": None, "optimizer": "adam"}}, "compile=False"),
    "optimizer": (
        lambda c: (
            c
            | {
                "compile_config": {
                    "loss": "mse",
                    "optimizer": {"class_name": "Lion", "module": "keras.optimizers", "config": {}},
                }
            }
        ),
        "no optimizer 'Lion' here",
    ),
    "deep": (lambda c: "[" * 100_000, "JSON"),
    "deep config": (
        lambda c: with_layer(c, 1, cell=json.loads("[" * 900 + "]" * 900)),
        "not there|deep|recursion",
    ),
    "twice": (lambda c: '{"class_name": "Sequential", "class_name": "Model"}', "twice"),
    "no JSON": (lambda c: b"\xff\xfe", "codec|JSON"),
    "loop": (lambda c: functional(1, inbound_nodes=[CALL]), "a loop, or lacks an input of 'a'"),
    "old calls": (lambda c: functional(1, inbound_nodes=[[["x", 0, 0, {}]]]), "Keras 2"),
    "operation": (lambda c: functional(1, module="keras.src.ops.numpy", class_name="Add"), "operation 'Add'"),
    "same name": (lambda c: functional(1, name="x"), "two layers are named 'x'"),
    "compile argument": (
        lambda c: c | {"compile_config": {"optimizer": "sgd", "loss": "mse", "loss_scale": 2}},
        "loss_scale=2 is not there; use compile=False",
    ),
    "operation in a row": (
        lambda c: c["config"]["layers"][1].update(class_name="Add", module="keras.src.ops.numpy") or c,
        "'Add' of keras.src.ops.numpy is an operation on symbols",
    ),
    "function": (
        lambda c: with_layer(c, 2, activation={"class_name": "function", "config": 3}),
        "a function must be described by its name, got 3",
    ),
    "sparse input": (lambda c: with_layer(c, 0, sparse=True), "InputLayer: sparse=True is not there here"),
    "input dtype": (lambda c: with_layer(c, 0, dtype="complex64"), "expected dtype .*, got 'complex64'"),
    "part": (lambda c: ends(more=1), "'more' is no part of a Functional model"),
    "result": (lambda c: ends(output_layers=["a", 0, 5]), "'a' has 1 results, none of number 5"),
    "end": (
        lambda c: ends(output_layers=[3]),
        r"expected inputs and outputs as \[layer, call, result\], got 3",
    ),
    "two ends": (lambda c: ends(output_layers={"y": [["a", 0, 0]] * 2}), "a key that is a list of outputs"),
}


@pytest.mark.parametrize("what", CONFIGS)
def test_configs(what, saved, monkeypatch):
    path, config, weights = saved
    monkeypatch.chdir(path.parent)
    change, match = CONFIGS[what]
    check_refused(rewritten(path, change(config), weights), match)


def test_archives(saved):
    path, config, weights = saved
    whole = path.read_bytes()
    for cut in (1, 4, 30, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        check_refused(path, "no whole .keras file|no .keras file")
    for at in range(0, len(whole), 97):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
        with contextlib.suppress(tg.ModelFormatError):
            tg.load(path)  # what the bytes of a date say is nothing to us
    check_refused(rewritten(path, config, None), "no model.weights.h5")
    check_refused(rewritten(path, config, weights, [("run.py", "1")]), "does not write: 'run.py'")
    check_refused(rewritten(path, config, weights, [("../x", "1")]), "does not write: '../x'")
    with pytest.warns(UserWarning, match="Duplicate name"):
        rewritten(path, config, weights, [("config.json", "{}")])
    check_refused(path, "twice")
    bomb = [("assets/a", b"\0" * 10_000_000)]
    check_refused(rewritten(path, config, weights, bomb, compression=zipfile.ZIP_DEFLATED), "unpack to")
    path.write_bytes(weights)
    check_refused(path, "one HDF5 file")


def changed(weights, change):
    """The weights file after a change of what is in it."""
    content = io.BytesIO(weights)
    with h5py.File(content, "r+") as file:
        change(file)
    return content.getvalue()


BIAS, GROUP = "layers/dense/vars/1", "layers/dense/vars"


def replaced(file, **how):
    """Another dataset in place of a bias."""
    del file[BIAS]
    file.create_dataset(BIAS, **how)


def linked(file, name, link):
    del file[name]
    file[name] = link


WEIGHTS = {
    "shape": (
        lambda f: replaced(f, data=np.zeros(2)),
        r"Dense 'out': expected variables of \[\(2, 1\), \(1,\)\]",
    ),
    "missing": (lambda f: f.__delitem__(BIAS), "expected variables"),
    "no group": (lambda f: f.__delitem__("layers/dense"), "expected variables"),
    "no array": (lambda f: linked(f, BIAS, f["layers"]), "must be an array"),
    "array for group": (lambda f: linked(f, "layers/dense", f[BIAS]), "must be a group"),
    "number": (lambda f: f.move(BIAS, f"{GROUP}/7"), "numbered from 0"),
    "left over": (lambda f: f.create_dataset("layers/more/vars/0", data=np.zeros(1)), "no place for this"),
    "text": (lambda f: replaced(f, data=["a"]), "must have numbers"),
    "compound": (lambda f: replaced(f, data=np.zeros(1, [("a", "f4")])), "must have numbers"),
    "packed": (lambda f: replaced(f, data=np.zeros(1), chunks=(1,), compression="gzip"), "chunked"),
    "nothing": (lambda f: replaced(f, shape=(1,), dtype="f4"), "another number of them"),
    "huge": (lambda f: replaced(f, shape=(2**50,), dtype="f4"), "another number of them"),
    "elsewhere": (
        lambda f: replaced(f, shape=(1,), dtype="f4", external=[("/etc/passwd", 0, 4)]),
        "elsewhere",
    ),
    "soft": (lambda f: linked(f, BIAS, h5py.SoftLink("/vars")), "a link"),
    "external": (lambda f: linked(f, BIAS, h5py.ExternalLink("/etc/passwd", "/x")), "a link"),
    "group elsewhere": (lambda f: linked(f, GROUP, h5py.ExternalLink("other.h5", "/x")), "a link"),
    "Keras 2": (lambda f: f.attrs.__setitem__("layer_names", ["a"]), "Keras 2"),
}


@pytest.mark.parametrize("what", WEIGHTS)
def test_weights(what, saved, tmp_path):
    path, config, weights = saved
    change, match = WEIGHTS[what]
    weights = changed(weights, change)
    check_refused(rewritten(path, config, weights), match)
    alone = tmp_path / "m.weights.h5"
    alone.write_bytes(weights)
    model = small()
    before = model.get_weights()
    with pytest.raises(tg.ModelFormatError, match=match):
        model.load_weights(alone)
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_of_another_optimizer(tmp_path):
    model = small()
    model.compile("adam", "mse")
    model.save_weights(tmp_path / "m.weights.h5")
    other = small()
    other.compile("rmsprop", "mse")
    with pytest.raises(tg.ModelFormatError, match="RMSprop: expected variables"):
        other.load_weights(tmp_path / "m.weights.h5")


def test_a_negative_number_of_steps(tmp_path):
    model, path = small(), tmp_path / "m.weights.h5"
    model.compile("adam", "mse")
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        file["optimizer/vars/0"][...] = -1
    with pytest.raises(tg.ModelFormatError, match="counter must not be negative, got -1"):
        model.load_weights(path)


def test_without_h5py_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r"pip install 'tinygraph\[keras\]'"):
        small().save(tmp_path / "m.keras")
    assert not list(tmp_path.iterdir())


def test_what_keras_has_not_is_not_written(tmp_path):
    path = tmp_path / "m.keras"
    x = nn.Input((4, 3), name="x")
    cell = nn.ConvLSTM1DCell(2, 2)
    refused = {
        "time_major=True": nn.Sequential([nn.LSTM(2, time_major=True, input_shape=(4, 3))]),
        "training=True": nn.Model(x, nn.Dropout(0.5)(x, training=True)),
        "both named 'x'": nn.Model(x, nn.Dense(2, name="x")(x)),
        "slash": nn.Sequential([nn.Dense(2, name="a/b", input_shape=(3,))]),
        "ConvLSTM1DCell": nn.Sequential([nn.RNN(cell, input_shape=(4, 5, 2))]),
        "'skill'": nn.Sequential([nn.Dense(2, input_shape=(3,))]),
    }
    refused["'skill'"].compile("sgd", "mse", metrics=["skill"])
    for told, model in refused.items():
        with pytest.raises(ValueError, match=told):
            model.save(path)
    with pytest.raises(tg.graph.GraphError, match="shapes are not known yet"):
        nn.Sequential([nn.Dense(2)]).save(path)
    assert not path.exists()


def doubled(x):
    return x * 2.0


class Scale(nn.Layer):
    """A layer of the user's own, with one inside."""

    def __init__(self, by=1.0, **kwargs):
        super().__init__(**kwargs)
        self.by, self.inner = by, [nn.Dense(2, name="inner")]

    def call(self, x, training):
        return self.inner[0](x) * self.by


def test_custom_objects(tmp_path):
    path = tmp_path / "m.keras"
    layers = [Scale(3.0, name="scale", input_shape=(4, 3)), nn.Lambda(doubled, name="twice")]
    model = nn.Sequential([*layers, nn.Dense(2, activation=doubled, name="out")])
    model.save(path)
    with pytest.raises(tg.ModelFormatError, match=r"'Scale'.*custom_objects"):
        tg.load(path)
    again = tg.load(path, {"Scale": Scale, "doubled": doubled})
    x = np.ones((1, 4, 3))
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


class Own(nn.Sequential):
    """A model of the user's own."""


class Joined(nn.Layer):
    """A layer that takes a dict, and holds one layer under two names."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = self.again = nn.Dense(2, name="first")

    def call(self, x, options, training):
        return self.first(x) + self.again(x) * options["by"]


def check_same(model, path, custom):
    """A model that is saved and loaded is of its class, and predicts the same."""
    model.save(path)
    again = tg.load(path, custom)
    assert type(again) is type(model)
    arrays = [np.random.default_rng(0).normal(size=(2, *symbol.shape)) for symbol in model.inputs]
    np.testing.assert_array_equal(again.predict(arrays), model.predict(arrays))


def test_a_model_of_ones_own(tmp_path):
    check_same(Own([nn.Dense(2, input_shape=(3,))], name="own"), tmp_path / "m.keras", {"Own": Own})


def test_arguments_in_a_dict_and_a_layer_that_is_held_twice(tmp_path):
    x = nn.Input((3,), name="x")
    model = nn.Model(x, Joined(name="joined")(x, options={"by": 2.0}))
    assert len(model.get_weights()) == 2
    check_same(model, tmp_path / "m.keras", {"Joined": Joined})


def test_arrays_and_seeds_of_initializers(saved):
    path, config, weights = saved
    value = {"class_name": "__numpy__", "config": {"value": 2.5, "dtype": "float32"}}
    seed = {"class_name": "SeedGenerator", "config": {"name": "seeds", "seed": 7}}
    module = {"module": "keras.initializers", "registered_name": None}
    constant = {"class_name": "Constant", "config": {"value": value}} | module
    drawn = {"class_name": "GlorotUniform", "config": {"seed": seed}} | module
    with_layer(config, 2, bias_initializer=constant, kernel_initializer=drawn)
    dense = tg.load(rewritten(path, config, weights)).layers[-1]
    assert dense.bias_initializer.get_config() == {"value": 2.5}
    assert dense.kernel_initializer.get_config()["seed"] == 7


def test_a_row_that_begins_without_an_input(saved):
    path, config, weights = saved
    expected = tg.load(path).predict(np.ones((1, 4, 3)))
    del config["config"]["layers"][0]
    again = tg.load(rewritten(path, config, weights))
    np.testing.assert_array_equal(again.predict(np.ones((1, 4, 3))), expected)


def test_a_layer_called_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = functional(1)
    expected = tg.load("f.keras").predict(np.ones((1, 3)))
    (call,) = config["config"]["layers"][1]["inbound_nodes"]
    config["config"]["layers"][1]["inbound_nodes"] = [{"args": [], "kwargs": {"inputs": call["args"][0]}}]
    weights = zipfile.ZipFile("f.keras").read("model.weights.h5")
    again = tg.load(rewritten(tmp_path / "f.keras", config, weights))
    np.testing.assert_array_equal(again.predict(np.ones((1, 3))), expected)


def test_how_keras_runs_a_model_is_nothing_to_us(saved):
    path, config, weights = saved
    config["compile_config"] = {
        "optimizer": "sgd",
        "loss": "mse",
        "steps_per_execution": 4,
        "loss_scale": None,
    }
    assert tg.load(rewritten(path, config, weights)).compiled
