"""Makes keras_migration.json: what Keras prints for each script of tests/migration/scripts.

python tests/data/make_keras_migration.py [folder]
"""

import json
import sys
from pathlib import Path

import keras

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from migration.runs import SCRIPTS, backend_of, printed  # noqa: E402

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    found = {path.stem: printed(path.read_text(), backend_of(path)).splitlines() for path in SCRIPTS}
    text = json.dumps({"keras": keras.__version__, "printed": found}, indent=1)
    (folder / "keras_migration.json").write_text(text + "\n")
