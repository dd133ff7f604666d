"""What a table was measured on: processor, versions, commit."""

import datetime
import json
import os
import platform
import re
import subprocess
from pathlib import Path

PACKAGES = (
    "numpy",
    "llvmlite",
    "threadpoolctl",
    "cupy-cuda12x",
    "torch",
    "jax",
    "keras",
    "tensorflow",
)

LIBRARIES = ("OPENBLAS_", "MKL_", "OMP_")

VERSIONS = f"""
import json, platform
from importlib.metadata import PackageNotFoundError, version
found = {{"python": platform.python_version()}}
for name in {PACKAGES}:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def versions(python):
    """Return the versions of the packages that an interpreter has, and its own."""
    done = subprocess.run([python, "-c", VERSIONS], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def processor():
    """Return the name of the processor and how many cores this process may use."""
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    name = found[1] if found else platform.processor() or platform.machine()
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{count} cores of {name}"


def commit():
    """Return the commit that is measured, with a + if files were changed since; or "unknown"."""
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def described(pythons):
    """Return the lines that stand above every table."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    lines = [
        f"tinygraph {commit()}, {datetime.date.today()}",
        f"{processor()}, {platform.system()}{load}",
    ]
    for python in pythons:
        lines.append(", ".join(f"{name} {version}" for name, version in versions(python).items()))
    return lines + told()


def told():
    """Return a line of what the environment tells a BLAS: an OPENBLAS_CORETYPE may halve its speed."""
    found = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith(LIBRARIES)]
    found = [text for text in found if "NUM_THREADS" not in text]  # each process is given its own
    return [f"in the environment: {', '.join(found)}"] if found else []
