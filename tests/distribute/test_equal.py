"""Two and four ranks give what one process gives for the same batches: weights, the optimizer's state,
losses and metrics."""

import json
from functools import cache

import pytest
from distribute.equal_cases import CASES
from distribute.launch import mpirun


@cache
def apart(ranks):
    """The largest difference of any number of each case, over all ranks."""
    return json.loads(mpirun(ranks, "equal_cases.py").stdout)


@pytest.mark.parametrize("ranks", [2, 4])
@pytest.mark.parametrize("case", CASES)
def test_ranks_train_as_one_process(case, ranks):
    assert apart(ranks)[case] < 1e-12
