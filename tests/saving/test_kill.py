"""kill -9 while a model is saved, and files that may not grow: the old model or the new one is there."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from saving.savers import SAVERS

if sys.platform == "win32":
    pytest.skip("forks processes, and kills them", allow_module_level=True)

TESTS = Path(__file__).parents[1]
REFUSED = 3


def struck(saver, **blows):
    """The cases of struck.py, after checks that hold for all of them."""
    command = [sys.executable, TESTS / "saving" / "struck.py", saver]
    command += [f"{blow}={points}" for blow, points in blows.items()]
    path = os.pathsep.join([str(TESTS.parent), str(TESTS)])
    environment = os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    cases = json.loads(done.stdout)
    assert [case for case in cases if case["found"] not in ("A", "B")] == []
    return cases


def check(saver, killed, limits):
    """Each kind of blow struck, and both models were found."""
    cases = struck(saver, time=killed, event=killed, bytes=killed, limit=limits)
    by_blow = {blow: [case for case in cases if case["blow"] == blow] for blow in ("time", "event", "bytes")}
    assert [len(of_kind) for of_kind in by_blow.values()] == [killed] * 3
    assert {case["ending"] for case in by_blow["time"] + by_blow["event"]} == {-signal.SIGKILL}
    assert [case["ending"] for case in by_blow["bytes"]] == [-signal.SIGXFSZ] * (killed - 1) + [0]
    assert any(case["left"] for case in cases)  # some were killed amid writing
    assert {case["found"] for case in by_blow["event"]} == {"A", "B"}
    limited = [case for case in cases if case["blow"] == "limit"]
    assert [case["ending"] for case in limited] == [REFUSED] * (limits - 1) + [0]
    assert [case["found"] for case in limited] == ["A"] * (limits - 1) + ["B"]
    assert {case["left"] for case in limited} == {0}


@pytest.mark.parametrize("saver", SAVERS)
def test_the_model_before_is_whole(saver):
    check(saver, killed=12, limits=8)


@pytest.mark.full
@pytest.mark.parametrize("saver", SAVERS)
def test_the_model_before_is_whole_at_300_points(saver):
    check(saver, killed=100, limits=64)
