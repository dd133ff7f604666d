"""A training that was broken off and goes on in another process ends as one that was not, bit for bit."""

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from saving.resumes import BROKEN, EPOCHS, FEATURES, OPTIMIZERS, RUNS

SCRIPT = Path(__file__).with_name("resumes.py")
#: one of each feature, of both orders and stateful, with and without dropout
QUICK = [
    [name for name, run in RUNS.items() if run.feature == feature][k % 3]
    for k, feature in enumerate(FEATURES)
]


def process(*arguments, expected=0, **environment):
    """Run a script in a new process."""
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, **environment)
    assert done.returncode == expected, done.stderr
    return done.stdout


def outcome(folder, name, which):
    """How a training ended: its arrays by name, and the epochs and rows of its history."""
    with np.load(folder / f"{name}.{which}.npz") as file:
        arrays = {key: file[key] for key in file.files if key != "history"}
        return arrays, json.loads(str(file["history"]))


def differences(folder, name):
    """What is not the same bits in the runs that went on and in the one that did not stop."""
    arrays, (epochs, rows) = outcome(folder, name, "whole")
    assert epochs == list(range(EPOCHS))
    found = []
    for which in ("backup", "amid", "end"):
        theirs, (their_epochs, their_rows) = outcome(folder, name, which)
        first = their_epochs[0]
        if (their_epochs, json.dumps(their_rows)) != (epochs[first:], json.dumps(rows[first:])):
            found.append((name, which, "history"))
        if first not in ((0, BROKEN[0]) if which == "end" else (0,)) or set(theirs) != set(arrays):
            found.append((name, which, "what there is"))
        found += [
            (name, which, key)
            for key, array in arrays.items()
            if key not in theirs
            or array.dtype != theirs[key].dtype
            or array.tobytes() != theirs[key].tobytes()
        ]
    return found


def check(folder, names, how="broken"):
    """Train, break off, go on, and compare."""
    process(SCRIPT, "whole", folder, *names)
    process(SCRIPT, how, folder, *names, expected=-signal.SIGKILL if how == "killed" else 0)
    process(SCRIPT, "again", folder, *names)
    assert [each for name in names for each in differences(folder, name)] == []


def test_the_runs_have_every_optimizer_and_feature():
    assert len(RUNS) == 48
    assert set(Counter(run.optimizer for run in RUNS.values()).values()) == {6}
    assert set(Counter(run.feature for run in RUNS.values())) == set(FEATURES)
    assert len({RUNS[name].optimizer for name in QUICK}) >= len(OPTIMIZERS) // 2
    assert {RUNS[name].order for name in QUICK} == {"shuffled", "ordered", "stateful"}


def test_going_on_equals_not_having_stopped(tmp_path):
    check(tmp_path, QUICK)


@pytest.mark.full
def test_going_on_equals_not_having_stopped_in_all_48(tmp_path):
    check(tmp_path, list(RUNS))


def test_a_killed_process_goes_on(tmp_path):
    check(tmp_path, QUICK[1:2], how="killed")
