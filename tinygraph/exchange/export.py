"""`Model.export`: which format a file is to have."""

from __future__ import annotations

import importlib
import os

from tinygraph.nn.graphed import Graphed
from tinygraph.nn.registry import did_you_mean

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
    suffix = os.path.splitext(os.fspath(filepath))[1].removeprefix(".").lower()
    found = suffix if format is None else format
    if found not in FORMATS:
        given = f"the ending {'.' + suffix!r}" if format is None else f"format {format!r}"
        raise ValueError(f"{title}: unknown {given}{did_you_mean(found, FORMATS)}")
    module, name = FORMATS[found]
    getattr(importlib.import_module(module), name)(model, filepath)
    if verbose:
        print(f"{title}: wrote {os.fspath(filepath)!r}.")
