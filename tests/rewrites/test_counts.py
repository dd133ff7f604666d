"""What the rewrites make of recurrent models: golden counts of products, and of calls, of a training step."""

import numpy as np
import pytest

from tinygraph import nn
from tinygraph.nn import Dense, Sequential
from tinygraph.rewrites import passes

INPUT = {"input_shape": (10, 3)}
SEQUENCES = {"return_sequences": True, **INPUT}
LSTM = nn.LSTM

#: layers: (products, calls) of ten time steps as they are unrolled, and as they are rewritten
COUNTS = {
    "LSTM": (lambda: [LSTM(4, **INPUT)], (52, 479), (25, 235)),
    "backwards": (lambda: [LSTM(4, go_backwards=True, **INPUT)], (52, 479), (25, 235)),
    "masked": (lambda: [nn.Masking(**INPUT), LSTM(4)], (52, 557), (25, 324)),
    "dropout": (lambda: [LSTM(4, dropout=0.5, recurrent_dropout=0.5, **INPUT)], (52, 566), (34, 327)),
    "recurrent dropout": (lambda: [LSTM(4, recurrent_dropout=0.5, **INPUT)], (52, 532), (25, 285)),
    "masked GRU": (lambda: [nn.Masking(**INPUT), nn.GRU(4)], (52, 554), (25, 350)),
    "two": (lambda: [LSTM(4, **SEQUENCES), LSTM(4)], (111, 968), (48, 454)),
    "Bidirectional": (lambda: [nn.Bidirectional(LSTM(4), **INPUT)], (101, 928), (47, 445)),
    "GRU": (lambda: [nn.GRU(4, **INPUT)], (52, 519), (25, 305)),
    "GRU as in the paper": (lambda: [nn.GRU(4, reset_after=False, **INPUT)], (82, 518), (46, 306)),
    "SimpleRNN": (lambda: [nn.SimpleRNN(4, **INPUT)], (52, 161), (25, 110)),
    "ConvLSTM1D": (
        lambda: [nn.ConvLSTM1D(4, 2, input_shape=(10, 5, 3)), nn.Flatten()],
        (52, 518),
        (25, 291),
    ),
    "TimeDistributed": (lambda: [nn.TimeDistributed(Dense(4), **INPUT), LSTM(4)], (82, 558), (28, 248)),
}


def counts(layers):
    """Products and calls of the program of a training step."""
    model = Sequential([*layers, Dense(1)])
    model.compile("sgd", "mse", jit_compile=False)
    model.train_on_batch(np.ones((2, *model.inputs[0].shape)), np.ones((2, 1)))
    ((function, _),) = model.steps.latest.kept.values()
    return function.graph.count()["matmul"], function.plan.calls


@pytest.mark.parametrize(("layers", "unrolled", "rewritten"), COUNTS.values(), ids=COUNTS)
def test_counts(layers, unrolled, rewritten, monkeypatch):
    assert counts(layers()) == rewritten
    monkeypatch.setattr(passes, "PASSES", ())
    monkeypatch.setattr(passes, "CALLING", ())
    assert counts(layers()) == unrolled
