"""``convert``: by the end of a name, what a model's own methods write."""

import runpy
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader

import tinygraph as tg
from tinygraph import nn
from tinygraph.cli.convert import WRITERS

X = np.random.default_rng(1).normal(size=(3, 4, 2))


def test_our_own_format_stays_what_it_is(run, model):
    code, out, err = run("convert", "m.tiny", "n.tiny")
    assert (code, err) == (0, "")
    assert out == f"n.tiny: {Path('n.tiny').stat().st_size / 1000:.1f} KB\n"
    again = tg.load("n.tiny")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.history.rows == model.history.rows
    np.testing.assert_array_equal(again.optimizer.iterations.value, 6)


def test_weights_and_gguf(run, model):
    assert run("convert", "m.tiny", "w.safetensors")[0] == 0
    other = nn.Sequential([nn.Input((4, 2)), nn.LSTM(3), nn.Dense(1)])
    other.load_weights("w.safetensors")
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    assert run("convert", "m.tiny", "m.gguf")[0] == 0
    for tensor, weight in zip(GGUFReader("m.gguf").tensors, model.get_weights(), strict=True):
        np.testing.assert_array_equal(tensor.data, weight)


def test_keras(run, model):
    assert run("convert", "m.tiny", "m.keras")[0] == 0
    assert run("convert", "m.keras", "again.tiny")[0] == 0
    again = tg.load("again.tiny")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    np.testing.assert_array_equal(again.optimizer.iterations.value, 6)
    assert run("convert", "m.keras", "w.weights.h5")[0] == 0
    again.set_weights([0 * weight for weight in again.get_weights()])
    again.load_weights("w.weights.h5")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


@pytest.mark.skipif(not find_spec("tinygraph.exchange.onnx"), reason="no exchange with ONNX yet")
def test_onnx(run, model):
    onnxruntime = pytest.importorskip("onnxruntime")
    assert run("convert", "m.tiny", "m.onnx")[0] == 0
    session = onnxruntime.InferenceSession("m.onnx")
    (name,) = (each.name for each in session.get_inputs())
    (y,) = session.run(None, {name: X.astype("float32")})
    np.testing.assert_allclose(y, model.predict(X), rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(not hasattr(nn.Model, "export_numpy"), reason="no scripts for NumPy yet")
def test_a_script(run, model):
    assert run("convert", "m.tiny", "predict.py")[0] == 0
    y = runpy.run_path("predict.py")["predict"](X)
    np.testing.assert_allclose(y, model.predict(X), rtol=1e-5, atol=1e-6)


METHODS = dict.fromkeys(WRITERS, "save")
METHODS |= {".safetensors": "save_weights", ".weights.h5": "save_weights"}
METHODS |= {".onnx": "export", ".gguf": "export", ".py": "export_numpy"}


@pytest.mark.parametrize("end", WRITERS)
def test_each_kind_of_file_has_its_method(run, model, monkeypatch, end):
    def write(self, path):
        Path(path).write_text(self.name)

    for method in METHODS.values():
        monkeypatch.setattr(nn.Sequential, method, lambda self, path: None, raising=False)
    monkeypatch.setattr(nn.Sequential, METHODS[end], write, raising=False)
    assert run("convert", "m.tiny", f"n{end}") == (0, f"n{end}: 7 bytes\n", "")
    assert Path(f"n{end}").read_text() == "weather"


def test_what_is_refused(refused, run, model):
    before = Path("m.tiny").read_bytes()
    assert refused("convert", "m.tiny", "m.tiny") == (
        "m.tiny: there is such a file already; write over it with --force."
    )
    assert refused("convert", "m.tiny", "m.pt") == (
        "m.pt: cannot write a file of this kind; its name must end in .tiny, .keras, .safetensors, "
        ".weights.h5, .onnx, .gguf, .py."
    )
    assert refused("convert", "m.tiny", "M.KERAS").startswith("M.KERAS: cannot write")
    assert Path("m.tiny").read_bytes() == before
    assert run("convert", "m.tiny", "m.tiny", "--force")[0] == 0
    np.testing.assert_array_equal(tg.load("m.tiny").predict(X), model.predict(X))
