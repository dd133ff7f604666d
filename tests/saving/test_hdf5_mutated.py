"""Mutated weights of HDF5 are read or refused; libhdf5 neither crashes, hangs nor takes much memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("h5py")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="its limits are those of Linux")
SCRIPT = Path(__file__).with_name("hdf5_mutated.py")


def found(folder, first, last):
    path = {"PYTHONPATH": str(SCRIPT.parents[2])}
    command = [sys.executable, str(SCRIPT), str(folder), str(first), str(last)]
    done = subprocess.run(command, env={**os.environ, **path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_mutated_weights_of_hdf5_are_read_or_refused(tmp_path):
    outcomes = found(tmp_path, 0, 400)
    assert set(outcomes) == {"read", "refused"}, outcomes


@pytest.mark.full
@pytest.mark.parametrize("start", range(0, 10_000, 2_500))
def test_ten_thousand_mutated_weights_of_hdf5(start, tmp_path):
    assert set(found(tmp_path, start, start + 2_500)) == {"read", "refused"}
