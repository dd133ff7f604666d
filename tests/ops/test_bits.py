"""`kept`: numbers by their bits."""

from __future__ import annotations

import pytest

import tinygraph as tg
from tinygraph.ops.bits import kept


def test_bits_must_be_as_wide_as_the_numbers():
    with pytest.raises(
        tg.GraphError, match="kept: needs floats, and whole numbers of the same shape and width"
    ):
        kept(tg.input("x", (3,)), tg.input("bits", (3,), dtype="int64"))
