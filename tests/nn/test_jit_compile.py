"""Models train the same with compiled kernels, to the last digits."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import GRU, LSTM, Dense, Dropout, GaussianNoise, Masking, Sequential, SimpleRNN
from tinygraph.ops.fused import fused

pytest.importorskip("llvmlite", reason="the extra 'fast' is not installed")

MODELS = {
    "LSTM": lambda: [LSTM(5, input_shape=(7, 3))],
    "GRU": lambda: [GRU(5, input_shape=(7, 3))],
    "GRU before": lambda: [GRU(5, reset_after=False, input_shape=(7, 3))],
    "SimpleRNN": lambda: [SimpleRNN(5, input_shape=(7, 3))],
    "two layers": lambda: [LSTM(5, return_sequences=True, input_shape=(7, 3)), LSTM(4)],
    "masks": lambda: [Masking(0.0, input_shape=(7, 3)), LSTM(5, return_sequences=True), GRU(4)],
    "dropout": lambda: [LSTM(5, dropout=0.3, recurrent_dropout=0.2, input_shape=(7, 3)), Dropout(0.2)],
    "noise": lambda: [GaussianNoise(0.1, input_shape=(7, 3)), LSTM(5, activation="relu")],
    "activations": lambda: [
        LSTM(5, activation="gelu", recurrent_activation="hard_sigmoid", input_shape=(7, 3)),
        Dense(4, activation="elu"),
        Dense(3, activation="softplus"),
    ],
    "stateful": lambda: [LSTM(5, stateful=True, batch_input_shape=(6, 7, 3))],
}
OPTIMIZERS = ["adam", "sgd", "rmsprop", "nadam"]


def trained(layers, optimizer, dtype, jit_compile):
    tg.set_floatx(dtype)
    tg.set_seed(3)
    model = Sequential([*layers(), Dense(2)])
    model.compile(optimizer, "mse", jit_compile=jit_compile)
    random = np.random.default_rng(0)
    x, y = random.normal(size=(6, 7, 3)), random.normal(size=(6, 2))
    x[:, 5:] = 0.0
    losses = [model.train_on_batch(x, y) for _ in range(5)]
    function = next(iter(model.steps.latest.kept.values()))[0]
    assert any(node.op is fused for node in function.plan.schedule) == jit_compile
    return np.concatenate(
        [np.ravel(losses), *(w.ravel() for w in model.get_weights()), model.predict(x).ravel()]
    )


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_training_gives_the_same(layers):
    fast, slow = (trained(layers, "adam", "float64", jit) for jit in (True, False))
    np.testing.assert_allclose(fast, slow, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_any_optimizer_gives_the_same(optimizer):
    fast, slow = (trained(MODELS["LSTM"], optimizer, "float64", jit) for jit in (True, False))
    np.testing.assert_allclose(fast, slow, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_float32_differs_in_the_last_digits_only(layers):
    fast, slow = (trained(layers, "sgd", "float32", jit) for jit in (True, False))
    np.testing.assert_allclose(fast, slow, rtol=2e-4, atol=2e-5)


def test_a_model_is_compiled_from_its_first_run_on():
    model = Sequential([Dense(2, activation="tanh", input_shape=(3,)), Dense(1)])
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((4, 3)), np.ones((4, 1)))
    function = next(iter(model.steps.latest.kept.values()))[0]
    assert any(node.op is fused for node in function.plan.schedule)


def test_another_word_is_refused_when_it_is_given():
    model = Sequential([Dense(1, input_shape=(3,))])
    with pytest.raises(ValueError, match="jit_compile"):
        model.compile("adam", "mse", jit_compile="always")
