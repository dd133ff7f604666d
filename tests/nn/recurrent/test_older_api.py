"""Arguments of the older API that Keras 3 dropped: time_major, batch_input_shape, reset_states(states)."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.graph import GraphError
from tinygraph.nn import GRU, LSTM, RNN, Bidirectional, Dense, GRUCell, LSTMCell, Sequential, SimpleRNN

X = np.random.default_rng(0).normal(size=(4, 5, 2)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 1, 0, 1], [0, 0, 0, 0, 0]], bool)


@pytest.mark.parametrize("mask", [None, MASK], ids=["plain", "masked"])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("cls", [LSTM, GRU, SimpleRNN])
def test_time_major_is_the_same_with_its_axes_swapped(cls, sequences, mask):
    one, other = (cls(3, return_sequences=sequences, return_state=True, time_major=t) for t in (False, True))
    one.ensure_built((5, 2)), other.ensure_built((4, 2))
    other.set_weights(one.get_weights())
    expected, *states = one(X, mask=mask)
    found, *found_states = other(X.swapaxes(0, 1), mask=None if mask is None else mask.T)
    np.testing.assert_array_equal(found.swapaxes(0, 1) if sequences else found, expected)
    np.testing.assert_array_equal(found_states, states)


def test_time_major_in_both_directions_and_with_lasting_states():
    one, other = (Bidirectional(LSTM(3, return_sequences=True, time_major=t)) for t in (False, True))
    one.ensure_built((5, 2)), other.ensure_built((4, 2))
    other.set_weights(one.get_weights())
    np.testing.assert_array_equal(other(X.swapaxes(0, 1)).swapaxes(0, 1), one(X))
    one, other = (GRU(3, stateful=True, time_major=t) for t in (False, True))
    one.ensure_built((5, 2)), other.ensure_built((4, 2))
    other.set_weights(one.get_weights())
    for _ in range(2):
        np.testing.assert_array_equal(other(X.swapaxes(0, 1)), one(X))
    other(X.swapaxes(0, 1)[:3])  # another number of steps, the same batch
    with pytest.raises(GraphError, match="states for a batch of 4, got a batch of 3"):
        other(X.swapaxes(0, 1)[:, :3])


def test_a_time_major_mask_has_time_first():
    with pytest.raises(GraphError, match=r"expected a mask of \(5, 4\), got \(4, 5\)"):
        LSTM(3, time_major=True)(X.swapaxes(0, 1), mask=MASK)


def test_batch_input_shape_says_both():
    model = Sequential([LSTM(3, batch_input_shape=(None, 5, 2)), Dense(1)])
    assert model.inputs[0].shape == (5, 2)
    assert model.predict(X[:3]).shape == (3, 1)
    fixed = Sequential([LSTM(3, batch_input_shape=(4, 5, 2)), Dense(1)])
    assert fixed.predict(X).shape == (4, 1)
    with pytest.raises(GraphError, match=r"LSTM 'lstm_1': expected a batch of 4, as it was made for, got 3"):
        fixed.predict(X[:3])
    copy = Sequential.from_config(fixed.get_config())
    assert copy.layers[0].batch_input_shape == (4, 5, 2)
    with pytest.raises(GraphError, match=r"input_shape .* and batch_input_shape .* differ"):
        Dense(2, input_shape=(3,), batch_input_shape=(2, 4))
    with pytest.raises(ValueError, match="the batch in batch_input_shape must be a whole number"):
        Dense(2, batch_input_shape=(0, 4))


def test_a_stateful_layer_begins_with_the_batch_it_was_promised_and_takes_another_after_a_reset():
    model = Sequential([LSTM(3, stateful=True, batch_input_shape=(4, 5, 2)), Dense(1)])
    with pytest.raises(GraphError, match="stateful, with states for a batch of 4, got a batch of 1"):
        model.predict(X[:1])
    model.predict(X)
    model.reset_states()
    assert model.predict(X[:1]).shape == (1, 1)


def test_fit_refuses_batches_that_a_stateful_layer_cannot_take_before_the_first_step():
    model = Sequential([LSTM(3, stateful=True, input_shape=(5, 2)), Dense(1)])
    model.compile("adam", "mse")
    before, y = model.get_weights(), np.ones((4, 1))
    for given in ({"batch_size": 3}, {"batch_size": 4, "validation_data": (X[:2], y[:2])}):
        with pytest.raises(GraphError, match="stateful, with states for a batch of"):
            model.fit(X, y, verbose=0, **given)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    model.fit(X, y, batch_size=2, validation_data=(X[:2], y[:2]), verbose=0)


def test_states_of_stacked_cells_come_in_a_list_for_each_cell():
    layer = RNN([LSTMCell(4), GRUCell(3)], return_state=True)
    output, (h, c), (other,) = layer(X)
    assert [a.shape for a in (output, h, c, other)] == [(4, 3), (4, 4), (4, 4), (4, 3)]
    again = layer(X, initial_state=[[h, c], [other]])
    assert not np.array_equal(again[0], output)
    symbol = tg.nn.Input((5, 2)) | layer
    assert [s.shape for s in symbol[1]] == [(4,), (4,)]
    model = tg.nn.Model(*(lambda x: (x, [s for part in (x | layer)[1:] for s in part]))(tg.nn.Input((5, 2))))
    np.testing.assert_allclose(model.predict(X)[0], h, rtol=1e-5)  # at once it runs in NumPy


def test_all_that_dropout_may_drop():
    """As in Keras: 1 drops nothing in an LSTM and a GRU, and all inputs of a SimpleRNN."""
    for cls in (LSTM, GRU):
        layer = cls(3, dropout=1.0)
        np.testing.assert_array_equal(layer(X, training=True), layer(X))
    layer = SimpleRNN(3, dropout=1.0)
    np.testing.assert_array_equal(layer(X, training=True), layer(0 * X))


def test_uses_outside_of_a_model_drop_other_units():
    layer = LSTM(3, dropout=0.5, seed=3)
    x = tg.input("x", X.shape)
    one, other = tg.compile([layer(x, training=True), layer(x, training=True)])(x=X)
    assert not np.array_equal(one, other)


def test_constants_reach_the_cell_at_every_step():
    class Shifted(tg.nn.Layer):
        state_size = 2

        def call(self, inputs, states, constants):
            h = states[0] + inputs + constants[0]
            return h, [h]

    shift = np.full((4, 2), 10.0, "float32")
    layer = RNN(Shifted())
    np.testing.assert_allclose(layer(X, constants=[shift]), X.sum(1) + 50.0, rtol=1e-6)
    x, c = tg.nn.Input((5, 2)), tg.nn.Input((2,))
    model = tg.nn.Model([x, c], layer(x, constants=[c]))
    np.testing.assert_allclose(model.predict([X, shift]), X.sum(1) + 50.0, rtol=1e-6)


def test_arguments_by_position_are_those_of_call():
    layer = LSTM(3)
    np.testing.assert_array_equal(layer(X, MASK), layer(X, mask=MASK))
    states = [np.full((4, 3), k, "float32") for k in (1.0, 2.0)]
    expected = layer(X, mask=MASK, initial_state=states)
    np.testing.assert_array_equal(layer(X, MASK, False, states), expected)
    np.testing.assert_array_equal(layer(X, states, MASK), expected)  # as in Keras 3
    np.testing.assert_array_equal(layer(X, states), layer(X, initial_state=states))
    both = Bidirectional(layer)
    np.testing.assert_array_equal(both(X, [*states, *states], MASK), both(X, MASK, False, [*states, *states]))
    with pytest.raises(TypeError, match="takes 4 arguments after the inputs, got 5"):
        layer(X, MASK, False, None, None, 1)
