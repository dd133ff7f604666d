"""Masks: where they come from, how they go through a model, and what they leave out."""

import re

import numpy as np
import pytest
from nn.keras_cases import arrays_of, cases, check

import tinygraph as tg
from tinygraph import nn


def padded(length, steps, features=2, seed=0):
    """A batch of two: one sequence of all steps, one of ``length``, padded with zeros."""
    x = np.random.default_rng(seed).normal(size=(2, steps, features))
    x[1, length:] = 0.0
    return x


def test_padding_behind_a_mask_changes_nothing():
    model = nn.Sequential([nn.Masking(input_shape=(6, 2)), nn.LSTM(3), nn.Dense(1)])
    short = nn.Sequential([nn.LSTM(3, input_shape=(4, 2)), nn.Dense(1)])
    short.set_weights(model.get_weights())
    x = padded(4, 6)
    np.testing.assert_allclose(model.predict(x)[1:], short.predict(x[1:, :4]), rtol=1e-6)


def test_an_output_that_is_a_state_is_chosen_once():
    """Unless they begin differently: before the first step that counts the output is 0."""
    x, mask = tg.input("x", (2, 5, 4)), tg.input("mask", (2, 5), dtype="bool")
    for states, each in ((None, 2), ([tg.input("h", (2, 3)), tg.input("c", (2, 3))], 3)):
        outputs = nn.LSTM(3, return_state=True)(x, mask=mask, initial_state=states)
        assert tg.Graph(dict(zip("yhc", outputs, strict=True))).count()["where"] == 1 + 5 * each


def test_an_embedding_masks_id_zero():
    model = nn.Sequential([nn.Embedding(5, 3, mask_zero=True, input_shape=(4,)), nn.GRU(2)])
    long, short = model.predict([[1, 2, 0, 0]]), model.predict([[0, 0, 1, 2]])
    np.testing.assert_allclose(long, short, rtol=1e-6)


