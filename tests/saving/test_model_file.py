"""`Model.save` and `tinygraph.load`: the same model, with nothing but plain data in the file."""

import json
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from nn.every_layer import FUNCTIONS
from nn.test_copy import MODELS
from nn.test_pickled import OPTIMIZERS, Halved
from safetensors.numpy import load_file
from saving.subjects import ALONE, of_one_layer

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn import registry
from tinygraph.saving import container
from tinygraph.saving.errors import ModelFormatError

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
from make_saved import FOLDER, trained


@pytest.fixture(autouse=True)
def _fresh_start():
    nn.clear_session()
    tg.set_seed(20)


def data_for(model, samples=4):
    rng = np.random.default_rng(0)
    x = [rng.integers(0, 2, size=(samples, *s.shape)).astype(s.dtype) for s in model.inputs]
    return x if len(x) > 1 else x[0]


def same(first, second):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ALONE)
def test_every_layer_is_saved(name, tmp_path):
    model = of_one_layer(name)
    model.save(tmp_path / "m.tiny")
    again = tg.load(tmp_path / "m.tiny", FUNCTIONS)
    assert again.get_config() == model.get_config()
    assert [w.label for w in again.weights] == [w.label for w in model.weights]
    same(again.get_weights(), model.get_weights())
    x = data_for(model)
    first, second = model.predict(x), again.predict(x)
    same(*([v] if isinstance(v, np.ndarray) else v for v in (first, second)))


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_models_of_every_form_are_saved(make, tmp_path):
    model = make()
    model.save(tmp_path / "m.tiny")
    again = tg.load(tmp_path / "m.tiny")
    assert type(again) is type(model)
    assert not again.compiled
    np.testing.assert_array_equal(again.predict(data_for(model)), model.predict(data_for(model)))


def test_a_model_in_a_model_with_outputs_by_name_is_saved(tmp_path):
    inner = nn.Sequential([nn.Dense(3, input_shape=(2,)), nn.Dropout(0.5)], name="inner")
    inner.layers[0].trainable = False
    x = nn.Input((2,), name="x")
    model = nn.Model(x, {"a": nn.Dense(1, name="p")(inner(x)), "b": inner(x)})
    losses = {"a": "mse", "b": nn.losses.Huber(0.5)}
    model.compile("sgd", losses, loss_weights={"b": 0.5}, metrics={"a": ["mae"]})
    again = saved_and_loaded(model, tmp_path)
    assert again.get_layer("inner").layers[0].trainable is False
    y = {"a": np.ones((4, 1)), "b": np.ones((4, 3))}
    assert again.evaluate(np.ones((4, 2)), y, verbose=0) == model.evaluate(np.ones((4, 2)), y, verbose=0)


def saved_and_loaded(model, folder, **how):
    model.save(folder / "m.tiny")
    return tg.load(folder / "m.tiny", **how)


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_loaded_model_trains_on_in_the_same_way(make, tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 6, 2)), rng.normal(size=20)
    layers = [nn.LSTM(4, dropout=0.4, input_shape=(6, 2)), nn.Dropout(0.5), nn.BatchNormalization()]
    model = nn.Sequential([*layers, nn.Dense(1)])
    model.compile(make(), "mse", metrics=["mae"])
    model.fit(x, y, epochs=2, verbose=0)
    again = saved_and_loaded(model, tmp_path)
    assert again.history.history == model.history.history
    histories = []
    for each in (model, again):
        tg.set_seed(5)
        histories.append(each.fit(x, y, epochs=2, verbose=0).history)
    assert histories[0] == histories[1]
    same(again.get_weights(), model.get_weights())
    same(*([v.value for v in each.optimizer.variables] for each in (again, model)))


def test_loading_draws_no_seed(tmp_path):
    model = nn.Sequential([nn.LSTM(3, dropout=0.5, input_shape=(4, 2))])
    model.save(tmp_path / "m.tiny")
    tg.set_seed(3)
    expected = nn.Sequential([nn.Dense(3, input_shape=(2,))]).get_weights()
    tg.set_seed(3)
    tg.load(tmp_path / "m.tiny")
    same(nn.Sequential([nn.Dense(3, input_shape=(2,))]).get_weights(), expected)


