"""Losses: the numbers of Keras, reductions, weights, masks, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import losses, registry

FILE = np.load(Path(__file__).parents[1] / "data" / "keras_losses.npz")
CASES = [case for case in json.loads(str(FILE["cases"])) if case["kind"] == "loss"]


def arrays_of(case):
    """The arrays of a case by name."""
    start = case["id"] + "/"
    return {name.removeprefix(start): FILE[name] for name in FILE.files if name.startswith(start)}


def nodes_of(**arrays):
    return [tg.input(name, array.shape, dtype=array.dtype) for name, array in arrays.items()]


def evaluate(loss, **arrays):
    """The value of a loss of y_true, y_pred and perhaps sample_weight, and its gradient by y_pred."""
    nodes = nodes_of(**arrays)
    value = loss(*nodes)
    (gradient,) = tg.gradients(tg.sum(value), [nodes[1]])
    return tg.compile([value, gradient])(**arrays)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case):
    arrays = arrays_of(case)
    expected = {name: arrays.pop(name) for name in ("value", "values", "dy_pred")}
    loss = registry.get("loss", {"class_name": case["class_name"], "config": case["config"]})
    value, gradient = evaluate(loss, **arrays)
    np.testing.assert_allclose(value, expected["value"], rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(gradient, expected["dy_pred"], rtol=1e-10, atol=1e-10)
    unreduced = losses.get({"class_name": case["class_name"], "config": case["config"] | {"reduction": None}})
    values, _ = evaluate(unreduced, **arrays)
    # Keras keeps a last axis of size 1 that weights have too many; ours keep the shape of the losses.
    np.testing.assert_allclose(values, expected["values"].reshape(values.shape), rtol=1e-10, atol=1e-10)
