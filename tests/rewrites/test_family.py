"""Rewritten equals unrewritten, on every stored configuration of the recurrent family."""

import numpy as np
import pytest
from nn.keras_cases import KERAS, arrays_of, filled, flat

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn.tracing import Trace

RECURRENT = ("LSTM", "GRU", "RNN", "Bidirectional", "TimeDistributed")
CASES = [
    case
    for case in KERAS.cases
    if any(word in case["layer"]["class_name"] for word in RECURRENT) and "batches" not in case
]
GROUPS = sorted({case["group"] for case in CASES})


def results(case, rewrite):
    """The outputs of a layer and their gradients by its weights and the first input."""
    arrays = arrays_of(case)
    tg.set_floatx("float64")
    nn.clear_session()
    layer = nn.deserialize(case["layer"])
    names = [name for name in arrays if name[0] in "xsm" and name != "mask_out"]
    nodes = {name: tg.input(name, arrays[name].shape, dtype=arrays[name].dtype) for name in names}
    first, *rest = filled(case["args"], nodes)
    given = {name: filled(value, nodes) for name, value in case["call"].items()}
    with Trace(training=bool(given.get("training"))):
        outputs = flat(layer(first, *rest, **given))
    layer.set_weights([arrays[f"w{k}"] for k in range(len(layer.weights))])
    loss = tg.add_n([tg.sum(tg.tanh(y)) for y in outputs])
    slopes = tg.gradients(loss, [*layer.weights, *flat(first)])
    run = tg.compile([*outputs, *slopes], rewrite=rewrite, jit_compile=False)
    return run(**{name: arrays[name] for name in run.inputs})


@pytest.mark.parametrize("group", GROUPS)
def test_rewritten_equals_unrewritten(group):
    for case in CASES:
        if case["group"] == group:
            tg.set_seed(1)
            expected = results(case, rewrite=False)
            tg.set_seed(1)
            for one, other in zip(results(case, rewrite=True), expected, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12, err_msg=case["id"])
