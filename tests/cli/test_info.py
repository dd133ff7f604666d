"""``info``: the file, the layers, and how far training has come."""

import os
from pathlib import Path

import numpy as np

import tinygraph as tg
from tinygraph import nn
from tinygraph.cli import info
from tinygraph.nn.summary import summary
from tinygraph.saving import container


def test_all_there_is_to_say(run, model):
    code, out, err = run("info", "m.tiny", "--batch", 8)
    assert (code, err) == (0, "")
    size = f"{os.path.getsize('m.tiny') / 1000:.1f} KB"
    first = f"m.tiny: {size}, format version {container.VERSION}, written by tinygraph {tg.__version__}"
    last = model.history.rows[-1]
    assert out.splitlines() == [
        first,
        *summary(model, 8).splitlines(),
        "Optimizer: Adam, learning rate 0.001, 6 steps.",
        "Loss: mse.",
        "Metrics: mae.",
        f"Epochs: 3; the last: loss {last['loss']:.6g}, mae {last['mae']:.6g}.",
    ]


def test_a_model_that_is_not_compiled(run):
    nn.Sequential([nn.Input((2,)), nn.Dense(1)]).save("m.tiny")
    assert run("info", "m.tiny")[1].splitlines()[-1] == "Not compiled."


def test_a_model_that_is_not_trained_yet(run):
    x = nn.Input((2,), name="x")
    model = nn.Model(x, {"a": nn.Dense(1)(x), "b": nn.Dense(1)(x)})
    schedule = nn.schedules.ExponentialDecay(0.1, 10, 0.5)
    losses = {"a": "mse", "b": nn.losses.Huber(0.5)}
    model.compile(nn.optimizers.SGD(schedule), losses, metrics={"a": ["mae", nn.metrics.MeanSquaredError()]})
    model.save("m.tiny")
    assert run("info", "m.tiny")[1].splitlines()[-3:] == [
        "Optimizer: SGD, learning rate 0.1, 0 steps.",
        "Loss: a: mse, b: Huber.",
        "Metrics: a: mae, MeanSquaredError.",
    ]


def test_a_file_of_keras(run, model, monkeypatch):
    Path("m.keras").write_bytes(b"PK\x03\x04" + bytes(996))
    monkeypatch.setattr(info, "opened", lambda path: model)
    assert run("info", "m.keras")[1].startswith("m.keras: 1.0 KB, a file of Keras\nSequential 'weather'")


def test_a_batch_of_nothing(run, model):
    code, _, err = run("info", "m.tiny", "--batch", 0)
    assert code == 1
    assert err.endswith("batch must be a whole number of at least 1, got 0.\n")


def test_epochs_are_counted_from_the_first_fit_on(run):
    model = nn.Sequential([nn.Input((2,)), nn.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones(4), epochs=2, initial_epoch=1, verbose=0)
    model.save("m.tiny")
    assert run("info", "m.tiny")[1].splitlines()[-1].startswith("Epochs: 2; the last: loss ")
