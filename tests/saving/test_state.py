"""The state of a model as arrays: whole for every layer, given to another model whole or not at all."""

import pickle

import numpy as np
import pytest
from nn.every_layer import LAYERS, Use

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn import optimizers
from tinygraph.saving.errors import ModelFormatError
from tinygraph.saving.state import arrays_of, take_arrays

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 5, 3)), RNG.normal(size=(12, 1))
IN_MODELS = [name for name in LAYERS if not name.endswith(("Cell", "Cells"))]


def bits(model):
    """The arrays of a model, without the names of its layers."""
    return {(*name.split("/")[:2], name.split("/")[-1]): a.tobytes() for name, a in arrays_of(model).items()}


def model_of(name, seed):
    """A compiled model of one layer, which drops values where it can."""
    drops = {"dropout": 0.5} if name in ("LSTM", "GRU", "SimpleRNN", "Attention", "AdditiveAttention") else {}
    use = Use(name, LAYERS[name].needs | drops)
    tg.set_seed(seed)
    inputs = [nn.Input(x.shape[1:], dtype=x.dtype.name) for x in use.x]
    layer = use.layer.remade()
    model = nn.Model(inputs, layer(inputs if layer.several_inputs else inputs[0]))
    model.compile("adam", "mse")
    return model, use.x, [np.zeros((2, *y.shape)) for y in model.outputs]


@pytest.mark.parametrize("name", IN_MODELS)
def test_every_layer_trains_on_with_the_state_of_another_model(name):
    model, x, y = model_of(name, seed=1)
    other, *_ = model_of(name, seed=2)
    train = {"shuffle": False, "verbose": 0}
    if model.trainable_weights:
        model.fit(x, y, epochs=2, **train)
    take_arrays(other, arrays_of(model), "here")
    assert bits(other) == bits(model)
    np.testing.assert_equal(other.predict(x), model.predict(x))
    if model.trainable_weights:
        assert other.fit(x, y, **train).rows == model.fit(x, y, **train).rows
        assert bits(other) == bits(model)


def stateful(units=4):
    layers = [
        nn.GRU(units, stateful=True, return_sequences=True, input_shape=(5, 3)),
        nn.LSTM(2, stateful=True),
    ]
    model = nn.Sequential([*layers, nn.Dense(1)])
    model.compile("adam", "mse")
    return model


@pytest.mark.parametrize("size", [4, 6])
@pytest.mark.parametrize("run_before", [None, 4, 6])
def test_states_are_taken_by_a_model_that_never_ran_such_a_batch(size, run_before):
    model, other = stateful(), stateful()
    model.fit(X, Y, batch_size=size, shuffle=False, verbose=0)
    if run_before is not None:
        other.fit(X, Y, batch_size=run_before, shuffle=False, verbose=0)
    take_arrays(other, arrays_of(model), "here")
    assert bits(other) == bits(model)
    np.testing.assert_array_equal(other.predict(X, batch_size=size), model.predict(X, batch_size=size))
    with pytest.raises(tg.GraphError, match=f"states for a batch of {size}"):
        other.predict(X, batch_size=3)


def test_a_model_without_states_sets_those_of_the_other_back():
    model, other = stateful(), stateful()
    other.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
    take_arrays(other, arrays_of(model), "here")
    assert not [name for name in arrays_of(other) if name.startswith("states/")]
    np.testing.assert_array_equal(other.predict(X, batch_size=6), model.predict(X, batch_size=6))


def test_pickles_and_copies_keep_states():
    model = stateful()
    model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
    twin = pickle.loads(pickle.dumps(model))
    assert bits(twin) == bits(model)
    np.testing.assert_array_equal(twin.predict(X, batch_size=4), model.predict(X, batch_size=4))


def two(optimizer="adam"):
    model = nn.Sequential([nn.Dense(3, input_shape=(3,), name="a"), nn.Dense(1, name="b")])
    model.compile(optimizer, "mse")
    return model


def test_an_optimizer_keeps_what_it_has_of_frozen_weights():
    model, other = two(), two()
    model.fit(X[:, 0], Y, verbose=0)
    model.freeze("a")
    model.fit(X[:, 0], Y, verbose=0)
    take_arrays(other, arrays_of(model), "here")
    assert bits(other) == bits(model)
    model.unfreeze()
    for each in (model, other):
        each.fit(X[:, 0], Y, shuffle=False, verbose=0)
    assert bits(other) == bits(model)