def test_the_loss_is_the_mean_over_steps_that_count():
    model = nn.Sequential([nn.Masking(input_shape=(6, 2)), nn.LSTM(3, return_sequences=True), nn.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    x, y = padded(4, 6), np.zeros((2, 6, 1))
    errors = model.predict(x)[..., 0]
    counts = np.array([[True] * 6, [True] * 4 + [False] * 2])
    loss, mae = model.evaluate(x, y, verbose=0)
    assert loss == pytest.approx((errors[counts] ** 2).mean(), rel=1e-5)
    assert mae == pytest.approx(np.abs(errors[counts]).mean(), rel=1e-5)


def test_an_all_masked_batch_has_a_finite_loss():
    model = nn.Sequential([nn.Masking(input_shape=(3, 2)), nn.LSTM(3, return_sequences=True), nn.Dense(1)])
    model.compile("sgd", "mse")
    before = model.get_weights()
    assert model.train_on_batch(np.zeros((2, 3, 2)), np.ones((2, 3, 1))) == 0.0
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_layer_that_cannot_carry_a_mask_says_so():
    model = nn.Sequential([nn.Masking(input_shape=(3, 2)), nn.Flatten(name="flat"), nn.Dense(1)])
    with pytest.warns(UserWarning, match="Flatten 'flat': the mask of its input ends here"):
        model.predict(np.ones((1, 3, 2)))


@pytest.mark.parametrize(
    "layer",
    [nn.LSTM(3), nn.GlobalAveragePooling1D(), nn.Softmax(axis=1), nn.BatchNormalization()],
    ids=lambda layer: type(layer).__name__,
)
def test_a_mask_of_numbers_is_read_as_truth(layer):
    x, mask = padded(2, 4), np.array([[1, 1, 1, 1], [1, 1, 0, 0]])
    expected = layer(x, mask=mask.astype(bool), training=True)
    for numbers in (mask, 2.0 * mask, mask.tolist(), (2.0 * mask).tolist()):
        np.testing.assert_array_equal(layer(x, mask=numbers, training=True), expected)


@pytest.mark.parametrize("shape", [(2, 3), (1, 4), (2, 5), (4,)])
@pytest.mark.parametrize(
    "layer",
    [nn.LSTM(3), nn.GlobalAveragePooling1D(), nn.TimeDistributed(nn.Dense(3))],
    ids=lambda layer: type(layer).__name__,
)
def test_a_mask_of_another_shape_is_refused(layer, shape):
    with pytest.raises(
        tg.GraphError, match=rf"{layer.title}: expected a mask of .*, got {re.escape(str(shape))}"
    ):
        layer(padded(2, 4), mask=np.ones(shape, bool))


@pytest.mark.parametrize("joined", [nn.Add(), nn.Concatenate()])
def test_a_merged_step_counts_if_it_counts_in_one_input(joined):
    a, b = nn.Input((4, 2), name="a"), nn.Input((4, 2), name="b")
    both, half = joined([nn.Masking()(a), nn.Masking()(b)]), joined([nn.Masking()(a), b])
    states = [nn.SimpleRNN(1, bias_initializer="ones")(value) for value in (both, half)]
    model = nn.Model([a, b], states)
    x, zeros = np.ones((1, 4, 2)), np.zeros((1, 4, 2))
    masked, counted = model.predict([zeros, zeros])
    assert not masked.any()
    assert counted.all()
    assert model.predict([zeros, x])[0].all()


@pytest.mark.parametrize("axis", [1, -2])
@pytest.mark.parametrize("masked", [(True, True), (True, False), (False, True)])
def test_sequences_one_after_another_keep_their_masks(axis, masked):
    """Every step of one without a mask counts."""
    a, b = nn.Input((2, 1), name="a"), nn.Input((3, 1), name="b")
    pair = [nn.Masking()(x) if mask else x for x, mask in zip((a, b), masked, strict=True)]
    joined = nn.Concatenate(axis=axis)(pair)
    model = nn.Model([a, b], nn.SimpleRNN(1, bias_initializer="ones", return_sequences=True)(joined))
    steps = model.predict([np.zeros((1, 2, 1)), np.zeros((1, 3, 1))])[0, :, 0]
    counts = [not masked[0]] * 2 + [not masked[1]] * 3
    assert (np.diff(steps, prepend=0.0) != 0).tolist() == counts


def test_both_directions_carry_the_mask_on():
    x = nn.Input((4, 2))
    directions = nn.Bidirectional(nn.GRU(3, return_sequences=True), merge_mode=None)(nn.Masking()(x))
    means = [nn.GlobalAveragePooling1D()(each) for each in directions]
    *sequences, forward, backward = nn.Model(x, [*directions, *means]).predict(padded(2, 4))
    for sequence, mean in zip(sequences, (forward, backward), strict=True):
        np.testing.assert_allclose(mean[1], sequence[1, :2].mean(axis=0), rtol=1e-6)


def test_a_mask_goes_through_a_model_that_is_a_layer():
    inner = nn.Sequential([nn.Dense(2, input_shape=(4, 2)), nn.LSTM(3)], name="inner")
    outer = nn.Sequential([nn.Masking(input_shape=(4, 2)), inner])
    x = padded(2, 4)
    expected = inner.predict(x[1:, :])
    assert not np.allclose(outer.predict(x)[1:], expected)
    np.testing.assert_allclose(outer.predict(x)[1:], inner.layers[1](inner.layers[0](x[1:, :2])), rtol=1e-5)


#: where the stored numbers are those of a call that was not told of the mask, though the layer looks at it;
#: and the mask of side by side, one of them without a mask, which there is True everywhere, and here none
TOLD = ("GlobalAverage", "Multiply", "Maximum", "Minimum", "Concatenate-one")


@pytest.mark.filterwarnings("ignore:.*the mask of its input ends here")
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", cases("carry", without=TOLD), ids=lambda case: case["id"])
def test_masks_go_on_as_in_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))
