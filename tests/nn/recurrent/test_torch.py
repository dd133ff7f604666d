"""torch.nn.LSTM and torch.nn.GRU out of our layers: outputs, last states and every gradient.

`from_torch` is the model for bringing weights from PyTorch: it makes what `set_weights` takes.
"""

from collections import Counter

import numpy as np
import pytest
from nn.stored import Stored

import tinygraph as tg
from tinygraph import nn

TORCH = Stored("torch_reference.npz")
#: which of PyTorch's blocks each of our gates is: i, f, g, o of i, f, g, o and z, r, g of r, z, n
GATES = {"LSTM": [0, 1, 2, 3], "GRU": [1, 0, 2]}


def from_torch(kind, parameters, end):
    """The weights of one layer in one direction; ``end`` is that of PyTorch's names, as in weight_ih_l0."""

    def ours(name):
        blocks = np.split(parameters[f"{name}_{end}"], len(GATES[kind]))
        return np.concatenate([blocks[k] for k in GATES[kind]]).T

    kernels = [ours("weight_ih"), ours("weight_hh")]
    if f"bias_ih_{end}" not in parameters:
        return kernels
    biases = [ours("bias_ih"), ours("bias_hh")]
    return [*kernels, sum(biases) if kind == "LSTM" else np.stack(biases)]


def to_torch(kind, weights, end):
    """PyTorch's parameters by name, from our weights, or from gradients by them.

    Both biases of an LSTM are added to the same place, so both have the gradient of our one.
    """

    def theirs(columns):
        blocks = np.split(columns.T, len(GATES[kind]))
        return np.concatenate([blocks[k] for k in np.argsort(GATES[kind])])

    biases = [b for bias in weights[2:] for b in (bias if kind == "GRU" else [bias, bias])]
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return {f"{name}_{end}": theirs(w) for name, w in zip(names, [*weights[:2], *biases], strict=False)}


def stack(case, x, states, mask):
    """The layers of a case one on another: their outputs, last states, and parts by PyTorch's names."""
    config, parts, last = case["config"], {}, []
    both = config.get("bidirectional", False)
    for k in range(config.get("num_layers", 1)):
        layer = getattr(nn, case["kind"])(
            config["hidden_size"],
            use_bias=config.get("bias", True),
            return_sequences=True,
            return_state=True,
            zero_output_for_mask=True,
        )
        rows = [2 * k, 2 * k + 1] if both else [k]
        layer = nn.Bidirectional(layer) if both else layer
        x, *after = layer(x, mask=mask, initial_state=[s[row] for row in rows for s in states] or None)
        last += after
        each = layer.sublayers if both else [layer]
        parts |= dict(zip((f"l{k}", f"l{k}_reverse"), each, strict=False))
    return x, last, parts


def run(case, arrays):
    """All that is stored of results and gradients, computed here."""
    kind, lengths = case["kind"], case["lengths"]
    nodes = {name: tg.input(name, arrays[name].shape) for name in ("x", "h0", "c0") if name in arrays}
    x, *states = nodes.values()
    mask = lengths and tg.constant(np.arange(max(lengths)) < np.reshape(lengths, (-1, 1)))
    axes = (0, 1, 2) if case["config"].get("batch_first") else (1, 0, 2)
    y, last, parts = stack(case, tg.transpose(x, axes=axes), states, mask)
    for end, part in parts.items():
        part.set_weights(from_torch(kind, {n[2:]: a for n, a in arrays.items() if n[:2] == "p/"}, end))
    outputs = {"y": tg.transpose(y, axes=axes)}
    kinds = ("hn", "cn") if kind == "LSTM" else ("hn",)
    outputs |= {name: tg.stack(last[k :: len(kinds)]) for k, name in enumerate(kinds)}
    loss = tg.add_n([tg.sum(node * arrays[f"g{name}"]) for name, node in outputs.items()])
    sources = nodes | {f"{end} {k}": w for end, part in parts.items() for k, w in enumerate(part.weights)}
    slopes = zip(sources, tg.gradients(loss, list(sources.values())), strict=True)
    outputs |= {f"d{name}": slope for name, slope in slopes}
    found = tg.compile(outputs)(**{name: arrays[name] for name in nodes})
    for end, part in parts.items():
        slopes = [found.pop(f"d{end} {k}") for k in range(len(part.weights))]
        found |= {f"d/{name}": slope for name, slope in to_torch(kind, slopes, end).items()}
    return found


def test_enough_configurations():
    assert len(TORCH.cases) >= 50
    assert min(Counter(case["kind"] for case in TORCH.cases).values()) >= 25


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", TORCH.cases, ids=lambda case: case["id"])
def test_equals_torch(case):
    arrays = TORCH.arrays(case)
    found = run(case, arrays)
    assert found.keys() == {name for name in arrays if name[0] in "yd" or name in ("hn", "cn")}
    for name, value in found.items():
        close = 1e-9 if name[0] == "d" else 1e-10
        np.testing.assert_allclose(value, arrays[name], rtol=close, atol=close, err_msg=name)


@pytest.mark.parametrize("kind", GATES)
def test_weights_go_to_torch_and_back(kind):
    layer = getattr(nn, kind)(3)
    layer.ensure_built((4, 2))
    parameters = to_torch(kind, layer.get_weights(), "l0")
    if kind == "LSTM":
        parameters["bias_hh_l0"] = np.zeros_like(parameters["bias_hh_l0"])
    for weight, again in zip(layer.get_weights(), from_torch(kind, parameters, "l0"), strict=True):
        np.testing.assert_array_equal(weight, again)
