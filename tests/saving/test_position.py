"""How far a training is: kept through Ctrl-C, errors and files, refused where it is of another one."""

import dataclasses
import json

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import nn
from tinygraph.datasets import WindowBatches
from tinygraph.nn import Callback, callbacks
from tinygraph.nn.arrays import DataError
from tinygraph.nn.position import Position
from tinygraph.nn.steps import Steps
from tinygraph.saving.errors import ModelFormatError
from tinygraph.saving.position import NAMES, plain_position, read_position
from tinygraph.saving.state import arrays_of, take_arrays

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(18, 3)), RNG.normal(size=(18, 1))
SERIES = np.sin(np.arange(30.0))
FIT = {"epochs": 4, "verbose": 0}


def made(seed=4, **how):
    tg.set_seed(seed)
    inner = nn.Dense(4, input_shape=(3,), name="a")
    model = nn.Sequential([inner, nn.Dropout(0.3, name="b"), nn.Dense(1, name="c")])
    model.compile(nn.optimizers.Adam(0.05), "mse", **{"metrics": ["mae"], **how})
    return model


def in_another_process(model):
    """A model with other weights and seeds that has taken what a file would have."""
    plain, arrays = plain_position(model.position)
    arrays |= arrays_of(model)
    twin = made(seed=77)
    take_arrays(twin, {name: np.array(array) for name, array in arrays.items()}, "here")
    twin.position = read_position(json.loads(json.dumps(plain, allow_nan=False)), arrays, "here")
    return twin


def same(model, history, other, others_history):
    assert others_history.epoch == history.epoch
    assert others_history.rows == history.rows
    found, expected = arrays_of(other), arrays_of(model)
    assert set(found) == set(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


class Fails(Callback):
    """Fails after a batch, once."""

    def __init__(self, epoch=1, batch=2):
        self.when = epoch, batch

    def on_epoch_begin(self, epoch, logs):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs):
        if (self.epoch, batch) == self.when:
            self.when = None
            raise ConnectionError


def batches(count=18, size=4):
    return [(X[k : k + size], Y[k : k + size]) for k in range(0, count, size)]


class Iterable:
    def __iter__(self):
        return iter(batches())


