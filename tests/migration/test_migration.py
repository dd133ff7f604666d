"""Ten Keras scripts run here with only their import lines changed, and print what Keras prints.

Words, shapes and labels are the same, and every number is to 1e-5 of its size, or to 1e-6: training is in
float32, whose last bits depend on the order of sums.
"""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from migration.runs import IMPORTS, SCRIPTS, backend_of, migrated, printed, words_and_numbers

STORED = json.loads((Path(__file__).parents[1] / "data" / "keras_migration.json").read_text())["printed"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_prints_what_it_prints_under_keras(path):
    ours = printed(migrated(path.read_text()))
    agree(ours, "\n".join(STORED[path.stem]))
    backend = backend_of(path)
    if importlib.util.find_spec("keras") and importlib.util.find_spec(backend):
        agree(ours, printed(path.read_text(), backend))


def agree(ours, theirs):
    words, numbers = words_and_numbers(ours)
    expected, values = words_and_numbers(theirs)
    assert words == expected
    np.testing.assert_allclose(numbers, values, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_nothing_but_import_lines_is_changed(path):
    before, after = path.read_text().splitlines(), migrated(path.read_text()).splitlines()
    changed = [old for old, new in zip(before, after, strict=True) if old != new]
    assert set(changed) <= set(IMPORTS)
    assert not [line for line in after if "import keras" in line or "from keras" in line]
    assert "import keras" in before


def test_there_are_ten():
    assert len(SCRIPTS) == 10
    assert set(STORED) == {path.stem for path in SCRIPTS}


def test_another_number_or_another_word_is_seen():
    agree("loss [0.5000001, 2]", "loss [0.5, 2]")
    for other in ("loss [0.50002, 2]", "loss [0.5, 3]", "mae [0.5, 2]"):
        with pytest.raises(AssertionError):
            agree(other, "loss [0.5, 2]")
