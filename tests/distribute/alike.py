"""A script for several ranks without a seed: what must be alike on all of them, as JSON."""

import contextlib
import io
import itertools
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import LSTM, BatchNormalization, Callback, Dense, Dropout, Embedding, Sequential
from tinygraph.nn.callbacks import BackupAndRestore
from tinygraph.nn.outcomes import NonFiniteError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(22, 5, 2)), RNG.normal(size=(22, 1))


def digest(ranks, values):
    """Whether all ranks have the same bits."""
    each = ranks.each([np.asarray(value).tobytes() for value in values])
    return all(other == each[0] for other in each)


def without_a_seed(ranks):
    model = Sequential([LSTM(4, input_shape=(5, 2), dropout=0.2), Dropout(0.3), Dense(1)])
    model.compile("adam", "mse", distribute=ranks)
    history = model.fit(X, Y, batch_size=8, epochs=2, validation_split=0.2, verbose=0)
    found = [*model.get_weights(), *history.history.values(), model.evaluate(X, Y, verbose=0)]
    model.set_weights(
        [weight + ranks.rank for weight in model.get_weights()]
    )  # as if but one had read a file
    model.fit(X, Y, verbose=0)
    return digest(ranks, [*found, *model.get_weights()])


def resumed(ranks):
    """Training that was broken off amid an epoch ends with the bits of one that was not."""

    class Fails(Callback):
        def on_epoch_begin(self, epoch, logs):
            self.epoch = epoch

        def on_train_batch_end(self, batch, logs):
            if (self.epoch, batch) == (1, 1):
                raise ConnectionError

    def fitted(seed, *more):
        tg.set_seed(seed)
        model = Sequential([LSTM(4, input_shape=(5, 2), dropout=0.2), Dense(1)])
        model.compile("adam", "mse", distribute=ranks)
        history = model.fit(X, Y, batch_size=8, epochs=3, callbacks=more, verbose=0)
        return [*model.get_weights(), history.history["loss"]]

    whole = fitted(1)
    folder = Path(ranks.same(tempfile.mkdtemp()))
    backup = BackupAndRestore(folder, save_freq=2, delete_checkpoint=False)
    with pytest.raises(ConnectionError):
        fitted(1, Fails(), backup)
    ranks.each(None)  # all wait until the file is there
    found = fitted(2, backup)
    ranks.each(None)
    if ranks.is_root:
        shutil.rmtree(folder)
    return all(np.array_equal(a, b) for a, b in zip(whole, found, strict=True)) and digest(ranks, found)


def batch_normalization(ranks):
    """Moving statistics are the mean, by samples, of those that the ranks have: here exactly the means."""
    model = Sequential([BatchNormalization(momentum=0.5, input_shape=(2,)), Dense(1)])
    model.compile("sgd", "mse", distribute=ranks)
    x = X[:, 0].astype("float32")
    model.fit(x, Y, batch_size=22, shuffle=False, verbose=0)
    layer = model.layers[0]
    np.testing.assert_allclose(layer.moving_mean.value, 0.5 * x.mean(0), rtol=1e-5)
    bounds = [22 * k // ranks.size for k in range(ranks.size + 1)]
    parts = [x[a:b] for a, b in itertools.pairwise(bounds)]
    variance = sum(len(part) * part.var(0) for part in parts) / 22
    np.testing.assert_allclose(layer.moving_variance.value, 0.5 + 0.5 * variance, rtol=1e-5)
    return digest(ranks, model.get_weights())


def not_finite(ranks):
    """One rank's rows overflow: all ranks stop at that step, with the weights before it."""
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", distribute=ranks)
    x = X[:, 0].astype("float32")
    x[15] = 1e30
    seen = []

    class Watch(Callback):
        def on_train_batch_begin(self, batch, logs):
            seen[:] = model.get_weights()

    with pytest.raises(NonFiniteError, match="fit, epoch 1, step 2: the loss is inf") as raised:
        model.fit(x, Y, batch_size=8, shuffle=False, verbose=0, callbacks=[Watch()])
    found = "the first node that is not finite is" in str(raised.value)
    assert found == (ranks.rank == ranks.size - 1), raised.value  # who has the rows
    assert all((a == b).all() for a, b in zip(seen, model.get_weights(), strict=True))
    return digest(ranks, model.get_weights())


def single_precision(ranks):
    weights = []
    for distribute in (None, ranks):
        tg.set_seed(1)
        model = Sequential([Embedding(7, 3, input_shape=(5,)), LSTM(4), Dense(1)])
        model.compile("adam", "mse", distribute=distribute)
        model.fit(np.arange(110).reshape(22, 5) % 7, Y, batch_size=6, verbose=0)
        weights.append(model.get_weights())
    return all(np.allclose(a, b, rtol=0, atol=1e-6) for a, b in zip(*weights, strict=True))


def shown(ranks):
    """Only root shows how far it is."""
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", distribute=ranks)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        model.fit(X[:, 0], Y, epochs=2, verbose=2)
        model.evaluate(X[:, 0], Y)
        model.predict(X[:, 0], verbose=1)
    lines = out.getvalue().splitlines()
    return len(lines) == (4 if ranks.is_root else 0)


def one_sum_a_step(ranks):
    """A step of training adds up one buffer, once: as many numbers as weights, and a few."""
    model = Sequential([LSTM(4, input_shape=(5, 2)), Dense(1)])
    model.compile("sgd", "mse", distribute=ranks)
    model.train_on_batch(X, Y)
    ((step, _),) = model.steps.latest.kept.values()
    sizes, add_up = [], step.add_up
    step.add_up = lambda array: (sizes.append(array.size), add_up(array))
    model.fit(X, Y, batch_size=22, epochs=3, verbose=0)
    return sizes == [model.count_params() + 1] * 3


CASES = (
    without_a_seed,
    resumed,
    batch_normalization,
    not_finite,
    single_precision,
    shown,
    one_sum_a_step,
)


def main():
    ranks = tg.distribute.MPI()
    found = {case.__name__: all(ranks.each(bool(case(ranks)))) for case in CASES}
    if ranks.is_root:
        json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
