"""Every registered layer, with every argument of its own, as ONNX: run by onnxruntime beside `predict`."""

import numpy as np
import pytest
from exchange.ran import difference, predicted, run
from nn.every_layer import LAYERS, Use, changes, flat, mapped, without_and_with

from tinygraph import nn
from tinygraph.exchange.onnx.export import model_proto
from tinygraph.nn import registry

#: arguments that only training, or the way to a layer, has any use for
TRAINING = ("initializer", "regularizer", "constraint", "dropout", "seed", "name", "trainable", "momentum", "rate")
CASES = [(name, None) for name in LAYERS] + [
    (name, argument) for name, argument in changes() if not any(word in argument for word in TRAINING)
]


def of_size(x, size):
    """An array with so many samples, other ones than it had."""
    repeated = np.resize(x, (size, *x.shape[1:]))
    return repeated if x.dtype.kind in "ib" else (repeated * np.linspace(0.5, 1.0, size).reshape(-1, *(1,) * (x.ndim - 1))).astype(x.dtype)


def model_of(use):
    """A model of a layer's use alone, and its arrays."""
    inputs = [nn.Input(x.shape[1:], dtype=x.dtype.name) for x in use.x]
    given = {name: mapped(lambda a: nn.Input(a.shape[1:], dtype=a.dtype.name), value) for name, value in use.given.items()}
    model = nn.Model([*inputs, *flat(list(given.values()))], use.call(inputs, given))
    return model, [*use.x, *flat(list(use.given.values()))]


def test_no_layer_is_left_out():
    assert set(LAYERS) >= {c.__name__ for c in registry.KINDS["layer"].values() if c.__module__.startswith("tinygraph")}


@pytest.mark.parametrize(("name", "argument"), CASES, ids=str)
def test_layer_predicts_the_same(name, argument):
    arguments = LAYERS[name].needs if argument is None else without_and_with(name, argument)[1]
    use = Use(name, arguments).fill()
    if arguments.get("time_major"):
        pytest.skip("in a model axis 0 has the samples")
    model, arrays = model_of(use)
    if arguments.get("stateful"):
        with pytest.raises(ValueError, match=f"{use.layer.name}.*is stateful"):
            model_proto(model)
        return
    proto = model_proto(model)
    sizes = [2] if argument == "batch_input_shape" else [2, 1, 6]
    for size in sizes:
        fed = [of_size(x, size) for x in arrays]
        limit = 1e-12 if all(layer.float == np.float64 for layer in use.layer.family) else 1e-5
        assert difference(run(proto, fed), predicted(model, fed)) < limit
