"""Mutated files: each is refused, or is a model all the same, at a bounded cost and with no code run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from saving.malformed import CASES
from saving.mutate import BYTES

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent

#: in megabytes, beside twice the size of the file
MOST_MEMORY = 64


def report_of(*arguments):
    """What `watched` says of files that it makes of these arguments, in a process of its own."""
    path = os.pathsep.join(map(str, [ROOT, TESTS]))
    command = [sys.executable, str(TESTS / "saving" / "watched.py"), *map(str, arguments)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(report):
    assert not report["wrong"]
    assert report["largest"][0] <= MOST_MEMORY, report["largest"]


def test_files_made_by_hand_are_refused_at_a_bounded_cost(tmp_path):
    report = report_of(tmp_path)
    check(report)
    assert report["refused"] == {"malformed": len(CASES)}


def test_mutated_files_are_refused(tmp_path):
    report = report_of(tmp_path, 0, 1500)
    check(report)
    assert set(report["refused"]) > {mutation.__name__ for mutation in BYTES}
    assert sum(report["refused"].values()) + sum(report["loaded"].values()) == 1500


@pytest.mark.full
@pytest.mark.parametrize("start", range(0, 50_000, 5_000))
def test_fifty_thousand_mutated_files_are_refused(start, tmp_path):
    report = report_of(tmp_path, start, start + 5_000)
    check(report)
    assert report["slowest"][0] <= 1.0, report["slowest"]  # seconds of the CPU
