"""Models on every backend: the same masks, and the same training but for rounding."""

import numpy as np

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Dropout, Embedding, Sequential

IDS = np.random.default_rng(0).integers(9, size=(22, 5))
LABELS = IDS[:, 0] % 3


def trained(backend):
    """History, weights and predictions after three epochs with dropout, and a partial batch."""
    tg.set_seed(4)
    model = Sequential(
        [Embedding(9, 4, input_shape=(5,)), Dropout(0.3), LSTM(6), Dense(3, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], backend=backend)
    history = model.fit(IDS, LABELS, batch_size=8, epochs=3, validation_split=0.2, verbose=0)
    return [*history.history.values(), *model.get_weights(), model.predict(IDS)]


def test_training_equals_that_of_numpy(backend):
    for found, expected in zip(trained(backend.name), trained("numpy"), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_dropout_draws_the_same_bits(backend):
    x = tg.input("x", (8, 50))
    layer = Dropout(0.5, seed=3)
    y = layer(x, training=True)
    found = tg.compile(y, backend=backend.name)(x=np.ones((8, 50)))
    layer.step.assign(0)
    np.testing.assert_array_equal(found, tg.compile(y)(x=np.ones((8, 50))))