def test_what_is_frozen_when_compiled_stays_so(tmp_path):
    model = nn.Sequential([nn.Dense(2, input_shape=(2,)), nn.Dense(1)])
    model.freeze(0)
    model.compile("adam", "mse")
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    model.unfreeze()
    again = saved_and_loaded(model, tmp_path)
    assert [each.trainable for each in again.layers] == [True, True]
    for each in (model, again):
        each.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    same(again.get_weights(), model.get_weights())


def test_without_compile_there_is_the_model_alone(tmp_path):
    model = nn.Sequential([nn.Dense(1, input_shape=(2,))])
    model.compile("adam", "mse")
    assert not saved_and_loaded(model, tmp_path, compile=False).compiled


def test_the_same_model_makes_the_same_bytes(tmp_path):
    model, _ = trained()
    for name in ("a", "b"):
        model.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


# What is the user's own.


class Scale(nn.Layer):
    """A layer of one's own."""

    def __init__(self, by=2.0, **kwargs):
        super().__init__(**kwargs)
        self.by = by

    def build(self, shape):
        self.scale = self.add_weight("scale", shape[-1:], "ones")

    def call(self, x):
        return x * self.scale * self.by


def closeness(y_true, y_pred):
    return tg.abs(y_true - y_pred)


def own_model():
    model = nn.Sequential([Scale(3.0, input_shape=(2,))], name="own")
    model.compile(nn.optimizers.SGD(Halved(0.1)), closeness, metrics=[closeness])
    return model


def test_objects_of_ones_own_come_from_the_caller(tmp_path):
    model = own_model()
    custom = {"Scale": Scale, "Halved": Halved, "closeness": closeness}
    again = saved_and_loaded(model, tmp_path, custom_objects=custom)
    assert type(again.layers[0]) is Scale
    x, y = np.ones((4, 2)), np.zeros((4, 2))
    assert again.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0) == [3.0, 3.0]
    for missing in custom:
        given = {name: value for name, value in custom.items() if name != missing}
        with pytest.raises(ModelFormatError, match=rf"unknown .*{missing}(.|\n)*custom_objects"):
            tg.load(tmp_path / "m.tiny", given)


def test_a_lambda_that_it_is_trained_by_is_left_out_with_a_warning(tmp_path):
    model = nn.Sequential([nn.Dense(1, input_shape=(2,))])
    model.compile("adam", lambda y_true, y_pred: tg.abs(y_true - y_pred))
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    with pytest.warns(UserWarning, match="left out: .*lambda.*compile it again"):
        again = saved_and_loaded(model, tmp_path)
    assert not again.compiled
    again.compile("adam", "mae")
    again.load_weights(tmp_path / "m.tiny")
    assert int(again.optimizer.iterations.value) == 1


def test_what_cannot_be_described_is_not_written(tmp_path):
    class Odd(Scale):
        def get_config(self):
            return super().get_config() | {"by": object()}

    for layer, told in (
        (nn.Activation(lambda x: x, input_shape=(2,)), "lambda"),
        (Odd(input_shape=(2,)), "plain"),
    ):
        with pytest.raises(ValueError, match=told):
            nn.Sequential([layer]).save(tmp_path / "m.tiny")
    assert not list(tmp_path.iterdir())


# What is refused.


def test_files_that_are_no_whole_model_are_refused(tmp_path):
    path, model = tmp_path / "m.tiny", nn.Sequential([nn.Dense(1, input_shape=(2,))], name="m")
    model.save_weights(path)
    with pytest.raises(ModelFormatError, match=r"weights and no model.*load_weights"):
        tg.load(path)
    with pytest.raises(FileNotFoundError):
        tg.load(tmp_path / "none")
    with pytest.raises(FileExistsError, match=r"m.\.save: there is a file"):
        model.save(path, overwrite=False)
    with pytest.raises(tg.GraphError, match="its shapes are not known yet"):
        nn.Sequential([nn.Dense(2)]).save(path)
    model.save(path)
    model.load_weights(path)


