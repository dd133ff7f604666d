"""Drawings, told in words, are those that stand in the folder ``golden``.

Where a change is meant, ``python tests/viz/make_golden.py`` writes them anew: read the difference.
"""

import pytest
from viz.goldens import CASES, GOLDEN, STAGED, texts

ALL = [*CASES, *STAGED]


@pytest.mark.parametrize(("name", "thing", "how"), ALL, ids=[case[0] for case in ALL])
def test_golden(name, thing, how):
    for suffix, text in texts(thing, how).items():
        expected = (GOLDEN / f"{name}{suffix}").read_text(encoding="utf-8")
        assert text.splitlines() == expected.splitlines(), f"{name}{suffix}"


def test_no_golden_file_is_left_over():
    names = {f"{name}{suffix}" for name, thing, how in ALL for suffix in texts(thing, how)}
    assert {path.name for path in GOLDEN.iterdir()} == names
