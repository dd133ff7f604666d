"""Ctrl-C wherever training may be: no update is half applied, and the next fit works."""

import gc
import itertools
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import backends
from tinygraph.nn import LSTM, BatchNormalization, Callback, Dense, Dropout, Sequential, optimizers
from tinygraph.nn.callbacks import EarlyStopping
from tinygraph.saving.state import arrays_of, take_arrays

PACKAGE = str(Path(tg.__file__).parent)
COMMITTING = tuple(f"{PACKAGE}/{file}.py" for file in ("interrupts", "run", "compile", "backends/commit"))
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 4, 2)), RNG.normal(size=(20, 1))
FIT = {"epochs": 2, "batch_size": 8, "shuffle": False, "validation_split": 0.2, "verbose": 0}
JIT = [False] + [True] * backends.compiles("numpy")

#: between the opening of a file and the block that closes it
UNCLOSED = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def made(jit):
    """A model of all that changes in a step: weights, moving averages, statistics, counters of draws."""
    tg.set_seed(3)
    model = Sequential([LSTM(4, input_shape=(4, 2)), Dropout(0.3), BatchNormalization(), Dense(1)])
    model.compile(optimizers.Adam(0.01, use_ema=True), "mse", jit_compile=jit)
    return model


def fit(model, *callbacks, **how):
    """Train; at the end the weights become their averages, and then those of the best epoch."""
    best = EarlyStopping(monitor="loss", patience=99, restore_best_weights=True)
    return model.fit(X, Y, callbacks=[*callbacks, best], **{**FIT, **how})


def state(model):
    """All numbers of a model."""
    return b"".join(array.tobytes() for array in arrays_of(model).values())


class Notes(Callback):
    """The states after whole steps, and with the averages that the weights become at the end."""

    def __init__(self):
        self.states = []

    def note(self, *_):
        self.states.append(state(self.model))

    on_train_begin = on_train_batch_end = on_train_end = note


class Presses:
    """A trace function that presses Ctrl-C at one event in certain files, counted from 0."""

    def __init__(self, at, kind="opcode", files=PACKAGE):
        self.at, self.kind, self.files, self.count = at, kind, files, itertools.count()

    def __call__(self, frame, kind, argument):
        if not frame.f_code.co_filename.startswith(self.files):
            return None
        frame.f_trace_opcodes = self.kind == "opcode"
        if kind == self.kind and next(self.count) == self.at:
            os.kill(os.getpid(), signal.SIGINT)
        return self

    def __enter__(self):
        self.before = sys.gettrace()  # that of coverage, if any
        sys.settrace(self)

    def __exit__(self, *raised):
        sys.settrace(self.before)


class Trained:
    """A model to be interrupted, its twin, which goes on from where it then is, and what it may be like."""

    def __init__(self, jit):
        self.model, self.twin, notes = made(jit), made(jit), Notes()
        self.start = arrays_of(self.model)
        fit(self.twin, notes)
        self.states = [*notes.states, state(self.twin)]
        fit(self.model)

    def events(self, **which):
        """How many events there are in a fit."""
        self.begin()
        with Presses(-1, **which) as _:
            counting = sys.gettrace()
            fit(self.model)
        return next(counting.count)

    def begin(self):
        take_arrays(self.model, self.start, "")

    def check(self, context):
        """The state is that after whole steps, and the next fit that of a model that came there alone."""
        assert gc.isenabled()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        steps = int(self.model.optimizer.iterations.value)
        assert state(self.model) in self.states, context
        take_arrays(self.twin, arrays_of(self.model), "")
        again, expected = fit(self.model), fit(self.twin)
        assert again.history == expected.history, context
        assert state(self.model) == state(self.twin), context
        assert int(self.model.optimizer.iterations.value) == steps + 4


@pytest.fixture(scope="module", params=JIT, ids=["numpy", "machine code"][: len(JIT)])
def trained(request):
    return Trained(request.param)


def check_at_events(trained, points, **which):
    events = trained.events(**which)
    assert events > points
    for k in range(points):
        at = k * events // points
        trained.begin()
        with pytest.raises(KeyboardInterrupt), Presses(at, **which):
            fit(trained.model)
        trained.check((at, events))


def check_first_fits(jit, points):
    """While programs are made: all of it can be done again."""
    twin = Trained(jit)
    twin.model = made(jit)
    with Presses(-1, kind="line"):
        counting = sys.gettrace()
        fit(twin.model)
    events = next(counting.count)
    for k in range(points):
        twin.model = made(jit)
        with pytest.raises(KeyboardInterrupt), Presses(k * events // points, kind="line"):
            fit(twin.model)
        twin.check((k * events // points, events))


def check_at_times(trained, points):
    """From another thread, whatever the main thread is in: Python code, NumPy or machine code."""
    trained.begin()
    begun = time.perf_counter()
    fit(trained.model)
    span = time.perf_counter() - begun
    for k in range(points):
        trained.begin()
        timer = threading.Timer(span * k / points, os.kill, (os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012  (it may come a little late)
            timer.start()
            fit(trained.model)
            timer.join()
            time.sleep(1)
        trained.check((k, span))


def test_at_any_instruction(trained):
    check_at_events(trained, points=25)


def test_at_any_instruction_of_an_update(trained):
    check_at_events(trained, points=25, files=COMMITTING)


def test_at_any_time(trained):
    check_at_times(trained, points=10)


def check_loading(trained, path, points):
    """While a model takes its state from a file: it has all of it or none."""
    trained.begin()
    fit(trained.model)
    trained.model.save_weights(path)
    loaded, before = state(trained.model), trained.states[0]
    with Presses(-1):
        counting = sys.gettrace()
        trained.model.load_weights(path)
    events, found = next(counting.count), set()
    for k in range(points):
        trained.begin()
        with pytest.raises(KeyboardInterrupt), Presses(k * events // points):
            trained.model.load_weights(path)
        found.add(state(trained.model))
    assert found == {before, loaded}


@UNCLOSED
def test_while_a_file_is_loaded(trained, tmp_path):
    check_loading(trained, tmp_path / "w.safetensors", points=60)


@UNCLOSED
@pytest.mark.full
def test_at_any_instruction_while_a_file_is_loaded(trained, tmp_path):
    check_loading(trained, tmp_path / "w.safetensors", points=1000)


@pytest.mark.parametrize("jit", JIT)
def test_while_programs_are_made(jit):
    check_first_fits(jit, points=2)


@pytest.mark.full
def test_at_60_instructions(trained):
    check_at_events(trained, points=60)


@pytest.mark.full
def test_at_60_instructions_of_updates(trained):
    check_at_events(trained, points=60, files=COMMITTING)


@pytest.mark.full
def test_at_60_times(trained):
    check_at_times(trained, points=60)


@pytest.mark.full
@pytest.mark.parametrize("jit", JIT)
def test_at_20_points_while_programs_are_made(jit):
    check_first_fits(jit, points=20)
