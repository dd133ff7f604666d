"""The pictures of the README are what the script beside them makes."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"


def test_pictures_are_up_to_date(tmp_path):
    subprocess.run([sys.executable, "-W", "error", FOLDER / "make.py", tmp_path], check=True, cwd=tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in FOLDER.glob("*.svg")}
    assert made.keys() == kept.keys()
    for name, picture in made.items():
        assert picture == kept[name], f"{name} is not what is drawn now: run python docs/pictures/make.py"
