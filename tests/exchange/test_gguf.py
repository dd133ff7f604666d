"""GGUF: what real gguf reads back of every layer kind, bit for bit."""

import json
import sys

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader
from nn.every_layer import FUNCTIONS, LAYERS, Use

import tinygraph as tg
from tinygraph import files, nn


@pytest.fixture(autouse=True)
def _fresh_start():
    nn.clear_session()
    tg.set_seed(20)


def model_of(name, dtype):
    """A model of one layer; a cell is run by an RNN."""
    use = Use(name, LAYERS[name].needs | {"dtype": dtype}).fill()
    layer, shapes = use.layer, use.shapes
    if hasattr(layer, "state_size") and not isinstance(layer, nn.RNN):
        layer, shapes = nn.RNN(layer, dtype=dtype), [(2, *shapes[0])]
    inputs = [nn.Input(s, dtype="int64" if name == "Embedding" else dtype) for s in shapes]
    return nn.Model(inputs, layer(inputs if layer.several_inputs else inputs[0]), name="m")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_is_read_back(name, dtype, tmp_path):
    model = model_of(name, dtype)
    model.export(tmp_path / "new" / "m.GGUF")
    read = GGUFReader(tmp_path / "new" / "m.GGUF")
    assert read.fields["general.architecture"].contents() == "tinygraph"
    assert read.fields["general.name"].contents() == "m"
    assert read.fields["tinygraph.version"].contents() == tg.__version__
    described = json.loads(read.fields["tinygraph.model"].contents())
    assert nn.deserialize(described, FUNCTIONS, kind="model").get_config() == model.get_config()
    assert [tensor.name for tensor in read.tensors] == [weight.label for weight in model.weights]
    for tensor, weight in zip(read.tensors, model.weights, strict=True):
        wanted = GGMLQuantizationType.F32 if weight.dtype == "float32" else GGMLQuantizationType.F64
        assert tensor.tensor_type == wanted
        assert tensor.shape.tolist() == [*reversed(weight.shape)]
        np.testing.assert_array_equal(tensor.data, weight.value)


def test_weights_of_one_name_are_numbered(tmp_path):
    x = nn.Input((3,))
    parts = [nn.Sequential([nn.Input((3,)), nn.Dense(3, name="d", use_bias=False)]) for _ in range(3)]
    model = nn.Model(x, parts[2](parts[1](parts[0](x))))
    model.export(tmp_path / "m.gguf")
    tensors = GGUFReader(tmp_path / "m.gguf").tensors
    assert [tensor.name for tensor in tensors] == ["d/kernel", "d/kernel_2", "d/kernel_3"]
    for tensor, weight in zip(tensors, model.get_weights(), strict=True):
        np.testing.assert_array_equal(tensor.data, weight)


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    model = nn.Sequential([nn.Input((3,)), nn.Dense(2)])
    (tmp_path / "m.gguf").write_text("before")

    def fail(*names):
        raise OSError("no room")

    monkeypatch.setattr(files.os, "replace", fail)
    with pytest.raises(OSError, match="no room"):
        model.export(tmp_path / "m.gguf")
    assert [path.name for path in tmp_path.iterdir()] == ["m.gguf"]
    assert (tmp_path / "m.gguf").read_text() == "before"


class Odd(nn.Dense):
    """A layer whose config no JSON can say."""

    def get_config(self):
        return super().get_config() | {"units": {1, 2}}


def test_what_is_refused(tmp_path, monkeypatch):
    with pytest.raises(tg.GraphError, match="its shapes are not known yet"):
        nn.Sequential([nn.Dense(2)]).export(tmp_path / "m.gguf")
    with pytest.raises(ValueError, match="get_config must return plain data, but: Object of type set"):
        nn.Sequential([nn.Input((3,)), Odd(2)]).export(tmp_path / "m.gguf")
    model = nn.Sequential([nn.Input((3,)), nn.Dense(2)])
    with pytest.raises(ValueError, match=r"Sequential .*\.export: .*\.pt"):
        model.export(tmp_path / "m.pt")
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(ImportError, match=r"pip install 'tinygraph\[gguf\]'"):
        model.export(tmp_path / "m.gguf")
    assert not [*tmp_path.iterdir()]
