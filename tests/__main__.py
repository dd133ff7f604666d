"""Everything that must hold: format, lint, types, then all tests. ``python -m tests`` from the project's root."""

import subprocess
import sys

CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("pytest",),  # last: its closing line ends the output
)

for module, *arguments in CHECKS:
    print(f"$ {module} {' '.join(arguments)}", flush=True)
    status = subprocess.run([sys.executable, "-m", module, *arguments, *(sys.argv[1:] if module == "pytest" else [])])
    if status.returncode:
        sys.exit(status.returncode)
