"""trace: gates and states at every step are those of the textbook's equations; nothing of a layer changes."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn import LSTM, RNN, Dense, GRUCell, Input, Layer, LSTMCell, Sequential

RNG = np.random.default_rng(5)
X = RNG.normal(size=(3, 6, 2))
MASK = np.array([[1, 1, 0, 1, 0, 0], [1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 0, 1]], bool)

pytestmark = pytest.mark.usefixtures("float64")
CLOSE = {"rtol": 1e-13, "atol": 1e-14}


def sigma(z):
    return 1.0 / (1.0 + np.exp(-z))


def lstm_step(x, h, c, kernel, recurrent, bias):
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4, axis=1)
    i, f, g, o = sigma(i), sigma(f), np.tanh(g), sigma(o)
    c = f * c + i * g
    return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": o * np.tanh(c)}


def gru_step(x, h, kernel, recurrent, bias):
    a, b = x @ kernel + bias[0], h @ recurrent + bias[1]
    (az, ar, ag), (bz, br, bg) = np.split(a, 3, axis=1), np.split(b, 3, axis=1)
    z, r = sigma(az + bz), sigma(ar + br)
    g = np.tanh(ag + r * bg)
    return {"z": z, "r": r, "g": g, "h": z * h + (1 - z) * g}


def by_hand(step, states, times, mask=None):
    """Every name as (batch, time, units); where the mask is False the states are those before."""
    found = {}
    for t in times:
        now = step(t, **states)
        counts = True if mask is None else mask[:, t, None]
        now |= {name: np.where(counts, now[name], states[name]) for name in states}
        states = {name: now[name] for name in states}
        found[t] = now
    return {name: np.stack([found[t][name] for t in sorted(found)], axis=1) for name in found[times[0]]}


def check(found, expected):
    assert list(found) == list(expected)
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, **CLOSE, err_msg=name)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("mask", [None, MASK])
def test_an_lstm_is_that_of_the_equations(backwards, mask):
    layer = LSTM(4, go_backwards=backwards, return_sequences=backwards)
    h, c = RNG.normal(size=(2, 3, 4))
    found = layer.trace(X, mask=mask, initial_state=[h, c])
    weights = layer.get_weights()
    times = range(6)[::-1] if backwards else range(6)
    x = X if mask is None else np.where(mask[..., None], X, 0.0)  # padding is not looked at
    expected = by_hand(lambda t, h, c: lstm_step(x[:, t], h, c, *weights), {"h": h, "c": c}, times, mask)
    if mask is not None:
        found.pop("output", None)  # where a mask is False first of all it is 0, not the initial state
    check(found, expected)


def test_a_gru_is_that_of_the_equations():
    layer = nn.GRU(3, bias_initializer="random_normal")
    found = layer.trace(X)
    weights = layer.get_weights()
    check(found, by_hand(lambda t, h: gru_step(X[:, t], h, *weights), {"h": np.zeros((3, 3))}, range(6)))


def test_a_gru_of_the_paper_has_the_same_names():
    assert list(nn.GRU(3, reset_after=False).trace(X)) == ["z", "r", "g", "h"]


def test_a_simple_rnn_has_its_state():
    layer = nn.SimpleRNN(3)
    found = layer.trace(X)
    k, u, b = layer.get_weights()
    check(
        found,
        by_hand(lambda t, h: {"h": np.tanh(X[:, t] @ k + h @ u + b)}, {"h": np.zeros((3, 3))}, range(6)),
    )


@pytest.mark.parametrize("activation", [None, "linear", "hard_sigmoid", "softsign", lambda z: z])
def test_gates_are_found_whatever_their_activation(activation):
    layer = LSTM(2, activation=activation, recurrent_activation=activation)
    found = layer.trace(X)
    assert list(found) == ["i", "f", "g", "o", "c", "h"]
    before = np.concatenate([np.zeros((3, 1, 2)), found["c"][:, :-1]], axis=1)
    np.testing.assert_allclose(found["c"], found["f"] * before + found["i"] * found["g"], rtol=1e-12)
    np.testing.assert_allclose(found["h"][:, -1], layer(X), **CLOSE)


def test_a_convolutional_lstm_is_an_lstm_where_space_has_one_element():
    lstm, conv = LSTM(4), nn.ConvLSTM1D(4, 1)
    expected = lstm.trace(X)
    conv.ensure_built((6, 1, 2))
    conv.set_weights([w if w.ndim == 1 else w[None] for w in lstm.get_weights()])
    found = conv.trace(X[:, :, None])
    check({name: array[:, :, 0] for name, array in found.items()}, expected)


def test_both_directions_have_traces_of_their_own_by_the_time_of_the_input():
    layer = nn.Bidirectional(LSTM(4, return_sequences=True))
    found = layer.trace(X, mask=MASK)
    for direction in ("forward", "backward"):
        part = getattr(layer, direction)
        expected = part.trace(X, mask=MASK)
        for name in ("i", "c", "h"):
            np.testing.assert_array_equal(found[direction][name], expected[name])
    np.testing.assert_allclose(layer(X)[:, :, 4:], layer.trace(X)["backward"]["h"], **CLOSE)


class Forgetful(Layer):
    """A cell of one's own: a gate with a name, a state with one, and one without."""

    state_size = (2, 2)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.state_size = [2, 2]

    def call(self, x, states):
        h, before = states
        with tg.scope("keep"):
            keep = tg.sigmoid(2.0 * x)
        with tg.scope("memory"):
            after = keep * h + x
        return after * 2.0, [after, h + before]


