"""What tests of drawings share."""

import pytest

from tinygraph import nn


@pytest.fixture(autouse=True)
def _fresh_names():
    """The first layer of a kind without a name is called the same in every test."""
    nn.clear_session()
