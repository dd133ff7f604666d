"""ConvLSTM1D, ConvLSTM2D and ConvLSTM3D: the numbers of Keras, the LSTM within, messages, training.

Convolutions within Bidirectional and TimeDistributed are here too.
"""

import numpy as np
import pytest
from nn.keras_cases import CLOSE, arrays_of, cases, check
from ops.gradcheck import check_gradients

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn.recurrent import rnn

RNG = np.random.default_rng(12)
CASES = cases("conv1", "conv2", "conv3")
WRAPPED = [case for case in cases("bicell", "time") if "conv" in case["id"]]
DROPPED = [case for case in cases("drop") if "conv" in case["id"]]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", CASES + WRAPPED, ids=lambda case: case["id"])
def test_equals_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", DROPPED, ids=lambda case: case["id"])
def test_dropout_acts_where_it_acts_in_keras(case, monkeypatch):
    arrays = arrays_of(case)
    (names,) = case["dropout"]
    drawn = tuple(tg.stack([tg.constant(arrays.pop(name)) for name in names[kind]]) for kind in sorted(names))
    monkeypatch.setattr(rnn, "masks_of", lambda cell, shape, dtype, training: drawn)
    check(case, arrays, nn.deserialize(case["layer"]))


def test_enough_cases():
    assert [len(group) for group in (CASES, WRAPPED, DROPPED)] == [60, 2, 2]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"return_sequences": True, "return_state": True, "go_backwards": True},
        {"use_bias": False, "recurrent_activation": "hard_sigmoid", "activation": "softsign"},
        {"unit_forget_bias": False, "bias_initializer": "ones"},
    ],
    ids=str,
)
def test_is_an_lstm_where_space_has_one_element(options):
    x, mask = RNG.normal(size=(3, 5, 2)), RNG.random((3, 5)) < 0.6
    lstm = nn.LSTM(4, **options)
    expected = lstm(x, mask=mask)
    conv = nn.ConvLSTM3D(4, 1, **options)
    conv.ensure_built((5, 1, 1, 1, 2))
    if lstm.use_bias:
        np.testing.assert_array_equal(conv.bias.value, lstm.bias.value)
    conv.set_weights([w if w.ndim == 1 else w[None, None, None] for w in lstm.get_weights()])
    found = conv(x[:, :, None, None, None], mask=mask)
    assert isinstance(found, list) == isinstance(expected, list)
    several = (found, expected) if isinstance(found, list) else ([found], [expected])
    for one, other in zip(*several, strict=True):
        np.testing.assert_allclose(one.reshape(other.shape), other, rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("float64")
def test_channels_first_is_channels_last_transposed():
    x, h = RNG.normal(size=(2, 3, 5, 4, 2)), RNG.normal(size=(2, 3, 4, 3))
    options = {"return_sequences": True, "return_state": True}
    last = nn.ConvLSTM2D(3, (3, 1), **options)
    first = nn.ConvLSTM2D(3, (3, 1), data_format="channels_first", **options)
    expected = last(x, initial_state=[h, -h])
    first.ensure_built((3, 2, 5, 4))
    first.set_weights(last.get_weights())
    h = np.moveaxis(h, -1, 1)
    found = first(np.moveaxis(x, -1, 2), initial_state=[h, -h])
    for one, other, axis in zip(found, expected, (2, 1, 1), strict=True):
        np.testing.assert_allclose(one, np.moveaxis(other, -1, axis), rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("float64")
def test_states_last_from_batch_to_batch_as_in_keras():
    (case,) = (case for case in cases("state") if case["id"] == "state-conv")
    arrays = arrays_of(case)
    layer = nn.deserialize(case["layer"])
    layer.ensure_built(arrays["b0/x"].shape[1:])
    layer.set_weights([arrays[f"w{k}"] for k in range(3)])
    for number, batch in enumerate(case["batches"]):
        if batch["reset"]:
            layer.reset_states()
        for k, value in enumerate(layer(arrays[f"b{number}/x"])):
            np.testing.assert_allclose(value, arrays[f"b{number}/y{k}"], **CLOSE)


@pytest.mark.usefixtures("float64")
def test_a_stateful_layer_goes_on_where_it_ended():
    x = RNG.normal(size=(2, 6, 5, 1))
    whole, parts = nn.ConvLSTM1D(2, 3), nn.ConvLSTM1D(2, 3, stateful=True)
    expected = whole(x)
    parts.ensure_built((3, 5, 1))
    parts.set_weights(whole.get_weights())
    first = parts(x[:, :3])
    np.testing.assert_allclose(parts(x[:, 3:]), expected, rtol=1e-12)
    parts.reset_states()
    np.testing.assert_array_equal(parts(x[:, :3]), first)


@pytest.mark.usefixtures("float64")
def test_cells_of_convolutions_can_be_stacked():
    x = RNG.normal(size=(2, 3, 6, 5, 1))
    cells = [nn.ConvLSTM2DCell(2, 3), nn.ConvLSTM2DCell(3, 2, strides=2, padding="same")]
    stacked = nn.RNN(cells, return_sequences=True)
    one, other = nn.ConvLSTM2D(2, 3, return_sequences=True), nn.ConvLSTM2D(3, 2, strides=2, padding="same")
    other.return_sequences = True
    found = stacked(x)
    assert found.shape == (2, 3, 2, 2, 3)
    for layer, shape, weights in ((one, (3, 6, 5, 1), slice(3)), (other, (3, 4, 3, 2), slice(3, 6))):
        layer.ensure_built(shape)
        layer.set_weights(stacked.get_weights()[weights])
    np.testing.assert_allclose(found, other(one(x)), rtol=1e-12)
    again = nn.deserialize(nn.serialize(stacked))
    again.ensure_built((3, 6, 5, 1))
    again.set_weights(stacked.get_weights())
    np.testing.assert_array_equal(again(x), found)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(
    "options", [{"return_sequences": True}, {"return_state": True, "strides": 2}], ids=str
)
def test_declared_shapes_are_those_of_the_result(rank, data_format, options):
    layer = getattr(nn, f"ConvLSTM{rank}D")(2, 2, data_format=data_format, **options)
    space = (5, 4, 3)[:rank]
    shape = (3, *space, 2) if data_format == "channels_last" else (3, 2, *space)
    declared = layer.output_shape(shape)
    y = layer(np.ones((4, *shape)))
    found = [each.shape[1:] for each in y] if isinstance(y, list) else y.shape[1:]
    symbols = layer(nn.Input(shape))
    assert found == declared
    assert found == ([s.shape for s in symbols] if isinstance(symbols, list) else symbols.shape)
    assert {each.dtype for each in (y if isinstance(y, list) else [y])} == {np.dtype("float32")}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filters", 3),
        ("kernel_size", 2),
        ("strides", 2),
        ("padding", "same"),
        ("data_format", "channels_first"),
        ("dilation_rate", 2),
        ("activation", "softsign"),
        ("recurrent_activation", "hard_sigmoid"),
        ("use_bias", False),
        ("kernel_initializer", "ones"),
        ("recurrent_initializer", "ones"),
        ("bias_initializer", "ones"),
        ("unit_forget_bias", False),
        ("dropout", 0.5),
        ("recurrent_dropout", 0.5),
        ("return_sequences", True),
        ("go_backwards", True),
    ],
)
def test_every_argument_counts_and_comes_back(name, value):
    given = {"filters": 2, "kernel_size": 3, "seed": 1}
    x = RNG.normal(size=(2, 6, 6, 6))
    tg.set_seed(1)
    before = nn.ConvLSTM1D(**given)(x, training=True)
    tg.set_seed(1)
    layer = nn.ConvLSTM1D(**given | {name: value})
    after = layer(x, training=True)
    assert before.shape != after.shape or not np.allclose(before, after)
    again = nn.deserialize(nn.serialize(layer))
    assert again.get_config() == layer.get_config()
    again.ensure_built(x.shape[1:])
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(x, training=True), after)


