"""Ordinary Keras scripts, run under Keras as they are, or here, with their import lines changed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "scripts"
SCRIPTS = sorted(path for path in FOLDER.glob("*.py") if path.stem != "conftest")

#: all that changes in a script
IMPORTS = {
    "import keras": "from tinygraph import nn as keras",
    "from keras import layers": "from tinygraph import nn as layers",
    "from keras import layers, ops": "import tinygraph as ops; from tinygraph import nn as layers",
    "from keras.utils import PyDataset": "from tinygraph.nn import PyDataset",
}
NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?")


def backend_of(path: Path) -> str:
    """Which backend of Keras runs a script: with JAX, states do not last from batch to batch of fit."""
    return "torch" if path.stem == "stateful" else "jax"


def migrated(text: str) -> str:
    """Return a script for Keras with its import lines changed."""
    return "\n".join(IMPORTS.get(line, line) for line in text.splitlines())


def printed(text: str, backend: str | None = None) -> str:
    """Run a script in a process of its own; return what it prints."""
    keras = {} if backend is None else {"KERAS_BACKEND": backend}
    command = [sys.executable, "-W", "ignore", "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **keras})
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def words_and_numbers(output: str) -> tuple[list[str], list[float]]:
    """Return what is printed without its decimal fractions, and those."""
    return NUMBER.sub("#", output).splitlines(), [float(number) for number in NUMBER.findall(output)]
