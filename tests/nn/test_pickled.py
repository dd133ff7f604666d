"""Pickles of models: they predict the same, and train on as if nothing had happened."""

import copy
import pickle

import numpy as np
import pytest
from nn.test_copy import MODELS, Cubes, shifted_tanh

from tinygraph import nn
from tinygraph.nn import optimizers, schedules


class Halved(schedules.LearningRateSchedule):
    """A schedule of one's own."""

    def __init__(self, start, name=None):
        super().__init__(name)
        self.start = start

    def call(self, step):
        return self.start / (1.0 + step)


def dropping():
    return nn.Sequential(
        [nn.LSTM(4, dropout=0.4, input_shape=(6, 2)), nn.Dropout(0.5), nn.BatchNormalization(), nn.Dense(1)]
    )


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("make", [*MODELS.values(), dropping], ids=[*MODELS, "dropping"])
def test_a_pickled_model_predicts_the_same(make):
    model = make()
    x = [np.ones((2, *symbol.shape)) for symbol in model.inputs]
    x = x if len(x) > 1 else x[0]
    twin = pickled(model)
    np.testing.assert_array_equal(twin.predict(x), model.predict(x))
    assert twin.name == model.name
    assert not twin.compiled
    assert not set(twin.weights) & set(model.weights)


OPTIMIZERS = {
    "nadam": optimizers.Nadam,
    "sgd": lambda: optimizers.SGD(schedules.ExponentialDecay(0.1, 3, 0.5), momentum=0.9),
    "adam": lambda: optimizers.Adam(0.02, weight_decay=0.1, global_clipnorm=1.0),
}


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("copied", [pickled, copy.deepcopy], ids=["pickled", "copied"])
def test_a_copy_of_a_compiled_model_trains_on_in_the_same_way(make, copied):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 6, 2)), rng.normal(size=20)
    model = dropping()
    model.compile(make(), "mse", metrics=["mae"])
    model.fit(x, y, epochs=2, verbose=0)
    twin = copied(model)
    assert twin.optimizer is not model.optimizer
    histories = [each.fit(x, y, epochs=2, shuffle=False, verbose=0).history for each in (model, twin)]
    assert histories[0] == histories[1]
    assert set(histories[0]) == {"loss", "mae"}
    for ours, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_layer_that_was_frozen_after_training_keeps_its_moments():
    x, y = np.ones((8, 2)), np.zeros((8, 1))
    model = nn.Sequential([nn.Dense(3, input_shape=(2,)), nn.Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
    model.layers[0].trainable = False
    twin = pickled(model)
    for each in (model, twin):
        each.layers[0].trainable = True
        each.fit(x, y, verbose=0)
    for ours, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_functions_and_classes_of_ones_own_are_found_again():
    dense = nn.Dense(2, activation=shifted_tanh, kernel_regularizer=Cubes())
    x = np.ones((3, 4))
    np.testing.assert_array_equal(dense(x), pickled(dense)(x))
    assert isinstance(pickled(dense).kernel_regularizer, Cubes)
    optimizer = pickled(optimizers.SGD(Halved(0.5), momentum=0.25))
    assert optimizer.learning_rate == 0.5
    assert optimizer.momentum == 0.25


def test_an_unbuilt_model_stays_unbuilt():
    assert not pickled(nn.Sequential([nn.Dense(3)])).inputs
