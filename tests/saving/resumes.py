"""Trainings that are broken off and go on in another process: the configurations, and what each process runs.

``python resumes.py whole|broken|again FOLDER NAME...`` trains each configuration without a stop, until it is
broken off, or from what the broken one left, and writes how it ended to the folder. ``killed`` is likewise
``broken``, by SIGKILL. Each process has a seed of its own: what must be the same has to come from the files.
"""

import itertools
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn import callbacks, optimizers, schedules
from tinygraph.saving.state import arrays_of

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 5, 3)), RNG.normal(size=(20, 1))
X[::3, 3:] = 0.0  # what a mask leaves out
WEIGHTS = RNG.uniform(0.5, 2.0, size=20)
EPOCHS, BATCH = 4, 4
BROKEN = (2, 2)  # the epoch and its batch after which training is broken off; the file is of a batch before

OPTIMIZERS = {
    "sgd": lambda rate=0.02, **more: optimizers.SGD(rate, momentum=0.9, nesterov=True, **more),
    "rmsprop": lambda rate=0.01, **more: optimizers.RMSprop(rate, momentum=0.5, centered=True, **more),
    "adagrad": lambda rate=0.05, **more: optimizers.Adagrad(rate, **more),
    "adadelta": lambda rate=0.5, **more: optimizers.Adadelta(rate, **more),
    "adam": lambda rate=0.01, **more: optimizers.Adam(rate, amsgrad=True, **more),
    "adamw": lambda rate=0.01, **more: optimizers.AdamW(rate, weight_decay=0.1, **more),
    "adamax": lambda rate=0.01, **more: optimizers.Adamax(rate, **more),
    "nadam": lambda rate=0.01, **more: optimizers.Nadam(rate, **more),
}
#: what each configuration has besides its optimizer, dropout and order
FEATURES = (
    *("plain", "recurrent", "mask", "norm", "accumulation", "ema"),
    *("schedule", "float64", "callbacks", "frozen", "weights", "steps"),
)


@dataclass(frozen=True)
class Run:
    """One configuration."""

    optimizer: str
    dropout: float
    order: str
    feature: str
    jit_compile: bool

    @property
    def name(self):
        drops = "dropout" if self.dropout else "whole"
        return (
            f"{self.optimizer}-{drops}-{self.order}-{self.feature}-{'jit' if self.jit_compile else 'numpy'}"
        )


#: 8 optimizers x dropout or not x (shuffled, in order, stateful); every feature comes with several of them
RUNS = {
    run.name: run
    for run in (
        Run(optimizer, dropout, order, FEATURES[(5 * o + 3 * d + 4 * s) % 12], bool((o + d + s) % 2))
        for (o, optimizer), (d, dropout), (s, order) in itertools.product(
            enumerate(OPTIMIZERS), enumerate((0.0, 0.4)), enumerate(("shuffled", "ordered", "stateful"))
        )
    )
}


class Batches(nn.PyDataset):
    """The batches by their index."""

    def __len__(self):
        return len(X) // BATCH

    def __getitem__(self, index):
        rows = slice(BATCH * index, BATCH * index + BATCH)
        return X[rows], Y[rows]


class Breaks(nn.Callback):
    """Writes files, and breaks training off."""

    def __init__(self, run, folder, how):
        self.run, self.folder, self.how = run, folder, how

    def on_epoch_begin(self, epoch, logs):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs):
        if (self.epoch, batch + 1) == BROKEN:
            self.model.save(self.folder / f"{self.run.name}.amid.tiny")
        if (self.epoch, batch) == BROKEN:
            if self.how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise ConnectionError("the machine goes down")

    def on_epoch_end(self, epoch, logs):
        if epoch + 1 == BROKEN[0]:
            self.model.save(self.folder / f"{self.run.name}.end.tiny")


def layers(run):
    """The layers of a configuration, with what its feature asks for."""
    recurrent = {"stateful": run.order == "stateful", "dropout": run.dropout}
    if run.feature == "recurrent":
        recurrent["recurrent_dropout"] = run.dropout / 2
    made = [nn.Input((5, 3))]
    if run.feature == "mask":
        return [*made, nn.Masking(), nn.GRU(4, **recurrent), nn.Dropout(run.dropout), nn.Dense(1)]
    if run.feature == "float64":
        inner = nn.LSTM(3, return_sequences=True, **recurrent)
        return [*made, nn.Bidirectional(inner), nn.SimpleRNN(3, **recurrent), nn.Dense(1)]
    if run.feature == "norm":
        noise = nn.GaussianNoise(run.dropout)
        return [*made, nn.LSTM(4, **recurrent), nn.BatchNormalization(), noise, nn.Dense(1)]
    return [*made, nn.LSTM(4, name="memory", **recurrent), nn.Dropout(run.dropout), nn.Dense(1)]