def test_moments_that_the_other_has_not_begin_anew():
    model, other = two("adagrad"), two("adagrad")
    model.freeze("a")
    model.fit(X[:, 0], Y, verbose=0)
    other.fit(X[:, 0], Y, verbose=0)
    take_arrays(other, arrays_of(model), "here")
    assert {slot.value.min() for slot in other.optimizer.slots_of(other.weights[0]).values()} == {
        np.float32(other.optimizer.initial_accumulator_value)
    }


def test_a_model_that_is_not_compiled_takes_weights_alone():
    model, other = two(), nn.Sequential([nn.Dense(3, input_shape=(3,)), nn.Dense(1)])
    model.fit(X[:, 0], Y, verbose=0)
    take_arrays(other, arrays_of(model), "here")
    np.testing.assert_array_equal(other.predict(X[:, 0]), model.predict(X[:, 0]))
    before = bits(model)
    take_arrays(model, arrays_of(other), "here")  # and leaves the optimizer of another one as it is
    assert bits(model) == before


def without(arrays, key):
    return {name: array for name, array in arrays.items() if key not in name}


def renamed(arrays, old, new):
    return {name.replace(old, new): array for name, array in arrays.items()}


def changed(arrays, key, change):
    return {name: change(array) if key in name else array for name, array in arrays.items()}


BAD = {
    "no weights": (
        lambda a: {},
        "weights of another model.*expected 8 arrays, got 0",
    ),
    "one fewer": (lambda a: without(a, "weights/0000"), "weights of another model"),
    "one more": (lambda a: {**a, "weights/0099/x/bias": np.zeros(1)}, "weights of another model.*got 9"),
    "moments of which": (lambda a: changed(a, "served", lambda v: v + 99), "served: expected places among 8"),
    "moments twice": (lambda a: changed(a, "served", lambda v: v * 0), "served: expected places among 8"),
    "floats": (lambda a: changed(a, "served", lambda v: v * 1.0), "served: expected places among 8"),
    "another name": (
        lambda a: renamed(a, "kernel", "scale"),
        "weights of another.*kernel of shape.*got .*scale",
    ),
    "another shape": (lambda a: changed(a, "weights/0007", lambda v: v[None]), r"bias of shape \(1,\)"),
    "complex": (lambda a: changed(a, "weights/0000", lambda v: v + 1j), "float32, got .*complex"),
    "a fraction": (
        lambda a: changed(a, "iterations", lambda v: v + 0.5),
        "int64, got .*iterations of .*float64",
    ),
    "another group": (lambda a: {**a, "code": np.zeros(1)}, "expected arrays of weights, .* got 'code'"),
    "another optimizer": (lambda a: renamed(a, "/momentum", "/gain"), "optimizer of another model.*momentum"),
    "no moments": (lambda a: without(a, "optimizer/0004"), "optimizer of another model"),
    "moments of no weight": (lambda a: changed(a, "served", lambda v: v[:3]), "optimizer of another model"),
    "half the states": (lambda a: without(a, "states/0001/0000"), "states of another model"),
    "states of no layer": (lambda a: {**a, "states/0009/0000": np.zeros((4, 2))}, "has no such layers"),
    "two sizes": (lambda a: changed(a, "states/0001/0001", lambda v: v[:2]), "states of another model"),
    "a number": (lambda a: changed(a, "states/0000/0000", lambda v: v[0, 0]), "states of another model"),
}


@pytest.mark.parametrize("case", BAD)
def test_other_arrays_are_refused_and_nothing_changes(case):
    spoil, message = BAD[case]
    model, other = stateful(), stateful()
    model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
    other.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    before = bits(other)
    with pytest.raises(ModelFormatError, match=rf"^m\.tiny: .*({message})"):
        take_arrays(other, spoil(arrays_of(model)), "m.tiny")
    assert bits(other) == before


@pytest.mark.parametrize("name", ["sgd", "adam", "nadam", "adagrad"])
def test_the_state_of_another_optimizer_is_refused(name):
    model, other = two(optimizers.RMSprop(centered=True)), two(name)
    model.fit(X[:, 0], Y, verbose=0)
    before = other.get_weights()
    with pytest.raises(ModelFormatError, match="of another model"):
        take_arrays(other, arrays_of(model), "m.tiny")
    for ours, theirs in zip(before, other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
