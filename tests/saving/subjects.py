"""Models whose files are mutated: one of each layer, and some that use all that a file can hold."""

from __future__ import annotations

import numpy as np
from nn.every_layer import FUNCTIONS, LAYERS, Use, class_of

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn import optimizers, schedules

#: cells are no layers of a model by themselves
ALONE = [n for n in LAYERS if not hasattr(class_of(n), "state_size") or issubclass(class_of(n), nn.RNN)]


def of_one_layer(name):
    """A model of one layer, with the inputs that it needs."""
    use = Use(name, LAYERS[name].needs)
    use.fill()
    dtype = "int64" if name == "Embedding" else None
    inputs = [nn.Input(shape, name=f"in{k}", dtype=dtype) for k, shape in enumerate(use.shapes)]
    result = use.layer(inputs if use.layer.several_inputs else inputs[0])
    return nn.Model(inputs, result, name="m")


def trained():
    """A Sequential model with an optimizer's state, a history, random numbers under way."""
    model = nn.Sequential(
        [nn.LSTM(3, dropout=0.2, return_sequences=True, input_shape=(4, 2)), nn.GRU(2), nn.Dense(1)]
    )
    metrics = ["mae", nn.metrics.AUC(20), nn.metrics.Precision([0.2, 0.5])]
    rate = schedules.CosineDecay(0.1, 10)
    model.compile(
        optimizers.Adam(rate, weight_decay=0.1, use_ema=True), nn.losses.Huber(0.5), metrics=metrics
    )
    model.fit(np.ones((4, 4, 2)), np.ones((4, 1)), epochs=2, verbose=0)
    return model


def shared():
    """A Functional model that calls a layer and an inner model twice, with outputs by name."""
    a, b = nn.Input((3,), name="a"), nn.Input((3,), name="b")
    inner = nn.Sequential([nn.Dense(2, kernel_regularizer="l2", input_shape=(3,)), nn.PReLU()], name="inner")
    joined = nn.Concatenate()([inner(a), inner(b), nn.Dense(2, kernel_constraint="max_norm")(a)])
    model = nn.Model([a, b], {"y": nn.Dense(1)(joined), "z": joined})
    losses = {"y": "mse", "z": nn.losses.CosineSimilarity()}
    model.compile(optimizers.SGD(0.1, momentum=0.9), losses, {"z": 0.5}, metrics={"y": ["mae"]})
    model.fit([np.ones((4, 3))] * 2, {"y": np.ones((4, 1)), "z": np.ones((4, 6))}, verbose=0)
    return model


def directions():
    """Both directions, stateful layers, states handed on, time steps of an inner layer."""
    x = nn.Input(batch_shape=(2, 4, 3), name="x")
    sequence, *states = nn.LSTM(2, return_sequences=True, return_state=True, stateful=True)(x)
    back = nn.GRU(2, return_sequences=True, go_backwards=True)
    both = nn.Bidirectional(nn.GRU(2, return_sequences=True), backward_layer=back)
    y = nn.LSTM(2, recurrent_dropout=0.1)(both(sequence), initial_state=states)
    last = nn.RNN([nn.LSTMCell(2), nn.GRUCell(3)], name="stack")(nn.TimeDistributed(nn.Dense(2))(sequence))
    return nn.Model(x, [y, last])


MAKERS = {"trained": trained, "shared": shared, "directions": directions}


def saved(folder):
    """Write the file of every subject to a folder, and return their bytes by name."""
    nn.clear_session()
    tg.set_seed(4)
    files = {}
    for name in [*MAKERS, *ALONE]:
        model = MAKERS[name]() if name in MAKERS else of_one_layer(name)
        model.save(folder / f"{name}.tiny")
        assert tg.load(folder / f"{name}.tiny", FUNCTIONS).get_config() == model.get_config()
        files[name] = (folder / f"{name}.tiny").read_bytes()
    return files
