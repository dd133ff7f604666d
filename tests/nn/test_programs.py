"""The compiled programs of a model: few, freed when they are dropped, never mixed up, sharing parameters."""

import gc
import weakref

import numpy as np

from tinygraph.nn import LSTM, Dense, Dropout, Input, Model, Sequential
from tinygraph.nn.latest import KEPT

X, Y = np.random.default_rng(0).normal(size=(200, 3, 2)).astype("float32"), np.ones((200, 1), "float32")


def made(**kwargs):
    model = Sequential([LSTM(3, input_shape=(3, 2)), Dropout(0.5), Dense(1)])
    model.compile("sgd", "mse", **kwargs)
    return model


def programs(model):
    return {key: function for key, (function, checks) in model.steps.latest.kept.items()}


def test_one_program_for_each_mode_and_batch():
    model = made()
    model.fit(X[:80], Y[:80], batch_size=32, epochs=3, validation_split=0.2, verbose=0)
    model.predict(X[:70])
    found = [(mode, dict(shapes)["input"]) for mode, shapes, _ in programs(model)]
    assert found == [
        ("train", (32, 3, 2)),
        ("test", (16, 3, 2)),
        ("predict", (32, 3, 2)),
        ("predict", (6, 3, 2)),
    ]
    before = list(programs(model).values())
    model.fit(X[:80], Y[:80], batch_size=32, validation_split=0.2, verbose=0)
    assert set(programs(model).values()) == set(before)


def test_all_programs_share_the_parameters():
    model = made()
    model.fit(X[:50], Y[:50], batch_size=32, validation_split=0.2, verbose=0)
    model.predict(X)
    for function in programs(model).values():
        labels = {w.label for w in model.weights}
        assert {leaf for leaf in function.graph.leaves if leaf.label in labels} == set(model.weights)


def test_programs_are_few_and_those_dropped_are_freed():
    model = made()
    model.predict(X[:1])
    gone = weakref.ref(next(iter(programs(model).values())))
    expected = model.predict(X)
    for size in range(2, KEPT + 12):
        np.testing.assert_allclose(model.predict(X, batch_size=size), expected, rtol=1e-4, atol=1e-6)
        assert len(programs(model)) <= KEPT
    gc.collect()
    assert gone() is None


def test_a_program_that_is_used_stays():
    model = made()
    model.predict(X[:1])
    first = next(iter(programs(model).values()))
    for size in range(2, KEPT + 12):
        model.predict(X[:size])
        model.predict(X[:1])
    assert first in programs(model).values()


def test_models_are_freed():
    model = made()
    model.fit(X, Y, verbose=0)
    model(X)
    gone = weakref.ref(model), weakref.ref(next(iter(programs(model).values())))
    del model
    gc.collect()
    assert [each() for each in gone] == [None, None]


def test_modes_do_not_mix():
    """Dropout is on in training and off else, in any order of calls with the same shapes."""
    model = made()
    model.optimizer.learning_rate = 0.0
    expected = model.predict(X[:8])
    judged = model.evaluate(X[:8], Y[:8], verbose=0)
    losses = {model.train_on_batch(X[:8], Y[:8]) for _ in range(4)}
    assert len(losses) == 4
    np.testing.assert_array_equal(model.predict(X[:8]), expected)
    assert model.evaluate(X[:8], Y[:8], verbose=0) == judged


def test_weights_with_samples_have_programs_of_their_own():
    """(samples,) and (samples, time) are fed by the same name."""
    x = Input((3, 2))
    model = Model(x, Dense(1)(x))
    model.compile("sgd", "mse")
    y, weight = np.ones((8, 3, 1)), np.linspace(0.0, 1.0, 24).reshape(8, 3)
    error = (model.predict(X[:8]) - y)[..., 0] ** 2
    for given, expected in (
        (None, error),
        (weight[:, 0], error * weight[:, :1]),
        (weight, error * weight),
        (weight[:, 1], error * weight[:, 1:2]),
    ):
        found = model.evaluate(X[:8], y, sample_weight=given, verbose=0)
        np.testing.assert_allclose(found, expected.mean(), rtol=1e-5)


def test_new_weights_reach_every_program():
    model = made()
    model.fit(X[:40], Y[:40], batch_size=32, verbose=0)
    model.predict(X[:40])
    model.set_weights([np.zeros(w.shape) for w in model.weights])
    assert (model.predict(X[:40]) == 0.0).all()
    assert (model(X[:40]) == 0.0).all()
    assert model.evaluate(X[:40], Y[:40], verbose=0) == 1.0


def test_two_models_with_shared_layers_train_the_same_weights():
    shared = Dense(2, name="shared")
    a, b = Input((3,)), Input((3,))
    one, two = Model(a, Dense(1)(shared(a))), Model(b, Dense(1)(shared(b)))
    for model in (one, two):
        model.compile("adam", "mse")
    start = shared.get_weights()[0]
    one.fit(np.ones((4, 3)), np.ones(4), verbose=0)
    middle = shared.get_weights()[0]
    two.fit(np.ones((4, 3)), np.ones(4), verbose=0)
    assert (start != middle).any()
    assert (shared.get_weights()[0] != middle).any()
    assert one.weights[:2] == two.weights[:2] == shared.weights


def test_predicting_before_compiling_does_not_stay():
    model = Sequential([Dense(1, input_shape=(2,))])
    first = model.predict(np.ones((3, 2)))
    model.compile("sgd", "mse")
    model.fit(np.ones((3, 2)), np.zeros(3), verbose=0)
    assert (model.predict(np.ones((3, 2))) != first).all()
