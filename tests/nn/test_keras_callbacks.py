"""Callbacks with Keras' names: what they do with given values as Keras does, files, refusals."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn import (
    Dense,
    Dropout,
    Input,
    Model,
    NonFiniteError,
    Sequential,
    callbacks,
    optimizers,
    registry,
)
from tinygraph.nn.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)

KERAS = json.loads((Path(__file__).parents[1] / "data" / "keras_callbacks.json").read_text())["cases"]
BATCHES = 3
RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(10, 2)), RNG.normal(size=(10, 1))
QUIET = {"verbose": 0}


def made(optimizer=None, **kwargs):
    model = Sequential([Dense(1, input_shape=(2,), name="dense")])
    model.compile(optimizer or optimizers.SGD(0.1), "mse", **kwargs)
    return model


class Script(Callback):
    """Gives val_loss and val_mae the values of a script, as validation would."""

    def __init__(self, values, name="val_loss"):
        self.values, self.name = values, name

    def on_epoch_end(self, epoch, logs):
        logs[self.name] = self.values[epoch]


def scripted(callback, values, name="val_loss", model=None):
    """The model and the history of a fit whose epochs have these values."""
    model = model or made()
    script = Script(values, name)
    return model, model.fit(X, Y, epochs=len(values), callbacks=[script, callback], **QUIET)


# As in Keras.


def drive(callback, model, values):
    """Tell the callback of epochs with these values until it stops; return the logs of each."""
    callback.set_model(model)
    callback.on_train_begin({})
    model.stop_training = False
    told = []
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch, {})
        for batch in range(BATCHES):
            callback.on_train_batch_end(batch, {"loss": value + batch})
        model.set_weights([np.full((2, 1), epoch), [0.0]])
        told.append({"loss": 2 * value, "val_loss": value})
        callback.on_epoch_end(epoch, told[-1])
        if model.stop_training:
            break
    callback.on_train_end({})
    return told


@pytest.mark.parametrize("case", KERAS, ids=lambda case: case["class_name"])
def test_equals_keras(case, tmp_path):
    model, config = made(optimizers.SGD(0.5)), dict(case["config"])
    for name in ("filepath", "filename"):
        if name in config:
            config[name] = tmp_path / config[name]
    callback = getattr(callbacks, case["class_name"])(**config)
    told = drive(callback, model, case["values"])
    if "epochs" in case:
        assert len(told) == case["epochs"]
        assert (callback.best_epoch, callback.stopped_epoch) == (case["best_epoch"], case["stopped_epoch"])
        assert model.get_weights()[0][0, 0] == case["restored"]
    if "rates" in case:
        assert [logs["learning_rate"] for logs in told] == case["rates"]
    if "files" in case:
        assert sorted(os.listdir(tmp_path)) == sorted(set(case["files"]))
    if "text" in case:
        drive(callback, model, case["values"])
        assert config["filename"].read_text() == case["text"]


# EarlyStopping.


def test_the_best_is_restored_after_the_last_epoch_too(capsys):
    stop = EarlyStopping(patience=5, restore_best_weights=True, verbose=1)
    kept = []
    model = made()
    keep = LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()))
    model.fit(X, Y, epochs=3, callbacks=[Script([0.5, 0.1, 0.4]), keep, stop], **QUIET)
    assert (stop.best_epoch, stop.best, stop.stopped_epoch) == (1, 0.1, 0)
    np.testing.assert_array_equal(model.get_weights()[0], kept[1][0])
    assert (kept[1][0] != kept[2][0]).all()
    assert capsys.readouterr().out == "Restoring model weights from the end of the best epoch: 2.\n"


def test_it_says_when_it_stops(capsys):
    _, history = scripted(EarlyStopping(verbose=1, patience=1), [0.1, 0.2, 0.3])
    assert history.epoch == [0, 1]
    assert capsys.readouterr().out == "Epoch 2: early stopping\n"


@pytest.mark.parametrize(
    ("metric", "values", "stops"),
    [
        ("accuracy", [0.5, 0.6, 0.7], False),
        ("mae", [0.5, 0.6, 0.7], True),
        (nn.metrics.AUC(), [3, 2, 1], True),
    ],
)
def test_the_name_says_what_is_better(metric, values, stops):
    name = f"val_{metric if isinstance(metric, str) else metric.name}"
    stop = EarlyStopping(name, patience=1)
    _, history = scripted(stop, values, name, made(metrics=[metric]))
    assert (len(history.epoch) < 3) == stops


def test_every_metric_says_what_is_better():
    kinds = set(registry.KINDS["metric"].values())
    unknown = {kind.__name__ for kind in kinds if kind.direction not in ("min", "max")}
    assert unknown == {"MeanMetricWrapper"}


def test_outputs_have_values_of_their_own_to_watch():
    x = Input((2,), name="x")
    model = Model(x, [Dense(1, name="a")(x), Dense(1, name="b")(x)])
    model.compile("sgd", "mse", metrics=["mae"])
    for name in ("a_loss", "b_mae", "loss"):
        stop = EarlyStopping(name, patience=3, restore_best_weights=True)
        history = model.fit(X, [Y, Y], epochs=2, callbacks=[stop], **QUIET).history
        assert stop.best == min(history[name])


def test_a_value_that_is_not_there_is_said():
    with pytest.warns(UserWarning, match="EarlyStopping: there is no 'val_loss' in the logs: loss."):
        made().fit(X, Y, callbacks=[EarlyStopping()], **QUIET)


def test_nan_is_no_improvement():
    stop = EarlyStopping(patience=3)
    scripted(stop, [float("nan"), 0.5, float("nan")])
    assert (stop.best, stop.best_epoch) == (0.5, 1)


# Learning rates.


def test_schedules_of_one_or_two_arguments():
    for schedule in (lambda epoch: 0.5 / 2**epoch, lambda epoch, rate: rate / 2 if epoch else 0.5):
        model = made()
        history = model.fit(X, Y, epochs=3, callbacks=[LearningRateScheduler(schedule)], **QUIET)
        assert history.history["learning_rate"] == [0.5, 0.25, 0.125]
        assert model.optimizer.learning_rate == 0.125


def test_rates_are_used():
    still = made()
    before = still.get_weights()
    still.fit(X, Y, epochs=2, callbacks=[LearningRateScheduler(lambda epoch: 0.0)], **QUIET)
    np.testing.assert_array_equal(still.get_weights()[0], before[0])


def test_a_plateau_is_said(capsys):
    scripted(ReduceLROnPlateau(patience=1, verbose=1), [0.5, 0.5])
    assert (
        capsys.readouterr().out
        == "Epoch 2: ReduceLROnPlateau reducing learning rate to 0.010000000000000002.\n"
    )


@pytest.mark.parametrize("callback", [ReduceLROnPlateau("loss"), LearningRateScheduler(lambda epoch: 0.1)])
def test_a_schedule_is_refused_before_the_first_step(callback):
    model = made(optimizers.SGD(nn.schedules.CosineDecay(0.1, 9)))
    with pytest.raises(TypeError, match="SGD: the learning rate follows the schedule 'cosine_decay'"):
        model.fit(X, Y, callbacks=[callback], **QUIET)
    assert int(model.optimizer.iterations.value) == 0


# NaN.

HUGE = np.full((10, 1), 1e30)


def test_nan_ends_training_and_the_weights_stay_good(capsys):
    model, seen = made(), []
    after = LambdaCallback(on_train_end=lambda logs: seen.append(logs))
    y = np.concatenate([Y[:4], HUGE[:6]])
    with np.errstate(over="ignore"):
        history = model.fit(
            X, y, batch_size=4, epochs=3, shuffle=False, callbacks=[TerminateOnNaN(), after], **QUIET
        )
    assert history.epoch == [0]
    assert np.isnan(history.history["loss"]).all()
    assert np.isfinite(model.get_weights()[0]).all()
    assert int(model.optimizer.iterations.value) == 1
    assert len(seen) == 1
    assert capsys.readouterr().out == "Batch 1: Invalid loss, terminating training\n"


def test_nan_in_the_first_batch():
    with np.errstate(over="ignore"):
        history = made(metrics=["mae"]).fit(X, HUGE, callbacks=[TerminateOnNaN()], **QUIET)
    assert np.isnan(history.history["loss"]).all()


def test_nan_raises_if_asked_and_without_the_callback():
    with np.errstate(over="ignore"):
        with pytest.raises(RuntimeError, match=r"TerminateOnNaN: the loss is nan at batch 0\."):
            made().fit(X, HUGE, callbacks=[TerminateOnNaN(raise_error=True)], **QUIET)
        with pytest.raises(NonFiniteError):
            made().fit(X, HUGE, **QUIET)


# Files.


def test_a_log_has_room_for_validation_that_comes_later(tmp_path):
    path = tmp_path / "log.csv"
    log = CSVLogger(path)
    made().fit(X, Y, callbacks=[Script([[1, 2]], "pair"), log], **QUIET)
    head, line = path.read_text().splitlines()
    assert head == "epoch,loss,pair,val_loss,val_pair"
    assert line.endswith(',"""[1, 2]""",NA,NA')


def test_a_log_of_a_run_that_is_broken_off_has_its_epochs(tmp_path):
    path = tmp_path / "log.csv"

    class Fails(Callback):
        def on_epoch_begin(self, epoch, logs):
            if epoch == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made().fit(X, Y, epochs=5, callbacks=[CSVLogger(path), Fails()], **QUIET)
    assert [line[0] for line in path.read_text().splitlines()] == ["e", "0", "1"]


def test_a_checkpoint_goes_on_as_if_it_were_the_model(tmp_path):
    """Weights, moments, steps and dropout: what follows is the same bit for bit."""

    def build():
        tg.set_seed(5)
        layers = [Dense(4, input_shape=(2,)), Dropout(0.5, seed=1), nn.BatchNormalization(), Dense(1)]
        model = Sequential(layers)
        model.compile(optimizers.Adam(0.1, use_ema=True, gradient_accumulation_steps=2), "mse")
        return model

    path, first, second = tmp_path / "deep" / "a.safetensors", build(), build()
    ordered = {"shuffle": False, "batch_size": 4, "verbose": 0}
    first.fit(X, Y, callbacks=[ModelCheckpoint(path)], **ordered)
    first.optimizer.finalize_variable_values(first.trainable_weights)
    first.save_weights(path)
    second.load_weights(path)
    a, b = (model.fit(X, Y, epochs=3, **ordered).history for model in (first, second))
    assert a == b
    np.testing.assert_array_equal(first.predict(X), second.predict(X))


def test_the_whole_model_can_be_made_of_a_checkpoint(tmp_path):
    from safetensors import safe_open

    path, model = tmp_path / "m.safetensors", made()
    model.fit(X, Y, callbacks=[ModelCheckpoint(path)], **QUIET)
    with safe_open(path, framework="np") as file:
        again = nn.deserialize(json.loads(file.metadata()["model"]))
        assert "weights/0000/dense/kernel" in list(file.keys())
    again.load_weights(path)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    model.fit(X, Y, callbacks=[ModelCheckpoint(path, save_weights_only=True)], **QUIET)
    with safe_open(path, framework="np") as file:
        assert "model" not in (file.metadata() or {})


def test_only_the_best_is_kept(tmp_path):
    path, model = tmp_path / "best.safetensors", made()
    kept = []
    keep = LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()[0]))
    save = ModelCheckpoint(path, save_best_only=True)
    model.fit(X, Y, epochs=3, callbacks=[keep, Script([0.5, 0.1, 0.3]), save], **QUIET)
    model.load_weights(path)
    np.testing.assert_array_equal(model.get_weights()[0], kept[1])


def test_a_file_is_whole_or_the_one_before(tmp_path, monkeypatch):
    path, model = tmp_path / "m.safetensors", made()
    model.save_weights(path)
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError("disk full")))
    model.fit(X, Y, **QUIET)
    with pytest.raises(OSError, match="disk full"):
        model.save_weights(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.safetensors"]


# Going on.

SCRIPT = """
import sys, numpy as np, tinygraph as tg
from tinygraph import nn
tg.set_seed(3)
model = nn.Sequential([nn.Dense(3, input_shape=(2,)), nn.Dropout(0.5, seed=2), nn.Dense(1)])
model.compile(nn.optimizers.Adam(0.05), "mse")
x = np.random.default_rng(0).normal(size=(20, 2))
class Dies(nn.Callback):
    def on_train_batch_end(self, batch, logs):
        if sys.argv[2] == "dies" and (self.epoch, batch) == (3, 1):
            sys.exit(3)
    def on_epoch_begin(self, epoch, logs):
        self.epoch, self.began = epoch, getattr(self, "began", epoch)
