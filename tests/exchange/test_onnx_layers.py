"""Every registered layer, with every argument of its own, as ONNX: run by onnxruntime beside `predict`."""

import numpy as np
import pytest
from exchange.ran import difference, predicted, run
from nn.every_layer import LAYERS, Use, changes, flat, mapped, without_and_with

import tinygraph as tg
from tinygraph import nn
from tinygraph.exchange.onnx.export import model_proto
from tinygraph.nn import registry

#: arguments that say nothing of what is predicted
OTHERS = (
    "initializer",
    "regularizer",
    "constraint",
    "dropout",
    "seed",
    "name",
    "trainable",
    "momentum",
    "rate",
)
OTHERS += ("input_shape", "time_major", "synchronized", "flash_attention", "implementation", "stddev")
BASE = [(name, None) for name in LAYERS]
EVERY = [each for each in changes() if not any(word in each[1] for word in OTHERS)]
#: the layers whose arguments are all in the quick tier
QUICK = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "Conv1D", "Embedding", "BatchNormalization")


def of_size(x, size):
    """An array with so many samples, other ones than it had."""
    repeated = np.resize(x, (size, *x.shape[1:]))
    if x.dtype.kind in "ib":
        return repeated
    return (repeated * np.linspace(0.5, 1.0, size).reshape(-1, *[1] * (x.ndim - 1))).astype(x.dtype)


def model_of(use):
    """A model of a layer's use alone, and its arrays."""
    inputs = [nn.Input(x.shape[1:], dtype=x.dtype.name) for x in use.x]
    symbol = lambda a: nn.Input(a.shape[1:], dtype=a.dtype.name)  # noqa: E731
    given = {name: mapped(symbol, value) for name, value in use.given.items()}
    model = nn.Model([*inputs, *flat(list(given.values()))], use.call(inputs, given))
    return model, [*use.x, *flat(list(use.given.values()))]


def test_no_layer_is_left_out():
    assert set(LAYERS) >= {
        c.__name__ for c in registry.KINDS["layer"].values() if c.__module__.startswith("tinygraph")
    }


@pytest.mark.parametrize(
    ("name", "argument"), [*BASE, *(each for each in EVERY if each[0] in QUICK)], ids=str
)
def test_layer_predicts_the_same(name, argument):
    check(name, argument)


@pytest.mark.full
@pytest.mark.parametrize(("name", "argument"), EVERY, ids=str)
def test_layer_predicts_the_same_with_every_argument(name, argument):
    check(name, argument)


def check(name, argument):
    """The file of a layer with an argument of its own predicts as the layer does, for batches of any size."""
    arguments = LAYERS[name].needs if argument is None else without_and_with(name, argument)[1]
    use = Use(name, arguments).fill()
    model, arrays = model_of(use)
    if argument == "stateful":
        with pytest.raises(ValueError, match=f"{use.layer.name}' is stateful"):
            model_proto(model)
        return
    proto = model_proto(model)
    limit = 1e-12 if all(layer.float == np.float64 for layer in use.layer.family) else 1e-5
    for size in (1, 6):
        fed = [of_size(x, size) for x in arrays]
        assert difference(run(proto, fed), predicted(model, fed)) < limit


def test_a_layer_made_for_one_size_of_batch_gives_a_file_for_that_size():
    model = nn.Sequential([nn.Dense(2, batch_input_shape=(3, 4))])
    proto = model_proto(model)
    assert [d.dim_value for d in proto.graph.input[0].type.tensor_type.shape.dim] == [3, 4]
    x = [np.ones((3, 4), "float32")]
    assert difference(run(proto, x), predicted(model, x)) < 1e-6


@pytest.mark.parametrize("layer", [nn.MaxPooling2D, nn.AveragePooling1D])
def test_pooling_in_float64(layer):
    tg.set_floatx("float64")
    made = layer(2, padding="same")
    model = nn.Sequential([nn.Input((5, 6, 3)[: made.rank + 1]), made])
    array = np.random.default_rng(0).normal(size=(2, *model.inputs[0].shape))
    assert difference(run(model_proto(model), [array]), predicted(model, [array])) < 1e-12