@pytest.mark.parametrize(
    "given",
    [
        {"kernel_regularizer": "l2"},
        {"recurrent_regularizer": "l1"},
        {"bias_regularizer": "l1"},
        {"activity_regularizer": "l2"},
        {"kernel_constraint": "non_neg"},
        {"recurrent_constraint": "non_neg"},
        {"bias_constraint": "unit_norm"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_regularizers_and_constraints_change_what_is_learned(given):
    x, y = RNG.normal(size=(4, 2, 5, 1)), RNG.normal(size=(4, 3, 2))

    def learned(**given):
        tg.set_seed(1)
        model = nn.Sequential([nn.ConvLSTM1D(2, 3, **given)])
        model.compile("sgd", "mse")
        model.fit(x, y, epochs=2, verbose=0)
        return np.concatenate([weight.ravel() for weight in model.get_weights()])

    assert not np.allclose(learned(), learned(**given), atol=1e-5)


def test_each_gate_drops_inputs_and_states_of_its_own():
    cell = nn.ConvLSTM2DCell(3, 2, dropout=0.5, recurrent_dropout=0.5)
    cell.ensure_built((4, 5, 2))
    inputs, states = cell.masks((6, 4, 5, 2), np.dtype("float32"), training=True)
    assert [mask.shape for mask in inputs] == [(6, 4, 5, 2)] * 4
    assert [mask.shape for mask in states] == [(6, 3, 4, 3)] * 4
    drawn = tg.compile([*inputs, *states])()
    assert len({array.tobytes() for array in drawn}) == 8


def test_a_step_is_two_products():
    x = tg.input("x", (2, 3, 5, 5, 1))
    y = nn.ConvLSTM2D(2, 3)(x)
    assert tg.Graph({"y": y}).count()["matmul"] == 2 * 3


@pytest.mark.usefixtures("float64")
def test_gradients_of_first_and_second_order():
    layer = nn.ConvLSTM1D(1, 2, padding="same")
    layer.ensure_built((2, 2, 1))
    kernel, recurrent, _ = (np.array(weight) for weight in layer.get_weights())

    def last(x, kernel, recurrent):
        h = c = tg.zeros((1, 2, 1), dtype="float64")
        layer.cell.kernel, layer.cell.recurrent_kernel = kernel, recurrent
        for t in range(2):
            h, (h, c) = layer.cell.step(x[:, t], [h, c], (None, None))
        return h

    check_gradients(last, RNG.normal(size=(1, 2, 2, 1)), kernel, recurrent)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((4, 5, 1), r"expected \(batch, time, height, width, channels\), got \(2, 4, 5, 1\)"),
        ((4, 5, 2, 1), r"expected a width of at least 3, which kernel_size \(3, 3\).*sample of \(5, 2, 1\)"),
    ],
)
def test_inputs_that_do_not_fit(shape, words):
    with pytest.raises(GraphError, match=rf"ConvLSTM2D 'c'.*{words}"):
        nn.ConvLSTM2D(4, 3, name="c")(np.ones((2, *shape)))


def test_space_and_channels_stay_as_they_were_built():
    layer = nn.ConvLSTM1D(2, 3, name="c")
    assert layer(np.ones((1, 4, 6, 2))).shape == layer(np.ones((2, 7, 6, 2)))[:1].shape
    with pytest.raises(GraphError, match="Axis 2 must be 6, the length 'c' was built with"):
        layer(np.ones((1, 4, 7, 2)))
    with pytest.raises(GraphError, match="Axis 3 must be 2, the channels 'c' was built with"):
        layer(np.ones((1, 4, 6, 1)))
    with pytest.raises(GraphError, match=r"expected an initial_state of \(1, 4, 2\), \(1, 4, 2\), got"):
        layer(np.ones((1, 4, 6, 2)), initial_state=[np.zeros((1, 6, 2))] * 2)
    h = np.zeros((1, 4, 2))
    assert layer.cell(np.ones((1, 6, 2)), states=[h, h])[0].shape == h.shape
    with pytest.raises(GraphError, match="Axis 1 must be 6, the length 'c' was built with"):
        layer.cell(np.ones((1, 7, 2)), states=[h, h])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"filters": 0}, "filters must be a whole number of at least 1, got 0"),
        ({"padding": "causal"}, "padding must be 'valid' or 'same', got 'causal'"),
        ({"strides": 2, "dilation_rate": 2}, r"cannot both be above 1, got \(2,\) and \(2,\)"),
        ({"dropout": 1.5}, "dropout must be"),
    ],
)
def test_arguments_that_cannot_be(given, words):
    with pytest.raises(ValueError, match=rf"ConvLSTM1D.*{words}"):
        nn.ConvLSTM1D(**{"filters": 2, "kernel_size": 2} | given)


def test_arguments_that_it_does_not_have():
    with pytest.raises(TypeError, match="unknown argument 'units'"):
        nn.ConvLSTM1D(units=2, kernel_size=2)


def test_a_model_learns_where_a_spot_goes():
    """A spot moves one place a step, to the left or the right; the next frame is to be foretold."""
    start, way = RNG.integers(3, 7, 64), RNG.choice([-1, 1], 64)
    frames = np.eye(10)[start[:, None] + way[:, None] * np.arange(4)][..., None]
    model = nn.Sequential(
        [
            nn.ConvLSTM1D(6, 3, padding="same", input_shape=(3, 10, 1)),
            nn.Conv1D(1, 3, padding="same", activation="sigmoid"),
        ]
    )
    model.compile(nn.optimizers.Adam(0.03), "binary_crossentropy")
    model.fit(frames[:, :3], frames[:, 3], epochs=40, batch_size=32, verbose=0)
    foretold = model.predict(frames[:, :3])[..., 0].argmax(axis=1)
    assert (foretold == start + 3 * way).mean() > 0.9
