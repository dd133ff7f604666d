"""The recurrent family against Keras: arguments, masks, directions, states, wrappers, all gradients."""

from collections import Counter

import numpy as np
import pytest
from nn.keras_cases import CLOSE, arrays_of, cases, check, filled, flat

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn.recurrent.cell import Cell

#: what test_conv_lstm.py has
CONVOLUTIONS = ("conv",)
KINDS = ("dropout", "recurrent_dropout")
CASES = cases(
    *("act", "gate", "size", "flag", "arg", "mask", "unroll", "cell", "cellarg", "step", "init", "activity"),
    *("bi", "bicell", "biown", "bistate", "bizero", "time", "masking", "embedding"),
    without=(*CONVOLUTIONS, "activity-rnn"),  # Keras' SimpleRNN takes the argument and ignores it
)
STATEFUL = cases("state", without=CONVOLUTIONS)
DROPPED = cases("drop", without=CONVOLUTIONS)


def test_enough_configurations():
    kinds = Counter(case["layer"]["class_name"] for case in CASES)
    assert len(CASES) >= 700
    assert min(kinds[name] for name in ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional")) >= 60
    assert len(STATEFUL) >= 20
    assert len(DROPPED) >= 15


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", DROPPED, ids=lambda case: case["id"])
def test_dropout_acts_where_it_acts_in_keras(case, monkeypatch):
    arrays = arrays_of(case)
    stored = iter(case["dropout"])  # of each cell

    def masks(cell, shape, dtype, training):
        names = next(stored)
        found = ([tg.constant(arrays[n]) for n in names.get(kind, [])] for kind in KINDS)
        return tuple(tg.stack(each) if len(each) > 1 else next(iter(each), None) for each in found)

    monkeypatch.setattr(Cell, "masks", masks)
    check(case, arrays, nn.deserialize(case["layer"]))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", STATEFUL, ids=lambda case: case["id"])
def test_states_last_from_batch_to_batch(case):
    arrays = arrays_of(case)
    layer = nn.deserialize(case["layer"])
    layer.ensure_built(arrays["b0/x"].shape[1:])
    layer.set_weights([arrays[f"w{k}"] for k in range(len(layer.weights))])
    for number, batch in enumerate(case["batches"]):
        own = {k.removeprefix(f"b{number}/"): a for k, a in arrays.items() if k.startswith(f"b{number}/")}
        if batch["reset"]:
            layer.reset_states()
        given = {name: filled(value, own) for name, value in {**case["call"], **batch["call"]}.items()}
        for k, value in enumerate(flat(layer(own["x"], **given))):
            np.testing.assert_allclose(value, own[f"y{k}"], **CLOSE, err_msg=f"batch {number}, y{k}")
