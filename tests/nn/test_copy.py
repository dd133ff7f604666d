"""Copies of layers and models have weights of their own; operations and nodes are themselves."""

import copy
import pickle

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import nn


def two_inputs():
    a, b = nn.Input((3,), name="a"), nn.Input((3,), name="b")
    shared = nn.Dense(2, name="shared")
    return nn.Model([a, b], nn.Add(name="sum")([shared(a), shared(b)]))


MODELS = {
    "lstm": lambda: nn.Sequential([nn.LSTM(4, input_shape=(6, 2)), nn.Dense(1)]),
    "shared": two_inputs,
    "bidirectional": lambda: nn.Sequential(
        [nn.Bidirectional(nn.GRU(2), input_shape=(4, 1)), nn.Dropout(0.5)]
    ),
}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_a_copied_model_is_apart(make):
    model = make()
    before = model.get_weights()
    twin = copy.deepcopy(model)
    x = [np.ones((2, *symbol.shape)) for symbol in model.inputs]
    x = x if len(x) > 1 else x[0]
    np.testing.assert_array_equal(twin.predict(x), model.predict(x))
    twin.compile("sgd", "mse")
    twin.train_on_batch(x, np.ones((2, *model.outputs[0].shape)))
    assert not set(twin.weights) & set(model.weights)
    assert not np.array_equal(twin.get_weights()[0], before[0])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_copied_model_of_own_layers_needs_no_registry():
    class Scale(nn.Layer):
        def build(self, shape):
            self.scale = self.add_weight("scale", shape[-1:], "ones")

        def call(self, inputs):
            return inputs * self.scale

    model = nn.Sequential([Scale(input_shape=(3,)), nn.Dense(1)])
    assert type(copy.deepcopy(model).layers[0]) is Scale


def test_an_unbuilt_layer_is_copied_unbuilt():
    assert not copy.deepcopy(nn.Dense(3)).built


def test_operations_are_themselves():
    assert copy.deepcopy(tg.tanh) is tg.tanh
    assert pickle.loads(pickle.dumps(tg.tanh)) is tg.tanh


def shifted_tanh(x):
    return tg.tanh(x + 1.0)


class Cubes(nn.regularizers.Regularizer):
    def __call__(self, x):
        return tg.sum(abs(x) ** 3.0)


def test_functions_and_classes_of_ones_own_are_copied():
    dense = nn.Dense(2, activation=shifted_tanh, kernel_regularizer=Cubes())
    x = np.ones((3, 4))
    np.testing.assert_array_equal(dense(x), copy.deepcopy(dense)(x))
    function = nn.Lambda(shifted_tanh)
    np.testing.assert_array_equal(function(x), copy.deepcopy(function)(x))
    both = nn.Bidirectional(nn.LSTM(2, activation=shifted_tanh, kernel_regularizer=Cubes()))
    assert both.backward.activation is shifted_tanh
    assert isinstance(both.backward.kernel_regularizer, Cubes)
    assert both(np.ones((2, 3, 4))).shape == (2, 4)


def test_functions_of_one_name_are_not_mixed_up():
    def scaled_by(factor):
        def scaled(x):
            return x * factor

        return scaled

    model = nn.Sequential([nn.Dense(2, scaled_by(2.0)), nn.Dense(2, scaled_by(3.0))], name="two")
    with pytest.raises(ValueError, match="a copy cannot tell two things named 'scaled' apart"):
        copy.deepcopy(model)
