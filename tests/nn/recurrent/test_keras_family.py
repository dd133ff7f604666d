"""The recurrent family against Keras: arguments, masks, directions, states, wrappers, all gradients."""

from collections import Counter

import numpy as np
import pytest
from nn.stored import Stored

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn.recurrent import rnn

KERAS = Stored("keras_family.npz")
GROUPS = (
    *("act", "gate", "size", "flag", "arg", "mask", "unroll", "cell", "cellarg", "step"),
    *("bi", "bicell", "biown", "bistate", "bizero", "time"),
)
#: what is not here yet
LATER = ("dropout_1", "time-conv", "time-norm", "time-pool", "state-conv", "bicell-conv")
CASES = [
    case for case in KERAS.cases if case["group"] in GROUPS and not any(word in case["id"] for word in LATER)
]
STATEFUL = [case for case in KERAS.cases if case["group"] == "state" and case["id"] not in LATER]
DROPPED = [
    case
    for case in KERAS.cases
    if case["group"] == "drop" and case["layer"]["class_name"] in ("LSTM", "GRU", "SimpleRNN")
]
CLOSE = {"rtol": 1e-9, "atol": 1e-10}


def arrays_of(case):
    """The arrays of a case, masks as truth values."""
    arrays = KERAS.arrays(case)
    return {name: a.astype(bool) if a.dtype == np.int8 else a for name, a in arrays.items()}


def flat(results):
    """Results in lists of lists as one list."""
    if not isinstance(results, (list, tuple)):
        return [results]
    return [each for result in results for each in flat(result)]


def filled(form, nodes):
    """What a call was given: a node for each name of an array."""
    if isinstance(form, list):
        return [filled(each, nodes) for each in form]
    return nodes.get(form, form) if isinstance(form, str) else form


def check(case, arrays, layer, close=CLOSE):
    """Compare outputs and every stored gradient."""
    taken = [name for name in arrays if name[0] not in "wydgr"]
    nodes = {name: tg.input(name, arrays[name].shape, dtype=arrays[name].dtype) for name in taken}
    first, *rest = filled(case["args"], nodes)
    given = {name: filled(value, nodes) for name, value in case["call"].items()}
    if rest:
        given["states"] = rest[0]
    outputs = flat(layer(first, **given))
    layer.set_weights([arrays[f"w{k}"] for k in range(len(layer.weights))])
    assert f"w{len(layer.weights)}" not in arrays
    assert f"y{len(outputs)}" not in arrays
    loss = tg.add_n([tg.sum(y * arrays[f"g{k}"]) for k, y in enumerate(outputs) if f"g{k}" in arrays])
    sources = nodes | {f"w{k}": weight for k, weight in enumerate(layer.weights)}
    slopes = [name for name in arrays if name[0] == "d" and name[1:] in sources]
    found = dict(zip(slopes, tg.gradients(loss, [sources[name[1:]] for name in slopes]), strict=True))
    run = tg.compile({f"y{k}": y for k, y in enumerate(outputs)} | found)
    for name, value in run(**{name: arrays[name] for name in run.inputs}).items():
        np.testing.assert_allclose(value, arrays[name], **close, err_msg=name)


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
    (names,) = case["dropout"]
    layer = nn.deserialize(case["layer"])

    def given(kind):
        """The stored masks, one for each gate."""
        masks = [tg.constant(arrays[name]) for name in names.get(kind, [])] or [None]
        return masks * (layer.cell.gates // len(masks))

    drawn = given("dropout"), given("recurrent_dropout")
    monkeypatch.setattr(rnn, "masks_of", lambda cell, shape, dtype, training: drawn)
    kept = {name: array for name, array in arrays.items() if name[:2] not in ("dm", "rm")}
    check(case, kept, layer)


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
