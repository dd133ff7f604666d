"""``info``: what a file holds: layers, parameters, and how far its training has come."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tinygraph.cli.command import command, opened
from tinygraph.nn import registry
from tinygraph.nn.summary import in_bytes
from tinygraph.saving.container import HDF5, ZIP, read

if TYPE_CHECKING:
    from tinygraph.nn.training import Trainable

EXAMPLES = "  tinygraph info m.tiny\n  tinygraph info m.tiny --batch 128"


def add(commands: Any) -> None:
    """Declare the command."""
    parser = command(commands, run, "say what a file holds: layers, parameters, training", EXAMPLES)
    parser.add_argument("--batch", type=int, default=32, help="samples to plan the memory for (default: 32)")


def run(given: argparse.Namespace) -> None:
    """Print what there is to say."""
    model = opened(given.file)
    print(_file(given.file))
    model.summary(given.batch)
    print("\n".join(_training(model)))


def _file(path: str) -> str:
    """The file itself: size, and the version of tinygraph's own format."""
    told = f"{path}: {in_bytes(os.path.getsize(path))}"
    with open(path, "rb") as file:
        if file.read(4) in (HDF5, ZIP):
            return f"{told}, a file of Keras"
    contents = read(path)
    writer = contents.metadata.get("written_by")
    return f"{told}, format version {contents.version}" + (
        f", written by tinygraph {writer}" if writer else ""
    )


def _training(model: Trainable) -> Iterator[str]:
    """How the model is trained, and how far it has come."""
    if model.compiled:
        settings, optimizer = model._settings("info"), model.optimizer
        yield (
            f"Optimizer: {type(optimizer).__name__}, learning rate {optimizer.learning_rate:.6g}, "
            f"{int(optimizer.iterations.value):,} steps."
        )
        yield f"Loss: {_shown(settings['loss'])}."
        if settings["metrics"]:
            yield f"Metrics: {_shown(settings['metrics'])}."
    else:
        yield "Not compiled."
    if model.history is not None and model.history.epoch:
        last = ", ".join(f"{name} {value:.6g}" for name, value in model.history.rows[-1].items())
        yield f"Epochs: {model.history.epoch[-1] + 1}; the last: {last}."


def _shown(value: Any) -> str:
    """Names of losses and metrics, alone, in lists or by output."""
    value = registry.plain(value)
    if isinstance(value, dict):
        if "class_name" in value:
            return str(value["class_name"])
        return ", ".join(f"{name}: {_shown(each)}" for name, each in value.items())
    return ", ".join(map(_shown, value)) if isinstance(value, list) else str(value)
