"""RNN: your own cells, initial states as symbols, lasting states."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import nn


class Leaky(nn.Layer):
    """A cell of the user's own: y = h = 0.5 h + x w."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def build(self, shape):
        self.w = self.add_weight("w", (shape[-1], self.units), "ones")

    def call(self, inputs, states):
        h = 0.5 * states[0] + inputs @ self.w
        return h, [h]


def test_a_cell_of_ones_own():
    y = nn.RNN(Leaky(1), return_sequences=True)(np.ones((1, 3, 2)))
    np.testing.assert_allclose(y[0, :, 0], [2.0, 3.0, 3.5])


def test_a_cell_needs_a_state_size():
    with pytest.raises(tg.GraphError, match=r"RNN 'rnn': .*Dense.* is no cell, it has no state_size"):
        nn.RNN(nn.Dense(2))


def test_an_initial_state_of_symbols_is_part_of_the_model():
    x, meta = nn.Input((4, 2), name="x"), nn.Input((3,), name="meta")
    h = nn.Dense(5, name="h")(meta)
    model = nn.Model([x, meta], nn.GRU(5)(x, initial_state=[h]))
    assert model.layers[0].name == "h"
    feeds = [np.ones((2, 4, 2)), np.ones((2, 3))]
    again = nn.deserialize(nn.serialize(model))
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(model.predict(feeds), again.predict(feeds))
    changed = model.predict([feeds[0], 2 * feeds[1]])
    assert not np.allclose(model.predict(feeds), changed)


def test_an_initial_state_that_does_not_fit_is_refused():
    with pytest.raises(
        tg.GraphError, match=r"LSTM 'enc': expected an initial_state of \(2, 3\), \(2, 3\), got"
    ):
        nn.LSTM(3, name="enc")(np.ones((2, 4, 1)), initial_state=[np.zeros((2, 3))])


def test_a_stateful_model_goes_on_where_the_last_batch_ended():
    model = nn.Sequential([nn.LSTM(3, stateful=True, input_shape=(2, 1), name="enc")])
    whole = nn.Sequential([nn.LSTM(3, input_shape=(4, 1))])
    model.build((2, 1))
    whole.set_weights(model.get_weights())
    x = np.random.default_rng(0).normal(size=(2, 4, 1))
    model.predict(x[:, :2])
    np.testing.assert_allclose(model.predict(x[:, 2:]), whole.predict(x), rtol=1e-6)


def test_a_stateful_layer_refuses_a_partial_batch_until_it_is_reset():
    model = nn.Sequential([nn.LSTM(3, stateful=True, input_shape=(2, 1), name="enc"), nn.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(
        tg.GraphError, match="LSTM 'enc': stateful, with states for a batch of 4, got a batch of 2"
    ):
        model.fit(np.ones((6, 2, 1)), np.ones(6), batch_size=4, verbose=0)
    model.get_layer("enc").reset_states()
    assert model.predict(np.ones((3, 2, 1))).shape == (3, 1)


def test_states_are_set_to_arrays():
    layer = nn.LSTM(2, stateful=True)
    x, states = np.ones((3, 2, 1)), [np.full((3, 2), 0.5), np.full((3, 2), -0.5)]
    layer(x)
    layer.reset_states(states)
    plain = nn.LSTM(2)
    plain.ensure_built((2, 1))
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(x), plain(x, initial_state=states), rtol=1e-6)


def test_looking_at_a_stateful_model_does_not_touch_its_states():
    model = nn.Sequential([nn.LSTM(3, stateful=True, input_shape=(2, 1)), nn.Dense(1)])
    first = model.predict(np.ones((4, 2, 1)))
    model.summary()
    model.draw(level="unrolled").svg()
    model.layers[0].reset_states()
    np.testing.assert_array_equal(model.predict(np.ones((4, 2, 1))), first)


def test_a_cell_may_say_its_initial_state():
    class Counting(nn.Layer):
        state_size = 1

        def get_initial_state(self, batch_size):
            return np.full((batch_size, 1), 10.0)

        def call(self, inputs, states):
            return states[0] + 1.0, [states[0] + 1.0]

    assert nn.RNN(Counting())(np.ones((2, 3, 1))).tolist() == [[13.0], [13.0]]


def test_a_cell_of_your_own_runs_in_both_directions():
    class Sum(nn.Layer):
        state_size = 2

        def call(self, inputs, states):
            return states[0] + inputs, [states[0] + inputs]

    y = nn.Bidirectional(nn.RNN(Sum(), return_sequences=True))(np.ones((1, 3, 2)))
    assert y[0].tolist() == [[1.0, 1.0, 3.0, 3.0], [2.0, 2.0, 2.0, 2.0], [3.0, 3.0, 1.0, 1.0]]
