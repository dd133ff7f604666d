"""Whole training runs of recurrent models, with regularizers, constraints, masks and states, as in Keras."""

import pytest
from nn.keras_fit import check_run
from nn.stored import Stored

from tinygraph import nn
from tinygraph.nn import Input, Model

KERAS = Stored("keras_runs.npz")
CASES = KERAS.cases

# The architectures of make_keras_runs.py: the shape of x0, then class, name and arguments of each layer.

SEQ = {"return_sequences": True}
ONE, TWO = ("Dense", "out", 1), ("Dense", "out", 2)
SOFTMAX = ("Dense", "out", 3, {"activation": "softmax"})
SIGMOID = ("Dense", "out", 1, {"activation": "sigmoid"})
EMBEDDING = ("Embedding", "embedding", 12, 3, {"mask_zero": True})
MASKING = ("Masking", "mask")

CHAINS = {
    "lstm_last": [(5, 2), ("LSTM", "rnn", 3), ONE],
    "gru_last": [(5, 2), ("GRU", "rnn", 3), ONE],
    "rnn_last": [(5, 2), ("SimpleRNN", "rnn", 3), ONE],
    "lstm_sequence": [(5, 2), ("LSTM", "rnn", 3, SEQ), TWO],
    "gru_sequence": [(5, 2), ("GRU", "rnn", 3, SEQ), TWO],
    "masked_lstm_last": [(5, 2), MASKING, ("LSTM", "rnn", 3), ONE],
    "masked_gru_sequence": [(5, 2), MASKING, ("GRU", "rnn", 3, SEQ), TWO],
    "embedding_last": [(6,), EMBEDDING, ("LSTM", "rnn", 3), SIGMOID],
    "embedding_sequence": [(6,), EMBEDDING, ("GRU", "rnn", 3, SEQ), SOFTMAX],
    "softmax_last": [(5, 2), ("LSTM", "rnn", 3), SOFTMAX],
    "deep": [(5, 2), ("LSTM", "rnn", 3, SEQ), ("LayerNormalization", "norm"), ("GRU", "rnn_2", 2), ONE],
    "batchnorm": [
        (5, 2),
        ("BatchNormalization", "norm", {"momentum": 0.9}),
        ("SimpleRNN", "rnn", 3),
        ONE,
    ],
    "convolved": [
        (6, 2),
        ("Conv1D", "conv", 3, 2, {"activation": "tanh"}),
        ("AveragePooling1D", "pool", 2, {"strides": 1}),
        ("GRU", "rnn", 3),
        ONE,
    ],
    "conv_lstm": [(3, 5, 1), ("ConvLSTM1D", "rnn", 2, 2), ("Flatten", "flatten"), ONE],
    "stateful_lstm": [(5, 2), ("LSTM", "rnn", 3, {"stateful": True}), ONE],
    "stateful_gru": [(5, 2), ("GRU", "rnn", 3, {"stateful": True}), ONE],
}


def make(options, class_name, name, *args):
    """A layer with the arguments of its architecture, and those of the case on top of them."""
    *args, config = args if args and isinstance(args[-1], dict) else (*args, {})
    return getattr(nn, class_name)(*args, name=name, **config | options.get(name, {}))


def chain(options, shape, *parts):
    """A model of layers one upon the other."""
    x = hidden = Input(shape, name="x0", dtype="int32" if parts[0] is EMBEDDING else None)
    for part in parts:
        hidden = hidden | make(options, *part)
    return Model(x, hidden)


def bidirectional(options, inner, out, **config):
    x = Input((5, 2), name="x0")
    both = nn.Bidirectional(make(options, *inner), name="both", **config)
    return Model(x, x | nn.Masking(name="mask") | both | make(options, *out))


def attended(options):
    x = Input((5, 2), name="x0")
    hidden = x | make(options, "LSTM", "rnn", 3, SEQ)
    hidden = [hidden, hidden] | make(options, "Attention", "attention", {"use_scale": True})
    return Model(x, hidden | nn.GlobalAveragePooling1D(name="pool") | make(options, *ONE))


def stacked_cells(options):
    x = Input((5, 2), name="x0")
    cells = nn.StackedRNNCells([nn.LSTMCell(3, name="c0"), nn.GRUCell(2, name="c1")], name="cells")
    return Model(x, x | make(options, "RNN", "rnn", cells) | make(options, *ONE))


def distributed(options):
    x = Input((5, 2), name="x0")
    dense = make(options, "Dense", "dense", 3, {"activation": "tanh"})
    return Model(x, x | nn.TimeDistributed(dense, name="each") | nn.GRU(2, name="rnn") | make(options, *ONE))


def architecture(name, options):
    """A model by the name of its architecture."""
    if name in CHAINS:
        return chain(options, *CHAINS[name])
    if name == "bidirectional_last":
        return bidirectional(options, ("LSTM", "rnn", 2), SOFTMAX)
    if name == "bidirectional_sequence":
        return bidirectional(options, ("GRU", "rnn", 2, SEQ), TWO, merge_mode="sum")
    return {"attended": attended, "stacked_cells": stacked_cells, "distributed": distributed}[name](options)


def test_enough_runs():
    assert len(CASES) >= 57
    assert {case["compile"]["optimizer"]["class_name"] for case in CASES} >= {"SGD", "Adam", "RMSprop"}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case):
    check_run(case, KERAS.arrays(case), architecture(case["architecture"], case["options"]))
