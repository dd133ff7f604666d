"""Everything that must hold: format, lint, types, then all tests: ``python -m tests``."""

import subprocess
import sys

CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("pytest",),  # last: its closing line ends the output
)

if __name__ == "__main__":
    for module, *arguments in CHECKS:
        print(f"$ {module} {' '.join(arguments)}", flush=True)
        done = subprocess.run([sys.executable, "-m", module, *arguments])
        if done.returncode:
            sys.exit(done.returncode)
