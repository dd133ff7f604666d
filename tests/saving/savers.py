"""Every way to put a model into a file, and to get it back: all of them are tested for what may go wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Dropout, Sequential
from tinygraph.nn.callbacks import BackupAndRestore, ModelCheckpoint
from tinygraph.saving.state import arrays_of


def made(seed: int = 0) -> Sequential:
    """A model that has been trained for a step, so that all of its state differs from that of other seeds."""
    tg.set_seed(seed)
    model = Sequential([LSTM(24, input_shape=(3, 5), name="lstm"), Dropout(0.5), Dense(2, name="dense")])
    model.compile("adam", "mse", jit_compile=False)
    model.fit(np.ones((2 + seed, 3, 5)), np.ones((2 + seed, 2)), batch_size=1, verbose=0)
    return model


def state(model: Any) -> bytes:
    """All numbers of a model: weights, the optimizer's state, and how far its random numbers are."""
    return b"".join(array.tobytes() for array in arrays_of(model).values())


def state_for_keras(model: Any) -> bytes:
    """The numbers that a file of Keras has a place for: not how far random numbers are."""
    return b"".join(leaf.value.tobytes() for leaf in [*model.weights, *model.optimizer.variables])


@dataclass(frozen=True)
class Saver:
    """``save(model, folder)`` writes; ``load(folder)`` returns a model like that which was saved last.

    ``file`` is what is written, in the folder; ``state`` gives the numbers that it has.
    """

    file: str
    save: Callable[[Any, str], None]
    load: Callable[[str], Any]
    state: Callable[[Any], bytes] = state


def loaded_by(read: Callable[[Any, str], Any]) -> Callable[[str], Any]:
    """What makes a model and lets it read its state."""

    def load(folder: str) -> Any:
        model = made(2)
        read(model, folder)
        return model

    return load


def checkpoint(model: Any, folder: str) -> None:
    """What `ModelCheckpoint` does after an epoch."""
    _told(ModelCheckpoint(f"{folder}/c.safetensors", save_best_only=False), model)


def backup(model: Any, folder: str) -> None:
    """What `BackupAndRestore` does after an epoch, keeping the state before as well."""
    _told(BackupAndRestore(folder, double_checkpoint=True), model)


def _told(callback: Any, model: Any) -> None:
    callback.set_model(model)
    if isinstance(callback, ModelCheckpoint):
        callback.on_train_begin({})
    callback.on_epoch_end(0, {})


SAVERS = {
    "save": Saver(
        "m.tiny",
        lambda model, folder: model.save(f"{folder}/m.tiny"),
        lambda folder: tg.load(f"{folder}/m.tiny"),
    ),
    "save for Keras": Saver(
        "m.keras",
        lambda model, folder: model.save(f"{folder}/m.keras"),
        lambda folder: tg.load(f"{folder}/m.keras"),
        state_for_keras,
    ),
    "save_weights": Saver(
        "w.safetensors",
        lambda model, folder: model.save_weights(f"{folder}/w.safetensors"),
        loaded_by(lambda model, folder: model.load_weights(f"{folder}/w.safetensors")),
    ),
    "ModelCheckpoint": Saver(
        "c.safetensors",
        checkpoint,
        loaded_by(lambda model, folder: model.load_weights(f"{folder}/c.safetensors")),
    ),
    "BackupAndRestore": Saver(
        "latest.safetensors",
        backup,
        loaded_by(lambda model, folder: model.load_weights(f"{folder}/latest.safetensors")),
    ),
}
