"""What tests of reliability share."""

import sys

import pytest

import tinygraph as tg
from tinygraph import nn


@pytest.fixture(autouse=True)
def _fresh_start():
    """The first LSTM of every test is called lstm, and its weights are the same in every run."""
    nn.clear_session()
    tg.set_seed(20)


@pytest.fixture
def restless():
    """Python goes from one thread to another a thousand times as often as it would."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)
