"""gradient_flow: the norms are those of finite differences and of the equations; the chart shows them."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import LSTM, DataError, Dense, Embedding, Input, Model, Sequential, SimpleRNN

RNG = np.random.default_rng(2)
STEPS = 5


@pytest.fixture(autouse=True)
def _float64():
    tg.set_floatx("float64")
    tg.set_seed(4)
    yield
    tg.set_floatx("float32")


def lstm(name="net", **options):
    return Sequential([Input((STEPS, 2)), LSTM(3, name="lstm", **options), Dense(1, name="out")], name=name)


def simple(name="simple"):
    return Sequential([Input((STEPS, 2)), SimpleRNN(3, name="rnn"), Dense(1, name="out")], name=name)


X, Y = RNG.normal(size=(4, STEPS, 2)), RNG.normal(size=(4, 1))


def test_an_lstm_equals_finite_differences():
    """dL/dh_t is how the loss answers to a push of h_t, from which the steps after t go on."""
    model = lstm()
    layer, out = model.layers
    norms = tg.gradient_flow(model, X, Y).norms["lstm"]
    assert list(norms) == ["h", "c"]
    states = layer.trace(X)
    for t in range(STEPS):
        at = {name: states[name][:, t] for name in ("h", "c")}

        def loss(h, c, t=t):
            h = layer(X[:, t + 1 :], initial_state=[h, c]) if t + 1 < STEPS else h
            return np.mean((out(h) - Y) ** 2)

        # At the last step the loss sees c_t through h_t = o_t tanh(c_t) alone.
        def pushed(name, step, t=t, at=at, loss=loss):
            now = at | {name: at[name] + step}
            if name == "c":
                now["h"] = states["o"][:, t] * np.tanh(now["c"])
            return loss(**now)

        for name in ("h", "c"):
            slopes = [
                (pushed(name, 1e-5 * unit) - pushed(name, -1e-5 * unit)) / 2e-5
                for unit in np.eye(12).reshape(12, 4, 3)
            ]
            assert norms[name][t] == pytest.approx(np.linalg.norm(slopes), rel=1e-6)


def test_a_simple_rnn_equals_its_equation():
    """dL/dh_(t-1) = (dL/dh_t (1 - h_t²)) Uᵀ, from the last step on."""
    model = simple()
    layer, out = model.layers
    h = layer.trace(X)["h"]
    recurrent = layer.get_weights()[1]
    slope = 2 * (out(h[:, -1]) - Y) / len(Y) @ out.get_weights()[0].T
    expected = []
    for t in range(STEPS)[::-1]:
        expected.append(np.linalg.norm(slope))
        slope = (slope * (1 - h[:, t] ** 2)) @ recurrent.T
    norms = tg.gradient_flow(model, X, Y).norms["rnn"]["h"]
    np.testing.assert_allclose(norms, expected[::-1], rtol=1e-12)


def test_an_lstm_equals_pytorch():
    torch = pytest.importorskip("torch")
    model = lstm()
    kernel, recurrent, bias = (torch.tensor(w, requires_grad=True) for w in model.layers[0].get_weights())
    weight, offset = (torch.tensor(w) for w in model.layers[1].get_weights())
    h, c = (torch.zeros(4, 3, dtype=torch.float64) for _ in range(2))
    kept = []
    for t in range(STEPS):
        i, f, g, o = (torch.tensor(X[:, t]) @ kernel + h @ recurrent + bias).split(3, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        for state in (h, c):
            state.retain_grad()
        kept.append((h, c))
    ((h @ weight + offset - torch.tensor(Y)) ** 2).mean().backward()
    norms = tg.gradient_flow(model, X, Y).norms["lstm"]
    for k, name in enumerate(("h", "c")):
        expected = [pair[k].grad.norm().item() for pair in kept]
        np.testing.assert_allclose(norms[name], expected, rtol=1e-12)


def test_the_loss_is_the_compiled_one_with_its_penalties():
    model = lstm(activity_regularizer="l2")
    plain = tg.gradient_flow(model, X, Y).norms["lstm"]["h"]
    model.compile("adam", "mae", loss_weights=3.0)
    other = tg.gradient_flow(model, X, Y).norms["lstm"]["h"]
    model.compile("adam", "mae", loss_weights=1.0)
    third = tg.gradient_flow(model, X, Y).norms["lstm"]["h"]
    assert not np.allclose(plain, other)
    assert not np.allclose(other, third)


def test_frozen_layers_and_those_that_go_backwards_have_a_flow_too():
    model = lstm(go_backwards=True)
    expected = tg.gradient_flow(model, X, Y).norms["lstm"]
    assert expected["c"][0] > expected["c"][-1]  # the step that runs last is the first in time
    model.trainable = False
    found = tg.gradient_flow(model, X, Y).norms["lstm"]
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array)


def test_what_the_loss_does_not_depend_on_has_no_flow():
    series = Input((STEPS, 2))
    h, _, c = LSTM(3, return_state=True, name="lstm")(series)
    model = Model(series, Dense(1)(c))
    norms = tg.gradient_flow(model, X, Y).norms["lstm"]
    assert norms["h"][-1] == 0.0
    assert (norms["c"] > 0).all()
    assert "Left out, being 0, NaN or infinite: 1 value." in tg.gradient_flow(model, X, Y).svg()
    assert h is not None


def test_dropout_acts_only_when_asked_for_and_draws_nothing():
    model = lstm(dropout=0.5)
    calm = tg.gradient_flow(model, X, Y).norms["lstm"]["h"]
    assert not np.allclose(calm, tg.gradient_flow(model, X, Y, training=True).norms["lstm"]["h"])
    np.testing.assert_array_equal(calm, tg.gradient_flow(model, X, Y).norms["lstm"]["h"])
    assert model.layers[0].cell.drawn.value == 0


def test_two_models_are_compared_in_one_chart(tmp_path):
    flow = tg.gradient_flow(lstm(), X, Y, beside=simple("a <b> & </script>\u2028"))
    assert flow.beside.norms["rnn"]["h"].shape == (STEPS,)
    assert flow.plot(tmp_path / "flow.svg") is flow
    text = (tmp_path / "flow.svg").read_text()
    assert text == flow._repr_svg_()
    root = ET.fromstring(text)
    words = [element.text for element in root.iter() if element.text]
    assert {"net: lstm, h", "net: lstm, c"} <= set(words)
    assert any(word.startswith("a <b> & </script>\\u2028") for word in words)


def test_what_cannot_be_had_is_refused(tmp_path):
    with pytest.raises(TypeError, match="gradient_flow: expected a model, got LSTM"):
        tg.gradient_flow(LSTM(3), X, Y)
    with pytest.raises(tg.GraphError, match="gradient_flow: Sequential 'late' is not built"):
        tg.gradient_flow(Sequential([LSTM(3)], name="late"), X, Y)
    with pytest.raises(tg.GraphError, match="'flat' has no recurrent layer"):
        tg.gradient_flow(Sequential([Input((2,)), Dense(1)], name="flat"), X[:, 0], Y)
    with pytest.raises(DataError, match="x has 4, y has 3"):
        tg.gradient_flow(lstm(), X, Y[:3])
    with pytest.raises(ValueError, match=r"'flow.png' must end in .svg"):
        tg.gradient_flow(lstm(), X, Y).plot("flow.png")
    assert not list(tmp_path.iterdir())


def test_layers_in_layers_are_found_by_their_scopes():
    ids = RNG.integers(0, 7, size=(4, STEPS))
    inner = Sequential([Input((STEPS, 2)), SimpleRNN(3, name="rnn")], name="inner")
    model = Sequential([Input((STEPS,), dtype="int64"), Embedding(7, 2), inner, Dense(1)])
    assert list(tg.gradient_flow(model, ids, Y).norms) == ["inner/rnn"]
