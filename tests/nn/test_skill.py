"""Skill against persistence: by hand, in fit and evaluate, for one feature, all of them, and with weights."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Input, Lambda, Model, Reshape, Sequential, metrics

RNG = np.random.default_rng(7)
X = RNG.normal(size=(9, 4, 3))


def by_hand(y, p, last, w=1.0):
    return 1.0 - np.sum(w * (y - p) ** 2) / np.sum(w * (y - last) ** 2)


def test_one_feature():
    model = Sequential([LSTM(3, input_shape=(4, 1)), Dense(2)])
    model.compile("adam", "mse", metrics=["skill"])
    x, y = X[..., :1], RNG.normal(size=(9, 2))
    expected = by_hand(y, model.predict(x), x[:, -1])
    assert model.evaluate(x, y, batch_size=4, return_dict=True, verbose=0)["skill"] == pytest.approx(
        expected, rel=1e-5
    )
    history = model.fit(x, y, batch_size=16, validation_data=(x, y), verbose=0).history
    assert history["skill"] == [pytest.approx(expected, rel=1e-5)]
    assert "val_skill" in history


def test_persistence_itself_has_none_and_the_truth_has_all():
    keep = Sequential([Input((4, 1)), Lambda(last_step)])
    keep.compile("sgd", "mse", metrics=["skill"])
    x, y = X[..., :1], RNG.normal(size=(9, 1))
    assert keep.evaluate(x, y, verbose=0)[1] == pytest.approx(0.0, abs=1e-6)
    assert keep.evaluate(x, x[:, -1], verbose=0)[1:] == pytest.approx([np.nan], nan_ok=True)


def last_step(x):
    return x[:, -1]


def test_a_feature_or_all_of_them():
    y = RNG.normal(size=(9, 2))
    one = Sequential([LSTM(2, input_shape=(4, 3)), Dense(2)])
    one.compile("adam", "mse", metrics=[metrics.Skill(feature=2)])
    expected = by_hand(y, one.predict(X), X[:, -1, 2:])
    assert one.evaluate(X, y, verbose=0)[1] == pytest.approx(expected, rel=1e-5)
    every = Sequential([LSTM(2, input_shape=(4, 3)), Dense(6), Reshape((2, 3))])
    every.compile("adam", "mse", metrics=["skill"])
    y = RNG.normal(size=(9, 2, 3))
    expected = by_hand(y, every.predict(X), X[:, -1:])
    assert every.evaluate(X, y, verbose=0)[1] == pytest.approx(expected, rel=1e-5)


def test_weights_and_several_inputs():
    series, meta = Input((4, 1), name="series"), Input((2,), name="meta")
    out = Dense(1, name="out")(LSTM(2)(series))
    side = Dense(1, name="side")(meta)
    model = Model([series, meta], [out, side])
    skill = metrics.Skill(input="series")
    model.compile("adam", "mse", weighted_metrics={"out": [skill]})
    x, y, w = X[..., :1], RNG.normal(size=(9, 1)), RNG.uniform(size=9)
    given = [x, X[:, 0, :2]]
    found = model.evaluate(given, [y, y], sample_weight=w, return_dict=True, verbose=0)["out_skill"]
    assert found == pytest.approx(by_hand(y, model.predict(given)[0], x[:, -1], w[:, None]), rel=1e-5)


def test_alone():
    skill, y, p = metrics.get("skill"), RNG.normal(size=(9, 2)), RNG.normal(size=(9, 2))
    for rows in (slice(0, 5), slice(5, 9)):
        skill.update_state(y[rows], p[rows], inputs=X[rows, :, 0])
    assert skill.result() == pytest.approx(by_hand(y, p, X[:, -1, :1]), rel=1e-9)
    skill.reset_state()
    weight = RNG.uniform(size=9)
    skill.update_state(y, p, weight, inputs=X[..., :1])
    assert skill.result() == pytest.approx(by_hand(y, p, X[:, -1, :1], weight[:, None]), rel=1e-9)


def evaluated(skill, shape=(4, 3), several=False):
    x = Input(shape, name="series")
    flat = Lambda(flat_mean)(x)
    inputs = [x, Input((1,), name="meta")] if several else x
    outputs = Dense(1)(flat) if not several else [Dense(1, name="a")(flat), Dense(1, name="b")(inputs[1])]
    model = Model(inputs, outputs)
    model.compile("sgd", "mse", metrics={"a": [skill]} if several else [skill])
    data, y = np.ones((2, *shape)), np.ones((2, 1))
    model.evaluate([data, y] if several else data, [y, y] if several else y, verbose=0)


def flat_mean(x):
    return tg.mean(x, axis=tuple(range(1, x.ndim)), keepdims=False)[:, None]


REFUSED = [
    (lambda: evaluated(metrics.Skill()), "Skill: say which of the 3 features is forecast: feature=0, ..."),
    (lambda: evaluated(metrics.Skill(feature=3)), "Skill: there is no feature 3; the input has 3."),
    (
        lambda: evaluated(metrics.Skill(), (4, 3, 2)),
        "Skill: expected an input (batch, time, features), got (2, 4, 3, 2).",
    ),
    (
        lambda: evaluated(metrics.Skill(), several=True),
        "Skill: say which input has the window, input=...: series, meta.",
    ),
    (
        lambda: evaluated(metrics.Skill(input="serie"), several=True),
        "Skill: the model has no input 'serie'; did you mean 'series'?",
    ),
    (lambda: metrics.Skill(feature=-1), "Skill: feature must be a whole number of at least 0, got -1."),
    (
        lambda: metrics.Skill().update_state([[1.0]], [[1.0]]),
        "Skill: needs the input window; alone, give update_state inputs=x.",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_what_is_refused(call, message):
    with pytest.raises((tg.GraphError, ValueError)) as caught:
        call()
    assert message in str(caught.value)
