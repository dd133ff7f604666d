"""`Model.export`: which format a file is to have."""

from __future__ import annotations

import importlib
import os

from tinygraph.nn.checks import file_name
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.signatures import did_you_mean

#: format -> the module and the function in it that writes a file: ``write(model, filepath)``
FORMATS = {
    "onnx": ("tinygraph.exchange.onnx.export", "export_onnx"),
    "gguf": ("tinygraph.exchange.gguf", "write_gguf"),
}


def export(
    model: Graphed,
    filepath: str | os.PathLike[str],
    format: str | None = None,
    verbose: bool | None = None,
) -> None:
    """Write a model in the format that is named, or that the ending of the file says."""
    title = f"{model.title}.export"
    name = file_name(title, "filepath", filepath)
    if format is None:
        format = os.path.splitext(name)[1].removeprefix(".").lower()
        if format not in FORMATS:
            ends = " or ".join(f".{each}" for each in FORMATS)
            raise ValueError(f"{title}: expected a name that ends in {ends}, or a format, got {name!r}.")
    if format not in FORMATS:
        raise ValueError(f"{title}: unknown format {format!r}{did_you_mean(format, FORMATS)}")
    module, write = FORMATS[format]
    getattr(importlib.import_module(module), write)(model, name)
    if verbose:
        print(f"{title}: wrote {name!r}.")
