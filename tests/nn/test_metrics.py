"""Metrics: the numbers of Keras over uneven batches, choice of accuracy, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import losses, metrics, registry

FILE = np.load(Path(__file__).parents[1] / "data" / "keras_losses.npz")
CASES = [case for case in json.loads(str(FILE["cases"])) if case["kind"] == "metric"]


def batches_of(case):
    """The three batches of a case, each y_true, y_pred and perhaps sample_weight."""
    names = [f"{case['id']}/{name}" for name in ("y_true", "y_pred", "sample_weight")]
    names = [name for name in names if f"{name}0" in FILE.files]
    return [[FILE[f"{name}{batch}"] for name in names] for batch in range(3)]


def made(case):
    return registry.get("metric", {"class_name": case["class_name"], "config": case["config"]})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case):
    metric = made(case)
    for batch, expected in zip(batches_of(case), FILE[case["id"] + "/result"], strict=True):
        metric.update_state(*batch)
        np.testing.assert_allclose(metric.result(), expected, rtol=1e-12, atol=1e-12)