class Dataset(nn.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        return batches()[index]


class Windows(WindowBatches):
    """Notes the epochs that batches were taken in."""

    def __init__(self):
        super().__init__(SERIES, 3, batch_size=6, shuffle=True)
        self.epochs = []

    def __getitem__(self, index):
        self.epochs.append(self.epoch)
        return super().__getitem__(index)


#: what fit is given, made anew for each
DATA = {
    "arrays": lambda: {"x": X, "y": Y, "batch_size": 4},
    "in order": lambda: {"x": X, "y": Y, "batch_size": 4, "shuffle": False},
    "validated": lambda: {"x": X, "y": Y, "batch_size": 4, "validation_split": 0.3},
    "steps": lambda: {"x": X, "y": Y, "batch_size": 4, "steps_per_epoch": 3},
    "dataset": lambda: {"x": Dataset()},
    "dataset steps": lambda: {"x": Dataset(), "steps_per_epoch": 3},
    "iterable": lambda: {"x": Iterable()},
    "iterable steps": lambda: {"x": Iterable(), "steps_per_epoch": 4},
    "generator": lambda: {"x": (batch for _ in range(4) for batch in batches()), "steps_per_epoch": 5},
    "judged": lambda: {"x": X, "y": Y, "batch_size": 4, "validation_data": Dataset(), "validation_freq": 2},
}


@pytest.mark.filterwarnings("ignore:fit, epoch")
@pytest.mark.parametrize("epoch", [0, 1, 2])
@pytest.mark.parametrize("kind", DATA)
def test_any_data_go_on_after_the_batches_that_are_done(kind, epoch):
    done = 1 if kind == "iterable steps" else 2  # where epoch 1 has what the pass has left
    whole = made()
    history = whole.fit(**DATA[kind](), **FIT)
    model = made()
    with pytest.raises(ConnectionError):
        model.fit(**DATA[kind](), callbacks=[Fails(epoch, done - 1)], **FIT)
    assert (model.position.epoch, model.position.batch) == (epoch, done)
    for each in (in_another_process(model), model):
        same(whole, history, each, each.fit(**DATA[kind](), resume=True, **FIT))


def test_a_dataset_with_an_order_of_its_own_takes_that_of_the_epoch():
    def fitted(model, **how):
        data, judged = Windows(), Windows()
        history = model.fit(data, validation_data=judged, shuffle=False, **FIT, **how)
        assert set(data.epochs) == set(judged.epochs) == set(range(1 if "resume" in how else 0, 4))
        return history

    def small():
        tg.set_seed(2)
        model = nn.Sequential([nn.LSTM(3, input_shape=(3, 1), name="a"), nn.Dense(1, name="b")])
        model.compile("adam", "mse")
        return model

    whole, model = small(), small()
    history = fitted(whole)
    with pytest.raises(ConnectionError):
        fitted(model, callbacks=[Fails()])
    same(whole, history, model, fitted(model, resume=True))


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("at", [0, 2, 5, 7, 9])
def test_ctrl_c_amid_a_step_loses_no_batch_and_repeats_none(at, applied, monkeypatch):
    whole = made()
    history = whole.fit(X, Y, batch_size=4, **FIT)
    model, start, steps = made(), Steps.start, []

    def interrupted(function, feeds):
        steps.append(function)
        if len(steps) - 1 == at:
            if applied:
                start(function, feeds)
            raise KeyboardInterrupt
        return start(function, feeds)

    with monkeypatch.context() as patched:
        patched.setattr(Steps, "start", staticmethod(interrupted))
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y, batch_size=4, **FIT)
    assert divmod(at + applied, 5) == (model.position.epoch, model.position.batch) or at == 9
    same(whole, history, model, model.fit(X, Y, batch_size=4, resume=True, **FIT))


def test_epochs_one_after_another_have_the_orders_of_one_fit():
    history = made().fit(X, Y, batch_size=4, **FIT)
    parts = made()
    first = parts.fit(X, Y, batch_size=4, epochs=2, verbose=0)
    second = in_another_process(parts).fit(X, Y, batch_size=4, initial_epoch=2, **FIT)
    assert first.rows + second.rows == history.rows
    assert parts.fit(X, Y, batch_size=4, initial_epoch=2, **FIT).rows == second.rows
    tg.set_seed(4)
    assert made().fit(X, Y, batch_size=4, initial_epoch=2, **FIT).rows != second.rows


def test_what_was_never_trained_begins_and_what_is_done_stays():
    whole = made()
    history = whole.fit(X, Y, **FIT)
    model = made()
    assert model.position is None
    same(whole, history, model, model.fit(X, Y, resume=True, **FIT))
    same(whole, history, model, model.fit(X, Y, resume=True, **FIT))
    assert len(model.fit(X, Y, epochs=6, verbose=0, resume=True).epoch) == 6


def test_a_model_that_is_read_has_its_history():
    model = made()
    history = model.fit(X, Y, **FIT)
    assert in_another_process(model).history.history == history.history


# Callbacks.


def halved(epoch, rate):
    return rate / 2


class Counts(Callback):
    """Counts batches, over all processes."""

    lasting = ("count",)

    def on_train_begin(self, logs):
        self.count = 0

    def on_train_batch_end(self, batch, logs):
        self.count += 1


CALLBACKS = {
    "early stopping": lambda: callbacks.EarlyStopping(
        "loss", patience=2, min_delta=9, restore_best_weights=True
    ),
    "plateau": lambda: callbacks.ReduceLROnPlateau("loss", patience=2, min_delta=9),
    "schedule": lambda: callbacks.LearningRateScheduler(halved),
    "own": Counts,
}


