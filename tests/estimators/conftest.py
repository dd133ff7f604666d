"""What tests of estimators share: small data."""

import numpy as np
import pytest


@pytest.fixture
def series():
    """Series (samples, time), which way each goes, and by how much."""
    rng = np.random.default_rng(0)
    slopes = rng.normal(size=60)
    X = slopes[:, None] * np.arange(5) + 0.1 * rng.normal(size=(60, 5))
    return X, np.where(slopes > 0, "up", "down"), slopes
