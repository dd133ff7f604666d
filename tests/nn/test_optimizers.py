"""Optimizers: twenty steps as in Keras, state, the learning rate, plans without copies, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import optimizers, registry, schedules

FILE = np.load(Path(__file__).parents[1] / "data" / "keras_optimizers.npz")
CASES = json.loads(str(FILE["cases"]))


@pytest.fixture
def float64():
    tg.set_floatx("float64")
    yield
    tg.set_floatx("float32")


def made(case):
    return registry.get("optimizer", {"class_name": case["class_name"], "config": case["config"]})


def stepper(optimizer, *starts):
    """Parameters, and a function that updates them by given gradients."""
    parameters = [tg.param(f"w{i}", start) for i, start in enumerate(starts)]
    gradients = [tg.input(f"g{i}", w.shape) for i, w in enumerate(parameters)]
    updates = optimizer.updates(parameters, gradients)
    return parameters, tg.compile({}, updates=updates)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case, float64):
    name = case["id"]
    optimizer = made(case)
    parameters, step = stepper(optimizer, FILE[f"{name}/w0"], FILE[f"{name}/w1"])
    assert not step.plan.copies
    for k, rate in enumerate(FILE[f"{name}/lr"]):
        assert optimizer.learning_rate == pytest.approx(rate, abs=1e-14)
        step(**{f"g{i}": FILE[f"{name}/g{i}"][k] for i in range(2)})
        for i, w in enumerate(parameters):
            np.testing.assert_allclose(w.value, FILE[f"{name}/r{i}"][k], rtol=0, atol=1e-12)
    assert optimizer.iterations.value == 20