def test_a_cell_of_ones_own_names_what_it_wants():
    found = RNN(Forgetful()).trace(X)
    assert list(found) == ["keep", "memory", "state1", "output"]
    np.testing.assert_allclose(found["keep"], sigma(2.0 * X))
    np.testing.assert_array_equal(found["output"], 2.0 * found["memory"])
    np.testing.assert_allclose(found["state1"][:, 2], found["memory"][:, 0] + found["memory"][:, 1])


def test_several_cells_stand_under_their_names():
    found = RNN([LSTMCell(4, name="one"), GRUCell(3, name="two")]).trace(X)
    assert list(found) == [f"one/{name}" for name in "ifgoch"] + [f"two/{name}" for name in "zrgh"]
    assert found["one/c"].shape == (3, 6, 4)
    assert found["two/h"].shape == (3, 6, 3)


def test_nothing_of_a_layer_changes():
    layer = LSTM(4, stateful=True, dropout=0.5, recurrent_dropout=0.5)
    layer(X, training=True)
    kept = [state.value for state in layer.lasting._kept[3]]
    drawn, weights = layer.cell.drawn.value, layer.get_weights()
    first = layer.trace(X, training=True)
    again = layer.trace(X, training=True)
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])  # the counter of random numbers stands still
    assert not np.array_equal(first["h"], layer.trace(X)["h"])
    assert layer.cell.drawn.value == drawn
    for state, value in zip(layer.lasting._kept[3], kept, strict=True):
        np.testing.assert_array_equal(state.value, value)
    for now, before in zip(layer.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(now, before)
    np.testing.assert_allclose(first["h"][:, -1], layer(X, training=True), **CLOSE)


def test_a_stateful_layer_goes_on_where_it_is_and_takes_no_other_batch_for_its_own():
    layer = LSTM(4, stateful=True)
    layer.ensure_built((6, 2))
    assert layer.trace(X[:2])["h"].shape == (2, 6, 4)
    assert layer.lasting.batch is None
    layer(X)
    with pytest.raises(tg.GraphError, match="with states for a batch of 3, got a batch of 2"):
        layer.trace(X[:2])
    np.testing.assert_allclose(layer.trace(X)["h"][:, -1], layer(X), **CLOSE)


def test_tracing_a_layer_leaves_the_random_state_alone():
    tg.set_seed(3)
    layer = LSTM(4)
    layer.ensure_built((6, 2))
    expected = nn.initializers.GlorotUniform()((2, 2))
    tg.set_seed(3)
    layer = LSTM(4)
    layer.ensure_built((6, 2))
    layer.trace(X, training=True)
    np.testing.assert_array_equal(nn.initializers.GlorotUniform()((2, 2)), expected)


def test_data_that_do_not_fit_are_refused_as_in_a_call():
    layer = LSTM(4, name="lstm")
    layer.ensure_built((6, 2))
    with pytest.raises(tg.GraphError, match=r"LSTM 'lstm', input 0: expected"):
        layer.trace(np.ones((3, 6, 5)))
    with pytest.raises(tg.GraphError, match="initial_state"):
        layer.trace(X, initial_state=[np.zeros((3, 4))])


def test_a_layer_of_a_model_is_traced_on_its_own():
    model = Sequential([Input((6, 2)), LSTM(4, name="lstm"), Dense(1)])
    lstm = model.get_layer("lstm")
    np.testing.assert_allclose(model.layers[-1](lstm.trace(X)["h"][:, -1]), model.predict(X))
