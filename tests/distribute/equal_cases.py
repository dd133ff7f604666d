"""A script for several ranks: each case trains once on this process alone and once on all; root prints how
far the two are apart."""

from __future__ import annotations

import json
import sys

import numpy as np

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn import losses, optimizers, regularizers

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(21, 6, 3)), RNG.normal(size=(21, 2))
STEPS = RNG.normal(size=(21, 6, 2))
LABELS = RNG.integers(0, 3, 21)
WEIGHTS = RNG.uniform(0.1, 2.0, 21)
PADDED = np.where(np.arange(6)[None, :, None] < RNG.integers(1, 7, 21)[:, None, None], X, 0.0)
PADDED[4:8] = 0.0  # some ranks have nothing that counts
QUIET = {"verbose": 0, "epochs": 3, "batch_size": 5}
CASES = {}


def case(make):
    """A function of the ranks, or None, that trains and returns numbers."""
    CASES[make.__name__] = make
    return make


def numbers(model, history):
    found = [*model.get_weights(), *(v.value for v in model.optimizer.variables)]
    return [*found, *map(np.asarray, history.history.values())]


def trained(layers, ranks, loss="mse", y=Y, x=X, optimizer="adam", metrics=("mae",), fit=(), **how):
    model = nn.Sequential(layers)
    model.compile(optimizer, loss, metrics=list(metrics), distribute=ranks, **how)
    return numbers(model, model.fit(x, y, **QUIET | dict(fit)))


def lstm(**how):
    return nn.LSTM(4, input_shape=(6, 3), **how)


@case
def plain(ranks):
    return trained([lstm(), nn.Dense(2)], ranks)


@case
def a_last_batch_of_one(ranks):
    return trained([lstm(dropout=0.3), nn.Dense(2)], ranks, fit={"batch_size": 4})


@case
def machine_code(ranks):
    return trained([lstm(dropout=0.3), nn.Dropout(0.2), nn.Dense(2)], ranks, jit_compile="auto")


@case
def numpy_alone(ranks):
    return trained([lstm(dropout=0.3), nn.Dropout(0.2), nn.Dense(2)], ranks, jit_compile=False)


@case
def masks_of_each_gate(ranks):
    return trained([lstm(dropout=0.3, recurrent_dropout=0.2), nn.Dense(2)], ranks)


@case
def noise_of_every_kind(ranks):
    noisy = [
        nn.SpatialDropout1D(0.3, input_shape=(6, 3)),
        nn.GaussianNoise(0.1),
        nn.GaussianDropout(0.2),
        nn.Dropout(0.3, noise_shape=(1, None, None)),
        nn.TimeDistributed(nn.Dropout(0.2)),
        nn.Bidirectional(nn.GRU(3, dropout=0.2)),
        nn.Dense(2),
    ]
    return trained(noisy, ranks)


@case
def sample_weights(ranks):
    return trained([lstm(), nn.Dense(2)], ranks, fit={"sample_weight": WEIGHTS})


@case
def class_weights(ranks):
    last = nn.Dense(3, activation="softmax")
    how = {"y": LABELS, "metrics": ["accuracy"], "fit": {"class_weight": {0: 1.0, 1: 3.0, 2: 0.5}}}
    return trained([lstm(), last], ranks, "sparse_categorical_crossentropy", **how)


@case
def a_mean_by_weights(ranks):
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    fit = {"sample_weight": np.where(WEIGHTS < 0.7, 0.0, WEIGHTS)}
    return trained([lstm(), nn.Dense(2)], ranks, loss, fit=fit)


@case
def a_sum(ranks):
    return trained([lstm(), nn.Dense(2)], ranks, losses.MeanSquaredError(reduction="sum"))


@case
def masked_steps(ranks):
    masked = [nn.Masking(input_shape=(6, 3)), nn.LSTM(4, return_sequences=True), nn.Dense(2)]
    return trained(masked, ranks, y=STEPS, x=PADDED)


@case
def masked_steps_with_weights(ranks):
    masked = [nn.Masking(input_shape=(6, 3)), nn.LSTM(4, return_sequences=True), nn.Dense(2)]
    loss = losses.MeanAbsoluteError(reduction="mean_with_sample_weight")
    return trained(masked, ranks, loss, y=STEPS, x=PADDED, fit={"sample_weight": WEIGHTS})


@case
def several_outputs(ranks):
    x = nn.Input((6, 3))
    steps = nn.LSTM(4, return_sequences=True)(nn.Masking()(x))
    steps, last = nn.Dense(2, name="steps")(steps), nn.Dense(2, name="last")(nn.Flatten()(x))
    model = nn.Model(x, [steps, last])
    model.compile("adam", "mse", loss_weights=[0.3, 2.0], metrics=["mae"], distribute=ranks)
    return numbers(model, model.fit(PADDED, [STEPS, Y], validation_split=0.3, **QUIET))


@case
def clipping(ranks):
    found = []
    for how in ({"clipnorm": 0.1}, {"global_clipnorm": 0.1}, {"clipvalue": 0.01}):
        found += trained([lstm(), nn.Dense(2)], ranks, optimizer=optimizers.SGD(0.1, **how))
    return found


@case
def penalties(ranks):
    first = lstm(kernel_regularizer="l2", activity_regularizer=regularizers.L1(0.1), return_sequences=True)
    last = nn.Dense(2, bias_regularizer=regularizers.L2(0.1), kernel_constraint="unit_norm")
    fit = {"validation_data": (X[:7], Y[:7])}
    return trained([first, nn.LSTM(3, activity_regularizer="l2"), last], ranks, fit=fit)


@case
def frozen(ranks):
    first = lstm()
    first.trainable = False
    normal = nn.BatchNormalization()
    normal.trainable = False
    return trained([first, normal, nn.Dense(2)], ranks)


@case
def ids(ranks):
    words = [
        nn.Embedding(9, 4, mask_zero=True, input_shape=(6,)),
        nn.GRU(4),
        nn.Dense(1, activation="sigmoid"),
    ]
    x, y = (abs(PADDED[..., 0]) * 4).astype(int) % 9, (LABELS > 0).astype(float)
    return trained(words, ranks, "binary_crossentropy", y, x, "rmsprop", ["accuracy", "AUC"])


@case
def one_batch_and_evaluation(ranks):
    model = nn.Sequential([lstm(), nn.Dropout(0.4), nn.Dense(2)])
    model.compile("sgd", "mse", metrics=["mae", "cosine_similarity"], distribute=ranks)
    found = [model.train_on_batch(X, Y), model.train_on_batch(X[:3], Y[:3], WEIGHTS[:3])]
    found += [model.evaluate(X, Y, batch_size=size, verbose=0) for size in (1, 4, 32)]
    return [*map(np.asarray, found), model.predict(X, batch_size=4), *model.get_weights()]


@case
def stopped_within_an_epoch(ranks):
    class Stop(nn.Callback):
        def on_train_batch_end(self, batch, logs):
            self.model.stop_training = logs["loss"] < 1.5

    return trained([lstm(), nn.Dense(2)], ranks, fit={"callbacks": [Stop()]})


def main():
    ranks = tg.distribute.MPI()
    tg.set_floatx("float64")
    apart = {}
    for name, train in CASES.items():
        found = []
        for distribute in (None, ranks):
            tg.set_seed(7)
            found.append(train(distribute))
        alone, together = found
        assert len(alone) == len(together)
        worst = max(abs(a - b).max() for a, b in zip(alone, together, strict=True))
        apart[name] = max(ranks.each(float(worst)))
    if ranks.is_root:
        json.dump(apart, sys.stdout)


if __name__ == "__main__":
    main()