def test_any_flipped_bit_is_seen(tmp_path):
    path = tmp_path / "m.tiny"
    nn.Sequential([nn.Dense(1, input_shape=(2,))]).save(path)
    whole = path.read_bytes()
    for k in range(len(whole)):
        damaged = bytearray(whole)
        damaged[k] ^= 1 << k % 8
        path.write_bytes(damaged)
        with pytest.raises(ModelFormatError):
            tg.load(path)


def test_a_newer_version_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "m.tiny"
    container.write(path, {}, {"version": "2"})
    with pytest.raises(
        ModelFormatError, match=r"version 2 .* reads up to 1.*pip install --upgrade tinygraph"
    ):
        tg.load(path)
    with pytest.raises(ModelFormatError, match="version 2"):
        nn.Sequential([nn.Dense(1, input_shape=(2,))]).load_weights(path)
    container.write(path, {}, {"format": "other"})
    with pytest.raises(ModelFormatError, match="expected a file of tinygraph, got format 'other'"):
        tg.load(path)


# Files of earlier versions.


@pytest.mark.parametrize("version", range(container.VERSION + 1))
def test_files_of_every_version_are_read(version):
    expected = np.load(FOLDER / f"version{version}.npz")
    model = tg.load(FOLDER / f"version{version}.tiny")
    np.testing.assert_allclose(model.predict(expected["x"]), expected["y"], atol=1e-6)
    model, _ = trained()
    model.set_weights([0.0 * weight for weight in model.get_weights()])
    model.load_weights(FOLDER / f"version{version}.weights")
    np.testing.assert_allclose(model.predict(expected["x"]), expected["y"], atol=1e-6)
    assert model.optimizer.variables[0].value == expected["state"]


def test_saving_takes_the_memory_of_one_copy(tmp_path):
    model = nn.Sequential([nn.Dense(1000, input_shape=(1000,))])
    tracemalloc.start()
    model.save(tmp_path / "m.tiny")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.2 * 4 * model.count_params()
    (kernel, bias) = load_file(tmp_path / "m.tiny").values()
    same((kernel, bias), model.get_weights())


def test_there_is_nothing_but_plain_data_in_a_file(tmp_path):
    own_model().save(tmp_path / "m.tiny")
    metadata = container.read(tmp_path / "m.tiny").metadata
    assert set(metadata) == {"digest", "format", "model", "own", "training", "version", "written_by"}
    assert json.loads(metadata["model"])["class_name"] == "Sequential"
    assert str(tmp_path) not in str(metadata)
    assert registry.deserialize(json.loads(metadata["model"]), {"Scale": Scale}).name == "own"


def test_a_model_of_a_backend_that_is_not_here_is_compiled_for_numpy(tmp_path, monkeypatch):
    model = nn.Sequential([nn.Dense(2, input_shape=(3,), name="out")], name="m")
    model.compile("sgd", "mse", jit_compile=False)
    x = np.ones((1, 3))
    expected = model.predict(x)
    settings = model._settings("save") | {"backend": "cupy", "jit_compile": True}
    monkeypatch.setattr(model, "_settings", lambda who: settings)
    model.save(tmp_path / "m.tiny")
    compile_ = nn.Sequential.compile

    def without_cupy(self, *args, **how):
        if how["backend"] == "cupy":
            raise tg.BackendError("cupy cannot be imported")
        compile_(self, *args, **how)

    monkeypatch.setattr(nn.Sequential, "compile", without_cupy)
    with pytest.warns(UserWarning, match="Sequential 'm': compiled for NumPy: cupy cannot be imported"):
        again = tg.load(tmp_path / "m.tiny")
    assert again._settings("save")["backend"] == "numpy"
    np.testing.assert_array_equal(again.predict(x), expected)
