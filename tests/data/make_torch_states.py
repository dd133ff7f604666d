"""Makes torch_states.npz: state dicts of chains of PyTorch modules, with inputs and outputs, in both floats.

    python tests/data/make_torch_states.py [folder]

A case has an "id" and "modules", a list of [name, class of torch.nn, keyword arguments]. Under
"<id>/<dtype>/" stand

p/<name>    every entry of the state dict, such as p/rnn.weight_ih_l0_reverse
x, y        a batch, and what the chain in eval() makes of it; axes are (batch, time, features) throughout:
            for convolutions and BatchNorm1d the features are put in the middle and back
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch

BATCH, STEPS, FEATURES, UNITS, WORDS = 3, 5, 3, 4, 7


def chains():
    """(id, modules) of every case."""
    base = {"input_size": FEATURES, "hidden_size": UNITS, "batch_first": True}
    options = {
        "": {},
        "-no_bias": {"bias": False},
        "-layers": {"num_layers": 3},
        "-bidirectional": {"bidirectional": True},
        "-layers-bidirectional": {"num_layers": 2, "bidirectional": True},
    }
    for kind in ("LSTM", "GRU", "RNN"):
        for end, more in options.items():
            yield f"{kind}{end}", [["rnn", kind, base | more]]
    yield "RNN-relu", [["rnn", "RNN", base | {"nonlinearity": "relu"}]]
    for bias in (True, False):
        end = "" if bias else "-no_bias"
        linear = {"in_features": FEATURES, "out_features": UNITS, "bias": bias}
        conv = {"in_channels": FEATURES, "out_channels": UNITS, "kernel_size": 2, "bias": bias}
        yield f"Linear{end}", [["fc", "Linear", linear]]
        yield f"Conv1d{end}", [["conv", "Conv1d", conv | {"dilation": 2}]]
        yield f"LayerNorm{end}", [["norm", "LayerNorm", {"normalized_shape": FEATURES, "bias": bias}]]
        yield f"BatchNorm1d{end}", [["norm", "BatchNorm1d", {"num_features": FEATURES, "affine": bias}]]
    yield (
        "Conv1d-groups",
        [["conv", "Conv1d", {"in_channels": FEATURES, "out_channels": 6, "kernel_size": 3, "groups": 3}]],
    )
    embedding = ["words", "Embedding", {"num_embeddings": WORDS, "embedding_dim": FEATURES}]
    yield "Embedding", [embedding]
    yield (
        "tagger",
        [
            embedding,
            ["encoder", "LSTM", base | {"num_layers": 2, "bidirectional": True}],
            ["norm", "LayerNorm", {"normalized_shape": 2 * UNITS}],
            ["decoder", "GRU", base | {"input_size": 2 * UNITS}],
            ["head", "Linear", {"in_features": UNITS, "out_features": 2}],
        ],
    )


def chain_of(modules, dtype):
    """The modules by name, in eval(), with weights and running statistics of their own."""
    torch.manual_seed(4)
    chain = torch.nn.ModuleDict({name: getattr(torch.nn, kind)(**config) for name, kind, config in modules})
    for name, values in chain.state_dict().items():
        if values.is_floating_point():
            values.uniform_(0.5 if name.endswith("running_var") else -0.7, 0.9)
    return chain.to(dtype).eval()


def call(chain, x):
    """The output of the last module."""
    with torch.no_grad():
        for module in chain.values():
            middle = isinstance(module, (torch.nn.Conv1d, torch.nn.BatchNorm1d))
            y = module(x.transpose(1, 2) if middle else x)
            x = y[0] if isinstance(y, tuple) else y.transpose(1, 2) if middle else y
    return x


def batch_of(modules, dtype):
    """What the first module takes: ids or numbers."""
    rng = np.random.default_rng(5)
    if modules[0][1] == "Embedding":
        return torch.from_numpy(rng.integers(0, WORDS, (BATCH, STEPS)))
    return torch.from_numpy(rng.normal(size=(BATCH, STEPS, FEATURES))).to(dtype)


def main():
    """Run every chain in both floats, and save."""
    arrays, cases = {}, [{"id": name, "modules": modules} for name, modules in chains()]
    for case in cases:
        for dtype in (torch.float32, torch.float64):
            chain, x = chain_of(case["modules"], dtype), batch_of(case["modules"], dtype)
            found = {"x": x, "y": call(chain, x)} | {f"p/{n}": p for n, p in chain.state_dict().items()}
            start = f"{case['id']}/{str(dtype).removeprefix('torch.')}"
            arrays |= {f"{start}/{name}": tensor.numpy() for name, tensor in found.items()}
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    versions = {"torch": torch.__version__, "numpy": np.__version__}
    texts = {"cases": json.dumps(cases), "versions": json.dumps(versions)}
    np.savez_compressed(folder / "torch_states.npz", **texts, **arrays)


if __name__ == "__main__":
    main()
