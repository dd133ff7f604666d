"""What is the writer's own: never taken for tinygraph's of the same name, and told when it cannot be made."""

import copy
import warnings

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn import callbacks

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 3)), RNG.normal(size=(12, 1))


def relu(x):
    return x * 3.0


def mse(y_true, y_pred):
    return tg.mean(tg.abs(y_true - y_pred)) * 7.0


class Dense(nn.Dense):
    def call(self, x, training):
        return super().call(x, training) * 5.0


class Sequential(nn.Sequential):
    def call(self, x, training):
        return super().call(x, training) * 5.0


def made(**how):
    model = nn.Sequential([nn.Dense(1, input_shape=(3,))])
    model.compile("adam", **{"loss": "mse", **how})
    return model


OURS_TOO = {
    "relu": (relu, lambda: nn.Sequential([nn.Dense(1, activation=relu, input_shape=(3,))])),
    "Dense": (Dense, lambda: nn.Sequential([Dense(1, input_shape=(3,))])),
    "Sequential": (Sequential, lambda: Sequential([nn.Dense(1, input_shape=(3,))])),
    "mse": (mse, lambda: made(loss=mse)),
    "mse as a metric": (mse, lambda: made(loss="mae", metrics=[mse])),
}


@pytest.mark.parametrize("case", OURS_TOO)
def test_ours_does_not_stand_in_for_the_writers(case, tmp_path):
    own, make = OURS_TOO[case]
    model = make()
    model.save(tmp_path / "m.tiny")
    with pytest.raises(tg.ModelFormatError, match=rf"unknown .*'{own.__name__}'.*custom_objects"):
        tg.load(tmp_path / "m.tiny")
    again = tg.load(tmp_path / "m.tiny", {own.__name__: own})
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    if model.compiled:
        assert again.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
        assert not tg.load(tmp_path / "m.tiny", compile=False).compiled


def test_two_things_of_one_name_are_refused_before_training(tmp_path):
    model = nn.Sequential([nn.Dense(3, activation=relu, input_shape=(3,)), nn.Dense(1, activation="relu")])
    with pytest.raises(ValueError, match="two things named 'relu'"):
        model.save(tmp_path / "m.tiny")
    model = nn.Sequential([nn.Dense(3, input_shape=(3,)), Dense(1)])
    model.compile("adam", "mse")
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"two things named 'Dense'.*another name"):
        model.fit(X, Y, verbose=0, callbacks=[callbacks.ModelCheckpoint(tmp_path / "m.tiny")])
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


class Wide(nn.Sequential):
    """A model of one's own whose arguments `get_config` does not know."""

    def __init__(self, width=4, **kwargs):
        super().__init__([nn.Dense(width, input_shape=(3,)), nn.Dense(1)], **kwargs)


def test_a_class_that_cannot_be_made_again_is_told_and_loses_no_weights(tmp_path):
    model, other = Wide(), Wide()
    with pytest.warns(UserWarning, match=r"tinygraph\.load will not read .* with load_weights"):
        model.save(tmp_path / "m.tiny")
    other.load_weights(tmp_path / "m.tiny")
    np.testing.assert_array_equal(other.predict(X), model.predict(X))


def shared_by_nested_models():
    dense, cell = nn.Dense(3, name="d"), nn.LSTMCell(3)
    x, y, z = nn.Input((3,)), nn.Input((3,)), nn.Input((3,))
    first = nn.Model(x, dense(x), name="first")
    second = nn.Model(y, nn.Activation("tanh")(dense(y)), name="second")
    steps = nn.Reshape((1, 3))(second(first(dense(z))))
    out = nn.Add()([nn.RNN(cell)(steps), nn.RNN(cell, go_backwards=True)(steps)])
    model = nn.Model(z, nn.Dense(1)(out))
    model.compile("adam", "mse")
    return model