def optimizer(run):
    """The optimizer of a configuration."""
    more = {
        "accumulation": {"gradient_accumulation_steps": 3},
        "ema": {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 4},
        "schedule": {"rate": schedules.CosineDecay(0.05, 30), "global_clipnorm": 0.5},
    }
    return OPTIMIZERS[run.optimizer](**more.get(run.feature, {}))


def compiled(run, model):
    """The model, compiled."""
    metrics = ["mae"] if run.feature == "mask" else ["mae", nn.metrics.Skill(feature=0)]
    model.compile(optimizer(run), "mse", metrics=metrics, jit_compile=run.jit_compile)
    return model


def made(run, trained):
    """The model of a configuration; of a frozen layer the optimizer has state where it was ``trained``."""
    model = compiled(run, nn.Sequential(layers(run)))
    if run.feature == "frozen":
        if trained:
            model.fit(X, Y, batch_size=BATCH, verbose=0)
        model.freeze("memory")
    return model


def fit(run, model, *more, **how):
    """Train."""
    arguments = {"epochs": EPOCHS, "shuffle": run.order == "shuffled", "verbose": 0, **how}
    called = list(more)
    if run.feature == "callbacks":
        plateau = callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1, min_delta=0.5)
        best = callbacks.EarlyStopping("val_loss", patience=8, restore_best_weights=True)
        called = [plateau, best, *called]
        arguments["validation_data"] = (X[:8], Y[:8])
        arguments["validation_batch_size"] = BATCH
    if run.feature == "steps":
        return model.fit(Batches(), steps_per_epoch=4, callbacks=called, **arguments)
    if run.feature == "weights":
        arguments["sample_weight"] = WEIGHTS
    return model.fit(X, Y, batch_size=BATCH, callbacks=called, **arguments)


def ended(folder, run, which, model, history):
    """Write how a training ended."""
    rows = json.dumps([history.epoch, history.rows])
    state = {f"state {name}": array for name, array in numbered(arrays_of(model)).items()}
    np.savez(folder / f"{run.name}.{which}.npz", predictions=model.predict(X[:BATCH]), history=rows, **state)


def numbered(arrays):
    """Arrays by group and number: layers may have other names in another process."""
    return {
        "/".join(name.split("/")[:2]) + "/" + name.split("/")[-1]: array for name, array in arrays.items()
    }


def whole(run, folder):
    """Train without a stop."""
    model = made(run, trained=True)
    ended(folder, run, "whole", model, fit(run, model))


def broken(run, folder, how="broken"):
    """Train until something happens, with a backup after every batch."""
    backup = callbacks.BackupAndRestore(folder / run.name, save_freq=1)
    model = made(run, trained=True)
    try:
        fit(run, model, backup, Breaks(run, folder, how))
    except ConnectionError:
        return
    raise AssertionError(f"{run.name}: not broken off")


def again(run, folder):
    """Go on from the backup, from a file of amid an epoch, and from one of an epoch's end."""
    backup = callbacks.BackupAndRestore(folder / run.name, save_freq=1)
    model = made(run, trained=False)
    ended(folder, run, "backup", model, fit(run, model, backup))
    model = tg.load(folder / f"{run.name}.amid.tiny")
    ended(folder, run, "amid", model, fit(run, model, resume=True))
    model = tg.load(folder / f"{run.name}.end.tiny")
    by_resume = run.feature in (
        "callbacks",
        "steps",
    )  # what callbacks and passes over data know is not asked for
    how = {"resume": True} if by_resume else {"initial_epoch": BROKEN[0]}
    ended(folder, run, "end", model, fit(run, model, **how))


def main(what, folder, *names):
    """Run what a process is asked for."""
    for k, run in enumerate(RUNS.values()):
        if run.name not in names:
            continue
        tg.set_floatx("float64" if run.feature == "float64" else "float32")
        tg.set_seed((900 if what == "again" else 100) + k)
        if what == "killed":
            broken(run, Path(folder), how=what)
        else:
            {"whole": whole, "broken": broken, "again": again}[what](run, Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
