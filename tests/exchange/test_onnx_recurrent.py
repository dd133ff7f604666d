"""Recurrent layers as ONNX: one node each, whatever their arguments, and the same predictions."""

import itertools

import numpy as np
import pytest
from exchange.ran import difference, kinds, predicted, run
from hypothesis import given, settings, strategies as st

import tinygraph as tg
from tinygraph import nn
from tinygraph.exchange.onnx.cells import ACTIVATIONS
from tinygraph.exchange.onnx.export import model_proto

OPERATORS = {"LSTM": nn.LSTM, "GRU": nn.GRU, "SimpleRNN": nn.SimpleRNN}
LIMIT = 1e-5
NAMES = sorted(getattr(each, "name", None) or each.__name__ for each in ACTIVATIONS)


def nodes(model):
    """How many nodes of a recurrence the model's graph has."""
    return sum(kind in ("LSTM", "GRU", "RNN") for kind in kinds(model))


def shuffled(model, seed=0):
    """The model with weights that are none of them 0 or alike."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=w.shape) * 0.5 for w in model.get_weights()])
    return model


def worst(model, arrays):
    """The largest difference for some arrays."""
    return difference(run(model_proto(model), arrays), predicted(model, arrays))


def drawn(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@st.composite
def recurrences(draw):
    """A recurrent layer with any arguments, perhaps in both directions; and what it is called with."""
    kind = draw(st.sampled_from(sorted(OPERATORS)))
    flags = ["return_sequences", "return_state", "go_backwards", "use_bias", "zero_output_for_mask"]
    arguments = {flag: draw(st.booleans()) for flag in flags}
    arguments["activation"] = draw(st.sampled_from([*NAMES, None]))
    if kind != "SimpleRNN":
        arguments["recurrent_activation"] = draw(st.sampled_from(["sigmoid", "hard_sigmoid", "tanh"]))
    if kind == "GRU":
        arguments["reset_after"] = draw(st.booleans())
    layer = OPERATORS[kind](draw(st.integers(1, 5)), **arguments)
    if draw(st.booleans()):
        layer = nn.Bidirectional(layer, draw(st.sampled_from(["concat", "sum", "mul", "ave", None])))
    return layer, draw(st.booleans()), draw(st.booleans()), draw(st.integers(1, 6)), draw(st.integers(0, 99))


def check_recurrence(case):
    """The file of a layer, with or without mask and initial states, against the layer."""
    layer, masked, begun, length, seed = case
    rng = np.random.default_rng(seed)
    one = layer.forward if isinstance(layer, nn.Bidirectional) else layer
    inputs, arrays, given = [nn.Input((length, 3))], [drawn(4, length, 3)], {}
    if masked:
        inputs.append(nn.Input((length,), dtype="bool"))
        arrays.append(rng.random((4, length)) < 0.5)
        given["mask"] = inputs[-1]
    if begun:
        count = (2 if isinstance(layer, nn.LSTM) or "LSTM" in type(one).__name__ else 1) * (
            1 + (layer is not one)
        )
        given["initial_state"] = [nn.Input((one.units,)) for _ in range(count)]
        inputs += given["initial_state"]
        arrays += [drawn(4, one.units, seed=k) for k in range(count)]
    result = layer(inputs[0], **given)
    model = shuffled(nn.Model(inputs, result), seed)
    proto = model_proto(model)
    two = layer is not one and one.go_backwards
    assert nodes(model) == 1 + two
    for size in (4, 1):
        fed = [array[:size] for array in arrays]
        assert difference(run(proto, fed), predicted(model, fed)) < LIMIT


@settings(max_examples=30, deadline=None, derandomize=True)
@given(recurrences())
def test_any_recurrence_is_one_node_and_predicts_the_same(case):
    check_recurrence(case)


@pytest.mark.full
@settings(max_examples=1000, deadline=None)
@given(recurrences())
def test_a_thousand_recurrences_predict_the_same(case):
    check_recurrence(case)


@pytest.mark.parametrize("activation", NAMES)
@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU])
def test_activations_have_the_names_of_onnx(layer, activation):
    of_all = {"activation": activation, "recurrent_activation": activation}
    model = shuffled(nn.Sequential([layer(3, input_shape=(4, 2), **of_all)]))
    assert nodes(model) == 1
    assert worst(model, [drawn(5, 4, 2)]) < LIMIT


@pytest.mark.parametrize("activation", ["gelu", "selu", "softmax", "softplus", tg.sin])
def test_what_onnx_has_no_name_for_is_written_step_by_step(activation):
    model = shuffled(nn.Sequential([nn.LSTM(3, activation=activation, input_shape=(4, 2))]))
    assert nodes(model) == 0
    assert worst(model, [drawn(5, 4, 2)]) < LIMIT


@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU, nn.SimpleRNN])
def test_float64_is_written_step_by_step_and_exact(layer):
    model = shuffled(nn.Sequential([layer(3, input_shape=(4, 2), dtype="float64")]))
    assert nodes(model) == 0
    assert worst(model, [drawn(5, 4, 2).astype("float64")]) < 1e-13


def stacks():
    """Models of several recurrent layers, and how many there are."""
    shape = {"input_shape": (6, 3)}
    yield [nn.LSTM(4, return_sequences=True, **shape), nn.LSTM(4, return_sequences=True), nn.LSTM(2)], 3
    yield [nn.Bidirectional(nn.LSTM(4, return_sequences=True), **shape), nn.GRU(3), nn.Dense(1)], 2
    yield [nn.GRU(4, **shape), nn.RepeatVector(3), nn.LSTM(2, return_sequences=True), nn.Dense(1)], 2
    yield [nn.RNN(nn.LSTMCell(4), **shape)], 1
    yield [nn.RNN([nn.LSTMCell(4), nn.GRUCell(2)], **shape)], 0
    yield [nn.TimeDistributed(nn.Dense(4), **shape), nn.LSTM(2)], 1


@pytest.mark.parametrize(("layers", "count"), list(stacks()), ids=str)
def test_there_are_as_many_nodes_as_layers(layers, count):
    model = shuffled(nn.Sequential(layers))
    assert nodes(model) == count
    for batch in (1, 3):
        assert worst(model, [drawn(batch, 6, 3)]) < LIMIT


def test_stacked_layers_hand_over_sequences_as_they_are():
    layers = [nn.LSTM(4, return_sequences=True, input_shape=(6, 3)), nn.LSTM(4, return_sequences=True)]
    assert kinds(nn.Sequential(layers)) == ["Transpose", "LSTM", "Gather", "LSTM", "Gather", "Transpose"]


MASKS = {
    "to the right": [[1, 1, 1, 0, 0], [1, 0, 0, 0, 0]],
    "to the left": [[0, 0, 1, 1, 1], [0, 0, 0, 0, 1]],
    "within": [[1, 0, 1, 0, 1], [0, 1, 1, 0, 0]],
    "none": [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]],
    "all": [[0, 0, 0, 0, 0], [1, 1, 1, 1, 1]],
}


@pytest.mark.parametrize("ids", list(MASKS.values()), ids=list(MASKS))
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("wrap", [lambda layer: layer, nn.Bidirectional], ids=["one", "both"])
def test_padding_of_ids_anywhere_is_masked(ids, sequences, wrap):
    layers = [nn.Embedding(5, 3, mask_zero=True, input_shape=(5,)), wrap(nn.LSTM(4, return_sequences=True))]
    model = shuffled(nn.Sequential([*layers, wrap(nn.GRU(3, return_sequences=sequences)), nn.Dense(2)]))
    assert nodes(model) == 2
    assert worst(model, [np.array(ids) * 3]) < LIMIT


@pytest.mark.parametrize("mask", list(MASKS.values()), ids=list(MASKS))
def test_a_mask_of_any_form_in_either_direction(mask):
    x, counts, state = nn.Input((5, 3)), nn.Input((5,), dtype="bool"), nn.Input((2,))
    flags = [
        dict(zip(("return_sequences", "go_backwards", "zero_output_for_mask"), each, strict=True))
        for each in itertools.product((False, True), repeat=3)
    ]
    results = [nn.GRU(2, **each)(x, mask=counts, initial_state=[state]) for each in flags]
    model = shuffled(nn.Model([x, counts, state], results))
    assert nodes(model) == len(flags)
    assert worst(model, [drawn(2, 5, 3), np.array(mask, bool), drawn(2, 2)]) < LIMIT


class TimeFirst(nn.Layer):
    """A layer that turns time to the front for the one that it holds, and perhaps back."""

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer

    def call(self, x, mask=None):
        turned = None if mask is None else tg.transpose(mask)
        y = self.layer(tg.transpose(x, (1, 0, 2)), mask=turned)
        return tg.transpose(y, (1, 0, 2)) if y.ndim == 3 else y


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("wrap", [lambda layer: layer, nn.Bidirectional], ids=["one", "both"])
def test_time_may_be_in_front(wrap, masked):
    x, mask = nn.Input((5, 3)), nn.Input((5,), dtype="bool")
    given = {"mask": mask} if masked else {}
    results = [
        TimeFirst(wrap(nn.LSTM(2, time_major=True, go_backwards=backwards, return_sequences=sequences)))(
            x, **given
        )
        for backwards, sequences in ((False, True), (False, False), (True, True))
    ]
    model = shuffled(nn.Model([x, *given.values()], results))
    arrays = [drawn(3, 5, 3), np.random.default_rng(3).random((3, 5)) < 0.5][: 1 + masked]
    assert nodes(model) == (4 if wrap is nn.Bidirectional else 3)
    assert worst(model, arrays) < LIMIT


def test_masking_of_values_is_masked():
    model = shuffled(nn.Sequential([nn.Masking(input_shape=(5, 3)), nn.LSTM(4), nn.Dense(1)]))
    x = drawn(6, 5, 3)
    x[::2, 3:] = x[1::2, :2] = 0.0
    assert worst(model, [x]) < LIMIT


@pytest.mark.parametrize("length", [1, 5, 30])
@pytest.mark.parametrize("masked", [False, True])
def test_one_file_takes_sequences_of_any_length(length, masked):
    def made(length):
        first = nn.Embedding(7, 3, mask_zero=masked, input_shape=(length,))
        middle = [nn.Bidirectional(nn.LSTM(4, return_sequences=True)), nn.GRU(3, return_sequences=True)]
        return nn.Sequential([first, *middle, nn.Dense(4, "relu"), nn.LSTM(2, go_backwards=True)])

    model, other = shuffled(made(8)), made(length)
    other.set_weights(model.get_weights())
    ids = np.random.default_rng(2).integers(0, 7, (3, length))
    assert difference(run(model_proto(model), [ids]), predicted(other, [ids])) < LIMIT


def test_directions_that_begin_somewhere_and_of_which_one_has_no_bias():
    x, states = nn.Input((5, 3)), [nn.Input((2,)) for _ in range(4)]
    backward = nn.LSTM(2, use_bias=False, go_backwards=True)
    layer = nn.Bidirectional(nn.LSTM(2), backward_layer=backward)
    model = shuffled(nn.Model([x, *states], layer(x, initial_state=states)))
    assert nodes(model) == 1
    assert worst(model, [drawn(3, 5, 3), *(drawn(3, 2, seed=k) for k in range(4))]) < LIMIT
