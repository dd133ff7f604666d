"""What stays in memory: nothing of steps and fits that are done, nor of models that nobody holds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinygraph import backends

if sys.platform != "linux":
    pytest.skip("reads /proc, and lets glibc give memory back", allow_module_level=True)

TESTS = Path(__file__).parents[1]


JIT = ["numpy"] + ["jit"] * backends.compiles("numpy")


def grown(work, jit, times, warm):
    """What grown.py tells of doing ``work`` so often, after doing it ``warm`` times."""
    command = [sys.executable, TESTS / "reliability" / "grown.py", work, jit, str(times), str(warm)]
    environment = os.environ | {"PYTHONPATH": str(TESTS.parent), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    print(work, jit, times, told)
    return told


@pytest.mark.parametrize("jit", JIT)
@pytest.mark.parametrize("work", ["steps", "steps_of_fit"])
def test_steps_leave_nothing(work, jit):
    assert grown(work, jit, times=1000, warm=300)["grown"] <= 1.0


@pytest.mark.parametrize("jit", JIT)
def test_fits_leave_nothing(jit):
    assert grown("fits", jit, times=60, warm=40)["grown"] <= 2.0


@pytest.mark.parametrize("jit", JIT)
def test_models_are_freed(jit):
    told = grown("builds", jit, times=8, warm=4)
    assert told["left"] == 0
    assert told["grown"] <= 4.0  # one takes a megabyte


@pytest.mark.full
@pytest.mark.parametrize("jit", JIT)
@pytest.mark.parametrize("work", ["steps", "steps_of_fit"])
def test_10000_steps_leave_nothing(work, jit):
    assert grown(work, jit, times=10_000, warm=500)["grown"] <= 1.0


@pytest.mark.full
@pytest.mark.parametrize("jit", JIT)
def test_1000_fits_leave_nothing(jit):
    assert grown("fits", jit, times=1000, warm=50)["grown"] <= 2.0


@pytest.mark.full
@pytest.mark.parametrize("jit", JIT)
def test_300_models_are_freed(jit):
    told = grown("builds", jit, times=300, warm=30)
    assert told["left"] == 0
    assert told["grown"] <= 8.0
    assert told["most"] <= 100.0  # with the garbage that Python's collector has not come to
