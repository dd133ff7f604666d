"""Running a script on several ranks; skipped, and the report says why, where that cannot be."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
#: as root, and more ranks than cores: Open MPI wants to be told
ALLOWED = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "OPENBLAS_NUM_THREADS": "1",
}


def mpirun(ranks: int, script: str | Path, *arguments: str, wanted: int = 0) -> subprocess.CompletedProcess:
    """Run a script, by its name one of this folder, on so many ranks; None is wanted of one that fails."""
    if importlib.util.find_spec("mpi4py") is None:
        pytest.skip("mpi4py is not installed")
    beside = Path(sys.executable).parent / "mpirun"
    command = str(beside) if beside.exists() else shutil.which("mpirun")
    if command is None:
        pytest.skip("there is no mpirun")
    root = str(HERE.parents[1])
    done = subprocess.run(
        [command, "-n", str(ranks), sys.executable, str(HERE / script), *arguments],
        env=os.environ | ALLOWED | {"PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=300,
    )
    failed = done.returncode != 0
    assert failed if wanted is None else done.returncode == wanted, done.stdout + done.stderr
    return done