dies = Dies()
backup = nn.callbacks.BackupAndRestore(sys.argv[1])
h = model.fit(x, x[:, :1], epochs=6, batch_size=8, verbose=0, callbacks=[backup, dies])
print(dies.began, h.epoch, [w.tolist() for w in model.get_weights()])
"""


def test_a_run_that_dies_goes_on_to_the_same_bits(tmp_path):
    def run(folder, dies):
        command = [sys.executable, "-c", SCRIPT, str(tmp_path / folder), dies]
        return subprocess.run(command, capture_output=True, text=True)

    whole = run("whole", "no")
    assert whole.returncode == 0, whole.stderr
    assert run("broken", "dies").returncode == 3
    assert os.listdir(tmp_path / "broken") == ["latest.safetensors"]
    again = run("broken", "no")
    assert again.stdout[0] == "3"
    assert again.stdout[1:] == whole.stdout[1:]
    assert not (tmp_path / "broken").exists()


def test_the_state_before_is_taken_where_the_last_is_spoilt(tmp_path):
    def fitted(epochs, **arguments):
        backup = BackupAndRestore(tmp_path, delete_checkpoint=False, double_checkpoint=True, **arguments)
        Stops.begun = None
        return made().fit(X, Y, epochs=epochs, callbacks=[backup, Stops()], **QUIET).epoch

    assert fitted(3) == [0, 1, 2]
    (tmp_path / "latest.safetensors").write_bytes(b"half a file")
    assert fitted(4) == [0, 1, 2, 3]
    assert Stops.begun == 2


def test_a_backup_every_so_many_batches(tmp_path):
    class Fails(Callback):
        def on_train_batch_begin(self, batch, logs):
            if batch == 2:
                raise RuntimeError

    model, kept, Stops.begun = made(), [], None
    backup = BackupAndRestore(tmp_path, save_freq=2)
    keep = LambdaCallback(on_train_batch_end=lambda batch, logs: kept.append(model.get_weights()[0]))
    with pytest.raises(RuntimeError):
        model.fit(X, Y, batch_size=4, callbacks=[keep, backup, Fails()], **QUIET)
    again = made()
    again.fit(X, Y, batch_size=4, callbacks=[backup, Stops()], **QUIET)
    np.testing.assert_array_equal(Stops.weights, kept[1])


class Stops(Callback):
    """Notes the epoch and the weights that training begins with."""

    begun = None

    def on_epoch_begin(self, epoch, logs):
        if Stops.begun is None:
            Stops.begun, Stops.weights = epoch, self.model.get_weights()[0]


# What is refused.


def fit_with(callback, **kwargs):
    return lambda: made(**kwargs).fit(X, Y, callbacks=[callback], **QUIET)


def half(y_true, y_pred):
    return abs(y_true - y_pred) / 2.0


REFUSED = [
    (lambda: EarlyStopping(mode="down"), "EarlyStopping: mode must be 'auto', 'min' or 'max', got 'down'."),
    (
        lambda: EarlyStopping(patience=-1),
        "EarlyStopping: patience must be a whole number of at least 0, got -1.",
    ),
    (
        lambda: EarlyStopping(min_delta="1"),
        "EarlyStopping: min_delta must be a number in (-inf, inf), got '1'.",
    ),
    (lambda: EarlyStopping(3), "EarlyStopping: monitor must be the name of a loss or metric, got 3."),
    (
        fit_with(EarlyStopping("val_los")),
        "EarlyStopping: there is no 'los' to monitor; did you mean 'loss'? Or say the mode.",
    ),
    (
        fit_with(EarlyStopping("half"), metrics=[half]),
        "EarlyStopping: cannot tell whether 'half' should be small or large; say mode='min' or 'max'.",
    ),
    (lambda: ReduceLROnPlateau(factor=1.0), "ReduceLROnPlateau: factor must be a number in (0, 1), got 1.0."),
    (lambda: ReduceLROnPlateau(min_lr=-1), "ReduceLROnPlateau: min_lr must be a number in [0, inf), got -1."),
    (lambda: ReduceLROnPlateau(epsilon=1), "unexpected keyword argument 'epsilon'"),
    (lambda: LearningRateScheduler(0.1), "LearningRateScheduler: schedule must be a function, got 0.1."),
    (
        fit_with(LearningRateScheduler(lambda epoch: None)),
        "LearningRateScheduler: what schedule returns must be a number in [0, inf), got None.",
    ),
    (
        lambda: LambdaCallback(on_epoch_ends=print),
        "LambdaCallback: unknown argument 'on_epoch_ends'; did you mean 'on_epoch_end'?",
    ),
    (lambda: LambdaCallback(on_epoch_end=3), "LambdaCallback: on_epoch_end must be a function, got 3."),
    (lambda: CSVLogger("log.csv", ", "), "CSVLogger: separator must be one character, got ', '."),
    (lambda: ModelCheckpoint(""), "ModelCheckpoint: filepath must be the name of a file, got ''."),
    (
        lambda: ModelCheckpoint("a", save_freq=0),
        "ModelCheckpoint: save_freq, if not 'epoch', must be a whole number of at least 1, got 0.",
    ),
    (
        fit_with(ModelCheckpoint("{epoch}-{val_loss}")),
        "ModelCheckpoint: '{epoch}-{val_loss}' needs 'val_loss'; there are epoch, loss.",
    ),
    (lambda: BackupAndRestore(""), "BackupAndRestore: backup_dir must be the name of a folder, got ''."),
    (
        lambda: BackupAndRestore("a", save_freq="batch"),
        "BackupAndRestore: save_freq, if not 'epoch', must be a whole number of at least 1, got 'batch'.",
    ),
    (
        lambda: TerminateOnNaN(raise_error="yes"),
        "TerminateOnNaN: raise_error must be True or False, got 'yes'.",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[message[:40] for _, message in REFUSED])
def test_what_is_refused(call, message):
    with pytest.raises((ValueError, TypeError, KeyError)) as caught:
        call()
    assert message in str(caught.value)


def test_files_that_are_refused(tmp_path):
    model, path = made(), tmp_path / "m.safetensors"
    other = Sequential([Dense(2, input_shape=(2,), name="dense")])
    other.save_weights(path)
    before = model.get_weights()
    with pytest.raises(
        ValueError, match=r"the weights of another model: Sequential '\w+' expected dense/kernel"
    ):
        model.load_weights(path)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    with pytest.raises(FileExistsError, match="save_weights: there is a file"):
        model.save_weights(path, overwrite=False)
    path.write_bytes(b"\x89HDF\r\n")
    with pytest.raises(ValueError, match="HDF5 or a zip, not a file of tinygraph"):
        model.load_weights(path)
    path.write_bytes(b"\x00" * 50)
    with pytest.raises(ValueError, match="no whole safetensors file"):
        model.load_weights(path)
    with pytest.raises(FileNotFoundError):
        model.load_weights(tmp_path / "none")
    with pytest.raises(tg.GraphError, match="shapes are not known"):
        Sequential([Dense(2)]).save_weights(path)


def test_nothing_is_warned_of_in_an_ordinary_fit(tmp_path):
    several = [
        EarlyStopping("loss", patience=9),
        ReduceLROnPlateau("loss"),
        ModelCheckpoint(tmp_path / "{epoch}.safetensors"),
        BackupAndRestore(tmp_path / "backup"),
        CSVLogger(tmp_path / "log.csv"),
        TerminateOnNaN(),
        LambdaCallback(),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made().fit(X, Y, epochs=2, callbacks=several, **QUIET)
    assert sorted(os.listdir(tmp_path)) == ["1.safetensors", "2.safetensors", "log.csv"]
