"""``convert``: a model from one kind of file to another."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any

from tinygraph.cli.command import command, opened
from tinygraph.nn.summary import in_bytes

EXAMPLES = """\
  tinygraph convert m.keras m.tiny        and back; needs tinygraph[keras]
  tinygraph convert m.tiny m.onnx         for ONNX runtimes; needs tinygraph[onnx]
  tinygraph convert m.tiny m.gguf         the weights for tools of ggml; needs tinygraph[gguf]
  tinygraph convert m.tiny predict.py     a script that predicts with NumPy alone
  tinygraph convert m.tiny m.safetensors  the weights, and the optimizer's state; also .weights.h5"""

#: by the end of a file's name, the method of a model that writes such a file
WRITERS: dict[str, Callable[[Any, str], None]] = {
    ".tiny": lambda model, path: model.save(path),
    ".keras": lambda model, path: model.save(path),
    ".safetensors": lambda model, path: model.save_weights(path),
    ".weights.h5": lambda model, path: model.save_weights(path),
    ".onnx": lambda model, path: model.export(path),
    ".gguf": lambda model, path: model.export(path),
    ".py": lambda model, path: model.export_numpy(path),
}


def add(commands: Any) -> None:
    """Declare the command."""
    parser = command(commands, run, "write a model as another kind of file, by the end of its name", EXAMPLES)
    parser.add_argument("output", metavar="OUTPUT", help=f"a name that ends in {', '.join(WRITERS)}")
    parser.add_argument("-f", "--force", action="store_true", help="write over a file that is there")


def run(given: argparse.Namespace) -> None:
    """Write the file, and print its name."""
    path = given.output
    write = next((WRITERS[end] for end in WRITERS if path.endswith(end)), None)
    if write is None:
        raise ValueError(
            f"{path}: cannot write a file of this kind; its name must end in {', '.join(WRITERS)}."
        )
    if os.path.exists(path) and not given.force:
        raise FileExistsError(f"{path}: there is such a file already; write over it with --force.")
    write(opened(given.file), path)
    print(f"{path}: {in_bytes(os.path.getsize(path))}")
