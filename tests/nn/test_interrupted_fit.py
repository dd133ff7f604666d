"""Ctrl-C during fit: the model has the weights of the last whole step, and the history so far."""

import os
import signal
import threading

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import LSTM, Callback, Dense, Sequential

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 6, 2)), RNG.normal(size=(20, 1))
FIT = {"epochs": 4, "batch_size": 4, "shuffle": False, "verbose": 0}


def made():
    tg.set_seed(3)
    model = Sequential([LSTM(4, input_shape=(6, 2)), Dense(1)])
    model.compile("adam", "mse")
    return model


def state(model):
    return [*model.get_weights(), *(variable.value for variable in model.optimizer.variables)]


@pytest.fixture(scope="module")
def whole():
    """The state after each step of a run that nobody interrupts, and its history."""
    states = []

    class Notes(Callback):
        def on_train_batch_end(self, batch, logs):
            states.append(state(self.model))

    history = made().fit(X, Y, callbacks=[Notes()], **FIT).history
    return states, history


def check(model, whole):
    """The state is that after as many steps as the optimizer counts, and training goes on from there."""
    states, history = whole
    steps = int(model.optimizer.iterations.value)
    for found, expected in zip(state(model), states[steps - 1], strict=True):
        np.testing.assert_array_equal(found, expected)
    done = len(model.history.epoch) if model.history else 0
    assert done in (steps // 5, steps // 5 - 1)  # the last epoch may have had its steps and not its end
    if done:
        assert model.history.history["loss"] == history["loss"][:done]
    assert np.isfinite(model.predict(X)).all()
    model.fit(X, Y, initial_epoch=3, **FIT)
    assert int(model.optimizer.iterations.value) == steps + 5
    return steps


class Presses(Callback):
    """Presses Ctrl-C at a hook."""

    def __init__(self, hook, at, epoch=2):
        self.at, self.when = at, epoch
        setattr(self, hook, self.press)

    def on_epoch_begin(self, epoch, logs):
        self.epoch = epoch

    def press(self, number, logs):
        if self.epoch == self.when and number == self.at:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize(
    ("hook", "at", "steps"),
    [("on_train_batch_begin", 3, 13), ("on_train_batch_end", 3, 14), ("on_epoch_end", 2, 15)],
)
def test_between_steps(hook, at, steps, whole):
    model = made()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, callbacks=[Presses(hook, at)], **FIT)
    assert check(model, whole) == steps


@pytest.mark.parametrize("at", [0, 1, 3, 1000])
def test_amid_the_update(at, whole):
    """Pressed between two of the copies that make the new weights those of the model."""

    class Prepares(Callback):
        def on_train_batch_begin(self, batch, logs):
            if int(self.model.optimizer.iterations.value) == 7:
                for function, _ in self.model.steps.latest.kept.values():
                    calls = function.program.commit.calls
                    calls.insert(min(at, len(calls)), press)

    def press():
        for function, _ in model.steps.latest.kept.values():
            calls = function.program.commit.calls
            if press in calls:
                calls.remove(press)
        os.kill(os.getpid(), signal.SIGINT)

    model = made()
    model.compile("adam", "mse", jit_compile=False)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, callbacks=[Prepares()], **FIT)
    assert int(model.optimizer.iterations.value) == 8
    model_of_bits = made()
    model_of_bits.compile("adam", "mse", jit_compile=False)
    states = []

    class Notes(Callback):
        def on_train_batch_end(self, batch, logs):
            states.append(state(self.model))

    history = model_of_bits.fit(X, Y, callbacks=[Notes()], **FIT).history
    assert check(model, (states, history)) == 8


@pytest.mark.parametrize("delay", [0.001, 0.003, 0.006, 0.01, 0.015, 0.02])
def test_whenever_it_comes(delay, whole):
    """Pressed by another thread, wherever training then is; all that is checked holds everywhere."""
    model = made()
    model.fit(X, Y, **{**FIT, "epochs": 1})

    class Starts(Callback):
        def on_train_batch_begin(self, batch, logs):
            if not started:
                started.append(threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT)))
                started[0].start()

    started = []
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, callbacks=[Starts()], **{**FIT, "initial_epoch": 1, "epochs": 10**6})
    started[0].join()
    steps = int(model.optimizer.iterations.value)
    again = made()
    ends = Ends(steps)
    again.fit(X, Y, callbacks=[ends], **{**FIT, "epochs": 10**6})
    for found, expected in zip(state(model), state(again), strict=True):
        np.testing.assert_array_equal(found, expected)


class Ends(Callback):
    """Ends training after so many steps."""

    def __init__(self, steps):
        self.steps = steps

    def on_train_batch_end(self, batch, logs):
        self.model.stop_training = int(self.model.optimizer.iterations.value) == self.steps
