"""Layers found, taken away and frozen, alone, in models within models and in training."""

import re

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Input, Sequential

X, Y = np.ones((6, 3)), np.zeros((6, 2))


def made():
    model = Sequential([Dense(4, input_shape=(3,), name="a"), Dense(3, name="b"), Dense(2, name="c")])
    model.compile("sgd", "mse")
    return model


def moved(model, x=X, y=Y):
    """The names of the layers whose weights a step changes."""
    before = {layer.name: layer.get_weights() for layer in model.layers if layer.weights}
    model.fit(x, y, verbose=0)
    after = {name: model.get_layer(name).get_weights() for name in before}
    return {
        name for name in before if any((a != b).any() for a, b in zip(before[name], after[name], strict=True))
    }


def test_layers_by_name_and_by_place():
    model = made()
    assert model.get_layer("b") is model.get_layer(index=1) is model.get_layer(index=-2) is model.layers[1]


FROZEN = [
    ([], "abc"),
    (["b"], "b"),
    (["a", -1], "ac"),
    ([range(2)], "ab"),
    ([slice(1, None)], "bc"),
    ([slice("a", "b")], "ab"),
    ([slice(None, "a"), "c"], "ac"),
    ([slice("c", "a")], ""),
]


@pytest.mark.parametrize(("which", "frozen"), FROZEN, ids=str)
def test_freezing(which, frozen):
    model = made()
    model.freeze(*which)
    assert [layer.trainable for layer in model.layers] == [name not in frozen for name in "abc"]
    if frozen != "abc":
        assert moved(model) == set("abc") - set(frozen)
    model.unfreeze(*which)
    assert moved(model) == {"a", "b", "c"}


def test_a_model_that_is_frozen_altogether_stays_as_it_is():
    model = made()
    model.freeze()
    assert moved(model) == set()


def test_freezing_a_layer_of_a_model_in_a_model():
    inner = Sequential([LSTM(3, input_shape=(5, 2), name="lstm"), Dense(3, name="head")], name="inner")
    x = Input((5, 2), name="x")
    outer = Sequential([x, inner, Dense(1, name="out")])
    outer.compile("sgd", "mse")
    data = np.ones((4, 5, 2)), np.zeros((4, 1))
    inner.freeze("lstm")
    before = inner.get_layer("lstm").get_weights()
    assert moved(outer, *data) == {"inner", "out"}
    for old, new in zip(before, inner.get_layer("lstm").get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    outer.freeze("inner")
    assert moved(outer, *data) == {"out"}
    outer.unfreeze("inner")
    assert inner.get_layer("lstm").trainable
    assert moved(outer, *data) == {"inner", "out"}


def test_a_layer_is_taken_away():
    model = made()
    model.fit(X, Y, verbose=0)
    kernel = model.get_layer("a").get_weights()[0]
    hidden = Sequential(model.layers[:2]).predict(X)
    assert model.pop().name == "c"
    assert [layer.name for layer in model.layers] == ["a", "b"]
    np.testing.assert_array_equal(model.predict(X), hidden)
    np.testing.assert_array_equal(model.get_layer("a").get_weights()[0], kernel)
    model.add(Dense(2, name="d"))
    assert moved(model) == {"a", "b", "d"}


def test_all_layers_are_taken_away():
    model = made()
    assert [model.pop().name for _ in range(3)] == ["c", "b", "a"]
    model.add(Dense(2, name="only"))
    assert moved(model) == {"only"}


def test_taken_away_without_building():
    model = made()
    model.pop(rebuild=False)
    with pytest.raises(tg.GraphError, match="shapes are not known"):
        model.trace(2)
    assert model.predict(X).shape == (6, 3)


REFUSED = [
    (lambda m: m.get_layer("d"), "Sequential 'm': no layer 'd'; there are a, b, c."),
    (lambda m: m.get_layer(), "Sequential 'm'.get_layer: expected a name or an index, got neither."),
    (lambda m: m.get_layer("a", 0), "Sequential 'm'.get_layer: expected a name or an index, got both."),
    (lambda m: m.get_layer(index=3), "Sequential 'm'.get_layer: no layer at 3; there are 3 layers."),
    (
        lambda m: m.get_layer(index=1.0),
        "Sequential 'm'.get_layer: expected a layer's name or place, got 1.0.",
    ),
    (lambda m: m.freeze("a", "d"), "Sequential 'm': no layer 'd'; there are a, b, c."),
    (lambda m: m.freeze(range(5)), "Sequential 'm'.freeze: no layer at 3; there are 3 layers."),
    (lambda m: m.unfreeze(None), "Sequential 'm'.unfreeze: expected a layer's name or place, got None."),
    (lambda m: Sequential(name="m").pop(), "Sequential 'm'.pop: there is no layer to take away."),
    (lambda m: m.pop(rebuild=1), "Sequential 'm'.pop: rebuild must be True or False, got 1."),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_what_is_refused(call, message):
    model = Sequential(made().layers, name="m")
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        call(model)
    assert len(model.layers) == 3
    assert all(layer.trainable for layer in model.layers)
