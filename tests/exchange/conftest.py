"""What tests of files of other systems share: names and numbers that are the same in every run."""

import pytest

import tinygraph as tg
from tinygraph import nn


@pytest.fixture(autouse=True)
def _fresh_start():
    nn.clear_session()
    tg.set_seed(20)
