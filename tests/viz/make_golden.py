"""Write the golden files anew: ``python tests/viz/make_golden.py``. Read the difference; keep it if meant."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from viz.goldens import CASES, GOLDEN, STAGED, texts

if __name__ == "__main__":
    for path in GOLDEN.iterdir():
        path.unlink()
    for name, thing, how in (*CASES, *STAGED):
        for suffix, text in texts(thing, how).items():
            (GOLDEN / f"{name}{suffix}").write_text(text, encoding="utf-8", newline="\n")
