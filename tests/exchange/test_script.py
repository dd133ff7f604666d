"""`Model.export_numpy`: scripts that need NumPy only predict as the model does, and are well written."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from exchange.script_cases import CASES, MODELS, filled, forecaster, rng

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn import registry

#: how far results may be off, as a part of the largest of them
CLOSE = {"float32": 4e-6, "float64": 1e-13}
RUNNER = Path(__file__).with_name("script_runner.py")


def listed(found):
    """Results by name, in a list or alone, as a list."""
    if isinstance(found, dict):
        return list(found.values())
    return found if isinstance(found, list) else [found]


def same(found, expected):
    """Compare arrays: their dtypes, shapes and, but for rounding, values."""
    assert len(found) == len(expected)
    for y, wanted in zip(found, expected, strict=True):
        assert (y.dtype, y.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(y, wanted, rtol=0.0, atol=CLOSE[y.dtype.name] * np.abs(wanted).max(initial=1e-9))


class Written:
    """The scripts of all cases in one folder, run by one process, and what the models themselves predict."""

    def __init__(self, folder, names):
        self.folder, self.expected = folder, {}
        for each in ("inputs", "outputs", "packages"):
            (folder / each).mkdir()
        for part in Path(np.__file__).parents[1].glob("numpy*"):
            (folder / "packages" / part.name).symlink_to(part)
        for name in names:
            model, arrays = CASES[name]()
            model.export_numpy(folder / f"{name}.py")
            np.savez(folder / "inputs" / f"{name}.npz", *arrays)
            self.expected[name] = listed(model.predict(arrays if len(arrays) > 1 else arrays[0]))
        command = [sys.executable, "-I", "-S", str(RUNNER), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def check(self, name):
        error = self.folder / "outputs" / f"{name}.txt"
        assert not error.exists(), error.read_text()
        with np.load(self.folder / "outputs" / f"{name}.npz") as file:
            same([file[key] for key in file], self.expected[name])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return Written(tmp_path_factory.mktemp("scripts"), CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_script_predicts_as_the_model_does_with_numpy_alone(written, name):
    written.check(name)