@pytest.mark.parametrize("kind", CALLBACKS)
@pytest.mark.parametrize("first", [True, False])
def test_callbacks_go_on_where_they_were(kind, first, tmp_path):
    def fitted(model, *more):
        tested = CALLBACKS[kind]()
        history = model.fit(
            X, Y, batch_size=4, epochs=6, verbose=0, callbacks=[*more, tested][:: 1 if first else -1]
        )
        return history, {name: getattr(tested, name) for name in tested.lasting if name != "best_weights"}

    def backup():
        return callbacks.BackupAndRestore(tmp_path, save_freq="epoch" if kind != "schedule" else 1)

    whole = made()
    history, kept = fitted(whole)
    with pytest.raises(ConnectionError):
        fitted(made(), backup(), Fails(2 if kind != "schedule" else 1, 1))
    model = made(seed=8)
    again, theirs = fitted(model, backup())
    same(whole, history, model, again)
    assert theirs == kept


def test_a_log_has_each_epoch_once(tmp_path):
    def fitted(model, name, *more):
        log = callbacks.CSVLogger(tmp_path / name)
        backup = callbacks.BackupAndRestore(tmp_path / "backup", save_freq=3)
        model.fit(X, Y, batch_size=4, callbacks=[*more, log, backup], **FIT)

    fitted(made(), "whole.csv")
    (tmp_path / "parts.csv").write_text("of another run\n")
    with pytest.raises(ConnectionError):
        fitted(made(), "parts.csv", Fails(2, 0))  # the backup is from before the end of epoch 1
    assert len((tmp_path / "parts.csv").read_text().splitlines()) == 3
    fitted(made(seed=9), "parts.csv")
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_checkpoint_in_a_callback_has_the_row_that_history_is_not_told_yet():
    class Looks(Callback):
        def on_epoch_end(self, epoch, logs):
            self.position = self.model.position

    looks = Looks()
    history = made().fit(X, Y, callbacks=[looks], **FIT)
    assert (looks.position.epoch, looks.position.batch) == (4, 0)
    assert (looks.position.epochs, looks.position.rows) == (history.epoch, history.rows)


# What is refused.


def broken(**how):
    model = made(**how)
    with pytest.raises(ConnectionError):
        model.fit(X, Y, batch_size=4, callbacks=[Fails()], **FIT)
    return model


