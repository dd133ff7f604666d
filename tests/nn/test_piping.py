"""``inputs | layer``: the layer called on the inputs, whatever these are."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.graph import GraphError
from tinygraph.nn import LSTM, Add, Dense, Input, Model, Sequential
from tinygraph.nn.symbol import Symbol

X = np.random.default_rng(0).normal(size=(4, 10, 32)).astype("float32")


def test_a_sequential_model_grows():
    model = Sequential() | LSTM(64, input_shape=(10, 32)) | Dense(10)
    assert isinstance(model, Sequential)
    assert [type(layer) for layer in model.layers] == [LSTM, Dense]
    assert model.predict(X).shape == (4, 10)
    inner = Sequential([Dense(2, input_shape=(10,))])
    assert (model | inner).predict(X).shape == (4, 2)


def test_an_input_gives_a_symbol():
    x = Input((10, 32))
    y = x | LSTM(64) | Dense(10)
    assert isinstance(y, Symbol)
    assert y.shape == (10,)
    assert Model(x, y).count_params() == 25482


def test_lists_nodes_and_arrays():
    x = Input((10, 32))
    lstm = LSTM(8)
    joined = [x | lstm, x | LSTM(8)] | Add()
    assert joined.shape == (8,)
    node = tg.input("x", X.shape) | lstm
    assert node.shape == (4, 8)
    np.testing.assert_array_equal(X | lstm, lstm(X))


def test_a_layer_that_does_not_fit_is_refused_and_leaves_the_model_as_it_was():
    model = Sequential() | Dense(2, input_shape=(3,))
    with pytest.raises(GraphError, match="expected \\(batch, time, features\\), got \\(batch, 2\\)"):
        model | LSTM(4)
    with pytest.raises(TypeError):
        model | 3
    assert len(model.layers) == 1
