"""The first three scripts that a newcomer runs, exactly as they are promised."""

import numpy as np
import pytest

import tinygraph as tg

SEQUENTIAL = """
import numpy as np
from tinygraph.nn import Sequential, LSTM, Dense

model = Sequential().add(LSTM(64, input_shape=(10, 32))).add(Dense(10, activation="softmax"))
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.summary()
x = np.random.default_rng(0).normal(size=(200, 10, 32)).astype("float32"); y = np.arange(200) % 10
history = model.fit(x, y, epochs=3, batch_size=32, validation_split=0.2)
print(history.history["loss"], model.predict(x[:5]).shape, model.evaluate(x, y))
"""

FUNCTIONAL = """
from tinygraph.nn import Input, Model, LSTM, Dense, Add, Concatenate
series, meta = Input((12, 1), name="series"), Input((3,), name="meta")
h = LSTM(32, return_sequences=True)(series)
h = LSTM(32)(h)
out = Dense(1)(Concatenate()([h, Dense(8, activation="relu")(meta)]))
model = Model(inputs=[series, meta], outputs=out)
"""

GRAPH = """
import tinygraph as tg
x = tg.input("x", (4, 3)); w = tg.param("w", np.ones((3, 2)))
y = tg.tanh(x @ w); loss = tg.mean(y * y)
(dw,) = tg.gradients(loss, [w]); (d2w,) = tg.gradients(tg.sum(dw * dw), [w])
f = tg.compile({"loss": loss, "dw": dw, "d2w": d2w})
print(f(x=np.ones((4, 3))))
"""


def run(script, **names):
    """Run a script; return its names."""
    exec(compile(script, "script", "exec"), names)
    return names


def test_sequential(capsys):
    tg.set_seed(0)
    names = run(SEQUENTIAL)
    out = capsys.readouterr().out
    model, history = names["model"], names["history"].history
    assert model.count_params() == 4 * 64 * (32 + 64 + 1) + 65 * 10
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert [len(values) for values in history.values()] == [3] * 4
    assert history["loss"][-1] < history["loss"][0]
    *_, first, second, third, evaluated, last = out.splitlines()
    for k, line in enumerate((first, second, third)):
        assert line.startswith(f"epoch {k + 1}/3  ")
    assert evaluated.startswith("evaluated 200 samples: loss ")
    assert last.startswith(f"{history['loss']} (5, 10) [")
    assert "24832" in out.replace(",", "")  # the summary: the LSTM's weights


def test_functional():
    model = run(FUNCTIONAL)["model"]
    assert [s.name for s in model.inputs] == ["series", "meta"]
    assert model.count_params() == 4 * 32 * (1 + 32 + 1) + 4 * 32 * (32 + 32 + 1) + 4 * 8 + 41
    model.compile("adam", "mse")
    rng = np.random.default_rng(0)
    x = {"series": rng.normal(size=(40, 12, 1)), "meta": rng.normal(size=(40, 3))}
    history = model.fit(x, x["meta"][:, 0], epochs=15, verbose=0)
    assert history.history["loss"][-1] < 0.9 * history.history["loss"][0]
    assert model.predict(x).shape == (40, 1)


def test_graph(capsys):
    names = run(GRAPH, np=np)
    found = names["f"](x=np.ones((4, 3)))
    value, slope = np.tanh(3.0), 1 - np.tanh(3.0) ** 2
    assert found["loss"] == pytest.approx(value**2, rel=1e-6)
    # loss = tanh(s)² / 2 for each of two columns, s = the sum of a column of w.
    first = value * slope
    second = slope**2 - 2 * value**2 * slope
    np.testing.assert_allclose(found["dw"], np.full((3, 2), first), rtol=1e-4)
    np.testing.assert_allclose(found["d2w"], np.full((3, 2), 3 * 2 * first * second), rtol=1e-4)
    assert "'d2w': array(" in capsys.readouterr().out
