"""Makes torch_reference.npz: torch.nn.LSTM and torch.nn.GRU with their gradients, in float64.

    KERAS_BACKEND=torch python tests/data/make_torch_reference.py [folder]

(Keras is used for nothing but the writing of the file.) A case has

kind          "LSTM" or "GRU"
config        the keyword arguments of that class of torch.nn
initial_state whether h0 (and c0) are passed
lengths       null, or the length of each sequence: then x is packed, and y is padded with zeros again

x, h0, c0     the input, (time, batch, features) or with batch_first (batch, time, features), and the states
              (layers * directions, batch, units), the directions of a layer next to each other
p/<name>      every parameter by torch's name, such as p/weight_ih_l0_reverse
y, hn, cn     the outputs, and gy, ghn, gcn a cotangent for each
dx, dh0, dc0, d/<name>  the gradients of sum(y * gy) + sum(hn * ghn) + sum(cn * gcn)

Torch's gates are i, f, g, o in an LSTM (Keras: i, f, c, o) and r, z, n in a GRU (Keras: z, r, h). Its
weights are transposed, its two biases are both there, and b_hn stands inside r * (..), as with Keras'
reset_after.
"""

import itertools

import torch
from family_spec import drawn, rng_of
from reference import Cases
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

BATCH, STEPS, FEATURES, UNITS = 3, 4, 2, 2
FLAGS = ("bidirectional", "batch_first", "bias")


def configurations():
    """(kind, config, whether states are passed, lengths) of every case."""
    choices = itertools.product(("LSTM", "GRU"), (1, 2), *[(False, True)] * 3)
    for count, (kind, layers, both, first, bias) in enumerate(choices):
        config = {"num_layers": layers} | dict(zip(FLAGS, (both, first, bias), strict=True))
        yield kind, config, (count + count // 2 + count // 4) % 2 == 0, None
    lengths = itertools.cycle([(4, 2, 1), (2, 4, 3), (1, 3, 4)])
    for count, (kind, layers, both) in enumerate(itertools.product(("LSTM", "GRU"), (1, 2), (False, True))):
        for first in (False, True):
            config = {"num_layers": layers, "bidirectional": both, "batch_first": first}
            yield kind, config, (count + first) % 2 == 0, next(lengths)
    for kind in ("LSTM", "GRU"):
        yield kind, {"num_layers": 2, "dropout": 0.5}, True, None  # dropout does nothing in eval()
        yield kind, {"hidden_size": 3, "batch_first": True}, True, (4, 4, 2)


def name_of(kind, config, with_state, lengths):
    """An id of all that is special about a case."""
    words = [kind.lower(), f"l{config['num_layers']}"] if "num_layers" in config else [kind.lower(), "u3"]
    words += [word for word in ("bidirectional", "batch_first", "dropout") if config.get(word)]
    words += ["no_bias"] * (not config.get("bias", True)) + ["state"] * with_state
    return "-".join(words + (["len" + "".join(map(str, lengths))] if lengths else []))


def call(layer, x, states, lengths):
    """The outputs by name."""
    first = layer.batch_first
    if lengths:
        x = pack_padded_sequence(x, torch.tensor(lengths), batch_first=first, enforce_sorted=False)
    passed = (tuple(states) if len(states) == 2 else states[0],) if states else ()
    y, last = layer(x, *passed)
    if lengths:
        y, _ = pad_packed_sequence(y, batch_first=first)
    last = last if isinstance(last, tuple) else (last,)
    return dict(zip(("y", "hn", "cn"), (y, *last), strict=False))


def run(case):
    """The arrays of one case."""
    rng, config = rng_of(case["id"]), case["config"]
    layer = getattr(torch.nn, case["kind"])(**config).eval()
    shape = (BATCH, STEPS, FEATURES) if layer.batch_first else (STEPS, BATCH, FEATURES)
    state = (layer.num_layers * (1 + layer.bidirectional), BATCH, layer.hidden_size)
    arrays = {"x": drawn(rng, shape)}
    if case["initial_state"]:
        names = ("h0", "c0") if case["kind"] == "LSTM" else ("h0",)
        arrays |= {name: drawn(rng, state) for name in names}
    inputs = {name: torch.tensor(array, requires_grad=True) for name, array in arrays.items()}
    for name, parameter in layer.named_parameters():
        arrays[f"p/{name}"] = drawn(rng, tuple(parameter.shape), 0.7)
        parameter.data = torch.tensor(arrays[f"p/{name}"])
    x, *states = inputs.values()
    outputs = call(layer, x, states, case["lengths"])
    cotangents = {f"g{name}": drawn(rng, tuple(output.shape)) for name, output in outputs.items()}
    pairs = zip(outputs.values(), cotangents.values(), strict=True)
    sum((output * torch.tensor(g)).sum() for output, g in pairs).backward()
    arrays |= {name: output.detach().numpy() for name, output in outputs.items()} | cotangents
    arrays |= {f"d{name}": tensor.grad.numpy() for name, tensor in inputs.items()}
    return arrays | {f"d/{name}": p.grad.numpy() for name, p in layer.named_parameters()}


def main():
    """Run every configuration and save."""
    torch.set_default_dtype(torch.float64)
    cases = Cases()
    for kind, config, with_state, lengths in configurations():
        case_id = name_of(kind, config, with_state, lengths)
        full = {"input_size": FEATURES, "hidden_size": UNITS} | config
        case = {"id": case_id, "kind": kind, "config": full, "initial_state": with_state}
        case["lengths"] = list(lengths) if lengths else None
        cases.add(case, run(case))
    cases.save("torch_reference.npz")


if __name__ == "__main__":
    main()
