"""The files of numbers that real Keras gave, beside the scripts that made them in tests/data."""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[1] / "data"


class Stored:
    """One file: its cases, and the arrays of each."""

    def __init__(self, name):
        self.file = np.load(FOLDER / name)
        self.cases = json.loads(str(self.file["cases"]))
        self.names = defaultdict(list)
        for each in self.file.files:
            self.names[each.partition("/")[0]].append(each)

    def arrays(self, case):
        """The arrays of a case by name."""
        start = case["id"] + "/"
        return {name.removeprefix(start): self.file[name] for name in self.names[case["id"]]}
