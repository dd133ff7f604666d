"""Everything that must hold: format, lint, types, then all tests: ``python -m tests``.

``python -m tests coverage`` measures which branches all tests reach: that takes longer.
"""

import argparse
import subprocess
import sys

CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("pytest",),  # last: its closing line ends the output
)

#: the autodiff, planner, executor and file code: here every line and branch is reached
WHOLLY = (
    *("graph/*", "op.py", "ops/*", "grad.py", "differences.py"),
    *("rewrites/*", "plan.py", "fusing.py"),
    *("run.py", "compile.py", "backends/*", "interrupts.py", "collector.py"),
    *("files.py", "saving/*", "exchange/*", "cli/*"),
)
#: its kernels run here on the processor, if at all; they count in the whole alone
DEVICE = "tinygraph/backends/cupy/*"

COVERAGE = (
    ("coverage", "erase"),
    ("coverage", "run", "-m", "pytest"),
    ("coverage", "combine", "--quiet"),
    ("coverage", "report", "--fail-under=95"),
    (
        *("coverage", "report", "--fail-under=100", f"--omit={DEVICE}"),
        "--include=" + ",".join(f"tinygraph/{place}" for place in WHOLLY),
    ),
)

TIERS = {"checks": CHECKS, "coverage": COVERAGE}

if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m tests")
    parser.add_argument("tier", nargs="?", choices=TIERS, default="checks")
    for module, *arguments in TIERS[parser.parse_args().tier]:
        print(f"$ {module} {' '.join(arguments)}", flush=True)
        done = subprocess.run([sys.executable, "-m", module, *arguments])
        if done.returncode:
            sys.exit(done.returncode)
