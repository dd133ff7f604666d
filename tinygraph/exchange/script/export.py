"""`export_numpy`: a model as a script and, beside it, its weights."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

import tinygraph.exchange.script.layers  # noqa: F401  declares how layers are written
from tinygraph.exchange.script.library import FUNCTIONS, Library
from tinygraph.exchange.script.lines import needed
from tinygraph.exchange.script.names import name_values
from tinygraph.exchange.script.own import changes_what_it_computes
from tinygraph.exchange.script.page import Page, calls_of
from tinygraph.exchange.script.writer import Array, Writer
from tinygraph.files import write_with_folder
from tinygraph.nn.checks import file_name
from tinygraph.nn.graphed import Graphed


def export_numpy(model: Graphed, path: str | os.PathLike[str]) -> None:
    """Write ``predict.py`` and, if the model has weights, ``predict.npz``; see `Stored.export_numpy`."""
    owner = f"{model.title}.export_numpy"
    target = Path(file_name(owner, "path", path))
    if target.suffix != ".py":
        raise ValueError(f"{owner}: expected a name such as predict.py, got {str(target)!r}.")
    text, arrays = script(model, target.stem)
    if arrays:
        stored = io.BytesIO()
        np.savez(stored, allow_pickle=False, **arrays)
        write_with_folder(target.with_suffix(".npz"), stored.getvalue())
    write_with_folder(target, text)


def script(model: Graphed, stem: str) -> tuple[str, Mapping[str, Array]]:
    """Return the text of a model's script, which is to be called ``stem``, and its weights by name."""
    model._check_built()
    writer = Writer(f"{model.title}.export_numpy")
    if changes_what_it_computes(model):
        raise ValueError(f"{writer.owner}: the class has a call of its own, which a script cannot have.")
    only = len(model.inputs) == 1
    names = ["x" if only or re.fullmatch(r"input(_\d+)?", s.name) else s.name for s in model.inputs]
    inputs = [writer.value(s.shape, s.dtype, n) for s, n in zip(model.inputs, names, strict=True)]
    outputs = dict(zip(model.output_names, writer.model(model, inputs), strict=True))
    if len(outputs) > 1:
        for name, value in outputs.items():
            value.name = value.name or (None if re.sub(r"_\d+$", "", name) in FUNCTIONS else name)
    lines = needed(writer.lines, outputs.values())
    library = Library(calls_of(writer, lines))
    called = name_values(inputs, lines, outputs.values(), FUNCTIONS)
    return Page(stem, writer, lines, inputs, outputs, called, library).text(), writer.arrays