REFUSED = {
    "both": (
        lambda m: m.fit(X, Y, initial_epoch=1, resume=True, **FIT),
        ValueError,
        "leave initial_epoch out",
    ),
    "flag": (lambda m: m.fit(X, Y, resume="yes", **FIT), ValueError, "resume must be"),
    "batch": (
        lambda m: m.fit(X, Y, resume=True, **FIT),
        DataError,
        "epoch 2: training was broken off amid data with batch_size=4, got batch_size=32. Give the same",
    ),
    "samples": (
        lambda m: m.fit(X[1:], Y[1:], batch_size=4, resume=True, **FIT),
        DataError,
        "samples=18, got",
    ),
    "order": (
        lambda m: m.fit(X, Y, batch_size=4, shuffle=False, resume=True, **FIT),
        DataError,
        "shuffle=True",
    ),
    "metrics": (
        lambda m: (m.compile("adam", "mse"), m.fit(X, Y, batch_size=4, resume=True, **FIT)),
        ValueError,
        r"broken off with other losses or metrics \(mae\). Compile as then",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_going_on_is_refused_and_nothing_changes(case):
    act, kind, message = REFUSED[case]
    model = broken()
    before = arrays_of(model)
    with pytest.raises(kind, match=message):
        act(model)
    if case != "metrics":  # whose optimizer is a new one
        assert all((arrays_of(model)[name] == array).all() for name, array in before.items())
    assert (model.position.epoch, model.position.batch) == (1, 3)


def test_another_model_has_no_such_seeds():
    plain = nn.Sequential([nn.Dense(1, input_shape=(3,))])
    plain.compile("adam", "mse", metrics=["mae"])
    plain.position = broken().position
    with pytest.raises(ValueError, match="expected 0 seeds of layers, got 1"):
        plain.fit(X, Y, batch_size=4, resume=True, **FIT)


# In files.


def test_numbers_that_json_has_not_and_arrays_are_written():
    rows = [{"loss": float("nan"), "each": np.arange(3.0), "rate": np.float32(0.1), "$": float("-inf")}]
    plain, arrays = plain_position(Position(1, epochs=[0], rows=rows))
    found = read_position(json.loads(json.dumps(plain, allow_nan=False)), arrays, "here").rows[0]
    np.testing.assert_equal(found, rows[0])


NESTED: list = []
for _ in range(12):
    NESTED = [NESTED]
ODD = {
    "object": object(),
    "set": {1},
    "complex": np.array([1j]),
    "words": np.array(["a"]),
    "deep": NESTED,
    "mark": {"$array": "weights/0000/a/kernel"},
    "number": {"$number": "1"},
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("where", ["logs", "kept"])
def test_whatever_callbacks_say_a_model_can_be_saved(name, where, tmp_path):
    class Says(Callback):
        lasting = ("value", "count")
        value, count = (0.5 if where == "logs" else ODD[name]), 3

        def on_epoch_end(self, epoch, logs):
            logs["said"], logs["step"] = (ODD[name] if where == "logs" else 0.5), epoch

    model = made()
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[Says()])
    with pytest.warns(UserWarning, match="is left out: expected numbers, text, lists and arrays, got"):
        model.save(tmp_path / "m.tiny")
    again = tg.load(tmp_path / "m.tiny")
    assert [row["step"] for row in again.history.rows] == [0, 1]
    assert again.position.callbacks[0][1]["count"] == 3
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_a_history_of_any_kind_of_number_may_be_long(tmp_path):
    model = made()
    model.fit(X, Y, verbose=0)
    number = 170_000
    rows = [{"loss": 0.5 * k, "step": k, "best": k % 3 == 0} for k in range(number)]
    model.position = dataclasses.replace(model.position, epoch=number, epochs=range(number), rows=rows)
    model.save(tmp_path / "m.tiny")
    found = tg.load(tmp_path / "m.tiny").history.rows
    assert found == rows
    assert [type(value) for value in found[-1].values()] == [float, int, bool]
    huge = [{"n": 2**63}, {"n": -(2**63)}]
    plain, arrays = plain_position(Position(2, epochs=[0, 1], rows=huge))
    assert read_position(plain, arrays, "here").rows == huge


DEEP = [0.0]
for _ in range(50):
    DEEP = [DEEP]
BAD = {
    "nothing": None,
    "a list": [],
    "keys": {"epoch": 1},
    **{
        f"{name} {k}": {name: value}
        for name in NAMES
        for k, value in enumerate(
            [-1, 1.5, "a", [[1]], {"a": 1}, True, {"$array": "none"}, {"$array": []}, DEEP]
        )
        if (name, k) not in {("data", 4)}
    },
    "rows": {"epochs": [1]},
    "number": {"rows": [{"loss": {"$number": "one"}}], "epochs": [0]},
    "sums": {"sums": {"loss": [1.0]}},
}


@pytest.mark.parametrize("case", BAD)
def test_other_data_are_no_position(case):
    plain, _ = plain_position(Position())
    bad = plain | BAD[case] if isinstance(BAD[case], dict) and case != "keys" else BAD[case]
    with pytest.raises(ModelFormatError, match=r"^m\.tiny: it does not say how far the training is"):
        read_position(bad, {}, "m.tiny")


def test_what_callbacks_keep_may_be_numbers_of_numpy_and_no_number():
    kept = {"best": np.float32(0.5), "worst": np.float64("inf"), "last": float("nan")}
    plain, arrays = plain_position(Position(callbacks=[("Own", kept)]))
    text = json.dumps(plain, allow_nan=False)
    ((name, found),) = read_position(json.loads(text), arrays, "here").callbacks
    assert (name, found["best"], found["worst"]) == ("Own", 0.5, np.inf)
    assert np.isnan(found["last"])