@pytest.mark.parametrize("how", ["file", "copy"])
def test_a_layer_of_several_models_is_one_layer_again(how, tmp_path):
    model = shared_by_nested_models()
    model.fit(X, Y, verbose=0)
    if how == "file":
        model.save(tmp_path / "m.tiny")
        again = tg.load(tmp_path / "m.tiny")
    else:
        again = copy.deepcopy(model)
    assert len(again.weights) == len(model.weights) == 7
    for each in (model, again):
        tg.set_seed(3)
        each.fit(X, Y, epochs=2, verbose=0)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_what_is_too_large_to_be_read_is_not_written(tmp_path):
    model = nn.Sequential([nn.Input((2,)), *(nn.Dense(2) for _ in range(5001))])
    with pytest.raises(ValueError, match=r"more than 15000 parts.*save_weights"):
        model.save(tmp_path / "m.tiny")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", None, 3, b"m.tiny", open])
@pytest.mark.parametrize("method", ["save", "save_weights"])
def test_no_name_of_a_file(method, name):
    with pytest.raises(ValueError, match=f"{method}: filepath must be the name of a file, got"):
        getattr(made(), method)(name)


@pytest.mark.parametrize(("method", "name"), [("save", "m.weights.h5"), ("save_weights", "m.keras")])
def test_names_of_keras_are_for_files_that_are_read_by_them(method, name, tmp_path):
    with pytest.raises(ValueError, match=r"a file whose name ends in .* is written by"):
        getattr(made(), method)(tmp_path / name)
    save = callbacks.ModelCheckpoint(tmp_path / name, save_weights_only=method == "save_weights")
    with pytest.raises(ValueError, match=r"a file whose name ends in .* is written by"):
        made().fit(X, Y, verbose=0, callbacks=[save])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("rate", ["number", "schedule", "nadam"])
def test_the_float_type_of_the_process_that_loads_does_not_count(rate, tmp_path):
    make = {
        "number": lambda: nn.optimizers.SGD(0.1),
        "schedule": lambda: nn.optimizers.SGD(nn.schedules.CosineDecay(0.1, 30)),
        "nadam": lambda: nn.optimizers.Nadam(0.1),
    }
    tg.set_floatx("float64")
    try:
        model = nn.Sequential([nn.Dense(1, input_shape=(3,))])
        model.compile(make[rate](), "mse")
        model.fit(X, Y, verbose=0, batch_size=4)
        model.save(tmp_path / "m.tiny")
        tg.set_floatx("float32")
        again = tg.load(tmp_path / "m.tiny")
        fit = {"epochs": 3, "resume": True, "verbose": 0, "batch_size": 4}
        rows = again.fit(X, Y, **fit).rows
        tg.set_floatx("float64")
        assert rows == model.fit(X, Y, **fit).rows
    finally:
        tg.set_floatx("float32")
    assert again.optimizer.learning_rate == model.optimizer.learning_rate


def test_layers_may_go_before_the_epochs_are_counted_on():
    model = nn.Sequential([nn.Dense(3, input_shape=(3,)), nn.Dropout(0.3), nn.Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, Y, epochs=2, verbose=0)
    model.pop()
    model.pop()
    model.add(nn.Dense(1))
    assert model.fit(X, Y, epochs=3, initial_epoch=2, verbose=0).epoch == [2]


def test_a_backup_of_which_the_older_file_alone_is_left(tmp_path):
    model = made()
    keep = {"save_freq": 1, "double_checkpoint": True, "delete_checkpoint": False}
    model.fit(
        X, Y, epochs=2, verbose=0, batch_size=4, callbacks=[callbacks.BackupAndRestore(tmp_path, **keep)]
    )
    (tmp_path / "latest.safetensors").unlink()
    other = made()
    backup = callbacks.BackupAndRestore(tmp_path, **keep)
    with warnings.catch_warnings():
        history = other.fit(X, Y, epochs=2, verbose=0, batch_size=4, callbacks=[backup])
    assert history.epoch == [0, 1]
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])
