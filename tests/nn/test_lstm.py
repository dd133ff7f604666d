"""The LSTM alone: the numbers of Keras, its weights, its textbook step in a scope for each time step."""

import numpy as np
import pytest
from nn.stored import Stored

import tinygraph as tg
from tinygraph.nn import LSTM

KERAS = Stored("keras_lstm.npz")
CASES = KERAS.cases
CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def test_enough_configurations():
    assert len(CASES) >= 80


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case):
    arrays = KERAS.arrays(case)
    layer = LSTM(**case["config"])
    feeds = {name: arrays[name] for name in ("x", "h0", "c0") if name in arrays}
    x, *states = [tg.input(name, array.shape) for name, array in feeds.items()]
    outputs = layer(x, initial_state=states) if states else layer(x)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    weights = [arrays[f"w{k}"] for k in range(len(layer.weights))]
    assert f"w{len(weights)}" not in arrays
    if "bias_init" in arrays:
        np.testing.assert_array_equal(layer.bias.value, arrays["bias_init"])
    layer.set_weights(weights)
    loss = tg.add_n([tg.sum(y * arrays[f"g{k}"]) for k, y in enumerate(outputs)])
    slopes = tg.gradients(loss, [x, *states, *layer.trainable_weights])
    values = tg.compile([*outputs, *slopes])(**feeds)
    names = (
        [f"y{k}" for k in range(len(outputs))]
        + [f"d{name}" for name in feeds]
        + [f"dw{k}" for k in range(len(weights))]
    )
    assert sorted(names) == sorted(name for name in arrays if name[0] in "dy")
    for name, value in zip(names, values, strict=True):
        assert value.dtype == np.float64
        np.testing.assert_allclose(value, arrays[name], **CLOSE, err_msg=name)


def test_weights_are_in_the_order_of_keras():
    layer = LSTM(4, input_shape=(5, 3))
    layer.ensure_built((5, 3))
    assert [(w.name, w.shape) for w in layer.weights] == [
        ("kernel", (3, 16)),
        ("recurrent_kernel", (4, 16)),
        ("bias", (16,)),
    ]
    assert [w.label for w in layer.weights] == ["lstm/kernel", "lstm/recurrent_kernel", "lstm/bias"]
    assert layer.trainable_weights == [layer.kernel, layer.recurrent_kernel, layer.bias]


def test_without_bias_there_are_two_weights():
    layer = LSTM(4, use_bias=False)
    layer.ensure_built((5, 3))
    assert [w.name for w in layer.weights] == ["kernel", "recurrent_kernel"]


@pytest.mark.parametrize(
    ("forget", "initializer", "expected"),
    [
        (True, "zeros", [0, 0, 1, 1, 0, 0, 0, 0]),
        (False, "zeros", [0] * 8),
        (True, {"class_name": "Constant", "config": {"value": 0.5}}, [0.5, 0.5, 1, 1] + [0.5] * 4),
    ],
)
def test_the_bias_begins_with_the_forget_gate_open(forget, initializer, expected):
    layer = LSTM(2, unit_forget_bias=forget, bias_initializer=initializer)
    layer.ensure_built((3, 1))
    assert layer.bias.value.tolist() == expected


def test_the_recurrent_kernel_begins_orthogonal():
    layer = LSTM(6)
    layer.ensure_built((3, 2))
    rows = layer.recurrent_kernel.value
    np.testing.assert_allclose(rows @ rows.T, np.eye(6), atol=1e-5)


def test_each_time_step_has_a_scope():
    layer = LSTM(4)
    y = layer(tg.input("x", (2, 3, 5)))
    scopes = {node.scope for node in tg.toposort([y])}
    assert {"lstm/t0", "lstm/t1", "lstm/t2"} <= scopes
    assert "lstm/t3" not in scopes
    counts = tg.Graph({"y": y}).count()
    # The textbook: in every step x W, h U, three gates and two tanh.
    assert (counts["matmul"], counts["sigmoid"], counts["tanh"]) == (6, 9, 6)


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("state", [False, True])
def test_shapes_that_it_returns(sequences, state):
    layer = LSTM(4, return_sequences=sequences, return_state=state)
    output = (2, 3, 4) if sequences else (2, 4)
    expected = [output, (2, 4), (2, 4)] if state else output
    found = layer(np.ones((2, 3, 5)))
    assert ([y.shape for y in found] if state else found.shape) == expected
    declared = layer.output_shape((3, 5))
    assert ([(2, *each) for each in declared] if state else (2, *declared)) == expected


def test_last_of_the_sequence_is_the_state():
    sequence, h, _ = LSTM(4, return_sequences=True, return_state=True)(np.ones((2, 3, 5)))
    np.testing.assert_array_equal(sequence[:, -1], h)


def test_one_weight_for_all_time_steps():
    layer = LSTM(4)
    y = layer(tg.input("x", (2, 7, 5)))
    parameters = [node for node in tg.toposort([y]) if node.op.name == "param"]
    assert sorted(p.name for p in parameters) == ["bias", "kernel", "recurrent_kernel"]
    assert set(parameters) == set(layer.weights)


def test_gradients_can_be_differentiated_again(float64):
    layer = LSTM(2)
    x = tg.input("x", (2, 3, 2))
    y = layer(x)
    (dw,) = tg.gradients(tg.sum(y * y), [layer.kernel])
    (d2w,) = tg.gradients(tg.sum(dw * dw), [layer.kernel])
    run = tg.compile({"slope": tg.sum(dw * dw), "d2w": d2w})
    array, start = np.random.default_rng(0).normal(size=(2, 3, 2)), layer.kernel.value
    found = run(x=array)["d2w"]
    step = np.zeros_like(start)
    step[1, 3] = 1e-6
    layer.kernel.assign(start + step)
    above = run(x=array)["slope"]
    layer.kernel.assign(start - step)
    below = run(x=array)["slope"]
    np.testing.assert_allclose(found[1, 3], (above - below) / 2e-6, rtol=1e-6)
