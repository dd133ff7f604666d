"""Runs scripts where NumPy is all there is: a folder of ``<case>.py``, and ``inputs/<case>.npz`` for each.

    python -I -S script_runner.py FOLDER

FOLDER/packages holds NumPy and nothing else. What a script predicts goes to ``outputs/<case>.npz``, or the
error that it raised to ``outputs/<case>.txt``. Warnings are errors.
"""

import importlib.util
import runpy
import sys
import traceback
import warnings
from pathlib import Path


def run(folder):
    sys.path.insert(0, str(folder / "packages"))
    import numpy as np

    assert importlib.util.find_spec("tinygraph") is None
    warnings.simplefilter("error")
    for script in sorted(folder.glob("*.py")):
        with np.load(folder / "inputs" / f"{script.stem}.npz") as file:
            inputs = [file[name] for name in file]
        try:
            found = runpy.run_path(str(script))["predict"](*inputs)
        except Exception:  # the next script is to run too
            (folder / "outputs" / f"{script.stem}.txt").write_text(traceback.format_exc())
            continue
        named = found if isinstance(found, dict) else {"result": found}
        results = {f"{name}/": y for name, y in named.items()}
        np.savez(folder / "outputs" / f"{script.stem}.npz", **results)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
