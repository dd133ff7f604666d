"""What tests of layers and models share."""

import pytest

import tinygraph as tg
from tinygraph import nn


@pytest.fixture
def float64():
    """Everything made in the test is in float64; `_same_defaults` takes it back."""
    tg.set_floatx("float64")


@pytest.fixture(autouse=True)
def _fresh_start():
    """The first LSTM of every test is called lstm, and its weights are the same in every run."""
    nn.clear_session()
    tg.set_seed(20)
