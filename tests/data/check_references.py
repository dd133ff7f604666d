"""Checks keras_family.npz and torch_reference.npz against the recurrent family once more, in NumPy alone.

    python tests/data/check_references.py

It needs neither Keras nor Torch. Outputs only: LSTM, GRU, SimpleRNN, RNN(cell), stacked cells, bare cells,
Bidirectional, with masks, states, directions and given dropout masks, and torch.nn.LSTM and GRU.
"""

import json
import math
from pathlib import Path

import numpy as np

SELU = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717

GATE = ("recurrent_activation", "sigmoid")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def hard_sigmoid(x):
    return np.clip(x / 6 + 0.5, 0, 1)


ACTIVATIONS = {
    None: lambda x: x,
    "linear": lambda x: x,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": lambda x: x * hard_sigmoid(x),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: SELU * np.where(x > 0, x, SELU_ALPHA * np.expm1(x)),
    "gelu": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
    "silu": lambda x: x * sigmoid(x),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
}


def split(array, count):
    """The columns of every gate; no array, no columns."""
    return [0.0] * count if array is None else np.split(array, count, axis=-1)


def lstm(config, weights, x, states, drops):
    """One step of an LSTM: x and h are lists, one for each gate."""
    kernel, recurrent, bias = (split(weight, 4) for weight in padded(weights))
    h, c = states
    act, gate = (ACTIVATIONS[config.get(*pair)] for pair in (("activation", "tanh"), GATE))
    i, f, g, o = (
        x * dx @ k + h * dh @ r + b
        for k, r, b, dx, dh in zip(kernel, recurrent, bias, *drops(4), strict=True)
    )
    c = gate(f) * c + gate(i) * act(g)
    h = gate(o) * act(c)
    return h, [h, c]


def padded(weights):
    """kernel, recurrent_kernel, bias or None."""
    return [*weights, None][:3]


def gru(config, weights, x, states, drops):
    """One step of a GRU, both ways of resetting."""
    kernel, recurrent, bias = padded(weights)
    after = config.get("reset_after", True)
    inner, outer = (None, None) if bias is None else (bias[0], bias[1]) if after else (bias, None)
    (h,) = states
    act, gate = (ACTIVATIONS[config.get(*pair)] for pair in (("activation", "tanh"), GATE))
    dx, dh = drops(3)
    xs = [x * d @ k + b for d, k, b in zip(dx, split(kernel, 3), split(inner, 3), strict=True)]
    r_kernels, r_bias = split(recurrent, 3), split(outer, 3)
    z, r = (gate(xs[k] + h * dh[k] @ r_kernels[k] + r_bias[k]) for k in (0, 1))
    if after:
        candidate = act(xs[2] + r * (h * dh[2] @ r_kernels[2] + r_bias[2]))
    else:
        candidate = act(xs[2] + (r * h * dh[2]) @ r_kernels[2])
    h = z * h + (1 - z) * candidate
    return h, [h]


def simple(config, weights, x, states, drops):
    """One step of a SimpleRNN."""
    kernel, recurrent, bias = padded(weights)
    (dx,), (dh,) = drops(1)
    total = x * dx @ kernel + states[0] * dh @ recurrent + (0.0 if bias is None else bias)
    h = ACTIVATIONS[config.get("activation", "tanh")](total)
    return h, [h]


CELLS = {"LSTM": lstm, "GRU": gru, "SimpleRNN": simple}


def spread(masks):
    """drops(count): (input masks, state masks) for so many gates."""
    inputs, states = masks.get("dropout", [1.0]), masks.get("recurrent_dropout", [1.0])
    return lambda count: [part * count if len(part) == 1 else part for part in (inputs, states)]


def cells_of(layer, weights, drops):
    """step(x, states), and the units of every state, for a layer or a cell as a case spells it."""
    name, config = layer["class_name"].removesuffix("Cell"), layer["config"]
    if name == "RNN":
        cell = config["cell"]
        inner = {"class_name": "StackedRNNCells", "config": {"cells": cell}}
        return cells_of(inner if isinstance(cell, list) else cell, weights, drops)
    if name == "StackedRNNCells":
        parts = []
        for cell in config["cells"]:
            count = 2 + cell["config"].get("use_bias", True)
            parts.append(cells_of(cell, weights[:count], spread({})))
            weights = weights[count:]
        return stacked(parts), [units for _, units in parts]
    units = [config["units"]] * (2 if name == "LSTM" else 1)
    return lambda x, states: CELLS[name](config, weights, x, states, drops), units


def stacked(parts):
    """The step of cells one upon the other."""

    def step(x, states):
        after = []
        for (cell, _), state in zip(parts, states, strict=True):
            x, state = cell(x, state)
            after.append(state)
        return x, after

    return step


def choose(mask, new, old):
    """`new` where the mask says so, else `old`, for nested lists."""
    if isinstance(new, list):
        return [choose(mask, *pair) for pair in zip(new, old, strict=True)]
    return np.where(mask[:, None], new, old)


def zeros(units, batch):
    """States to begin with."""
    return [zeros(part, batch) if isinstance(part, list) else np.zeros((batch, part)) for part in units]


def unroll(config, cells, x, mask, states):
    """(outputs of every step in the order of processing, the last output, states)."""
    step, units = cells
    states = states or zeros(units, len(x))
    order = range(x.shape[1])[:: -1 if config.get("go_backwards") else 1]
    outputs, previous = [], 0.0
    for t in order:
        y, after = step(x[:, t], states)
        if mask is not None:
            keep = mask[:, t].astype(bool)
            kept = 0.0 if config.get("zero_output_for_mask") else previous
            y, after = np.where(keep[:, None], y, kept), choose(keep, after, states)
        outputs.append(y)
        states, previous = after, y
    return np.stack(outputs, axis=1), previous, states


def layer_call(layer, weights, drops, x, mask, states):
    """The outputs of a recurrent layer, the states after them if they are returned."""
    config = layer["config"]
    sequence, last, states = unroll(config, cells_of(layer, weights, drops), x, mask, states)
    y = sequence if config.get("return_sequences") else last
    return [y, *states] if config.get("return_state") else [y]


def both_ways(layer, weights, x, mask, states):
    """The outputs of Bidirectional."""
    config = layer["config"]
    forward = config["layer"]
    direction = {"go_backwards": not forward["config"].get("go_backwards", False)}
    backward = config.get("backward_layer") or forward | {"config": forward["config"] | direction}
    sequences = forward["config"].get("return_sequences", False)
    halves, results = [forward, backward], []
    for k, half in enumerate(halves):
        half = half | {"config": half["config"] | {"zero_output_for_mask": sequences}}
        count = (len(states) + k) // 2 if states else 0
        mine = (states[:count] if k == 0 else states[-count:]) if states else None
        own = weights[: len(weights) // 2] if k == 0 else weights[len(weights) // 2 :]
        results.append(layer_call(half, own, spread({}), x, mask, mine))
    (y, *after), (back, *back_after) = results
    back = back[:, ::-1] if sequences else back
    merges = {"concat": lambda: [np.concatenate([y, back], axis=-1)], "sum": lambda: [y + back]}
    merges |= {"mul": lambda: [y * back], "ave": lambda: [(y + back) / 2], None: lambda: [y, back]}
    return merges[config.get("merge_mode", "concat")]() + after + back_after


def flat(nested):
    """The leaves of nested lists."""
    return [leaf for part in nested for leaf in (flat(part) if isinstance(part, list) else [part])]


def look(structure, arrays):
    """Names replaced by arrays in nested lists."""
    if isinstance(structure, list):
        return [look(part, arrays) for part in structure]
    return arrays[structure] if structure is not None else None


def expected(case, arrays):
    """The outputs of a case by NumPy, or None if it is not of the recurrent family."""
    layer, name = case["layer"], case["layer"]["class_name"]
    weights = [arrays[f"w{k}"] for k in range(len(case["weights"]))]
    if name.endswith("Cell") or name == "StackedRNNCells":
        step, _ = cells_of(layer, weights, spread({}))
        x, states = look(case["args"], arrays)
        y, after = step(x, states)
        return flat([y, after])
    recurrent = name in ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional")
    if not recurrent or len(case.get("dropout", [])) > 1 or arrays["x"].ndim != 3:
        return None
    x = arrays["x"]
    mask, states = (look(case["call"].get(part), arrays) for part in ("mask", "initial_state"))
    if name == "Bidirectional":
        return both_ways(layer, weights, x, mask, states)
    masks = {key: look(names, arrays) for key, names in case.get("dropout", [{}])[0].items()}
    return flat(layer_call(layer, weights, spread(masks), x, mask, states))


def read(file_name):
    """(case, its arrays) of a reference file."""
    file = np.load(Path(__file__).parent / file_name, allow_pickle=False)
    arrays = {}
    for name in file.files:
        if "/" in name:
            case_id, rest = name.split("/", 1)
            arrays.setdefault(case_id, {})[rest] = file[name]
    return [(case, arrays[case["id"]]) for case in json.loads(str(file["cases"]))]


def check_keras():
    """(cases checked, the largest difference) of keras_family.npz."""
    checked, largest = 0, 0.0
    for case, arrays in read("keras_family.npz"):
        results = None if "batches" in case else expected(case, arrays)
        if results is None:
            continue
        differences = [np.max(np.abs(y - arrays[f"y{k}"])) for k, y in enumerate(results)]
        if max(differences) > 1e-12:
            print(f"{case['id']} differs by {max(differences):.1e}")
        checked, largest = checked + 1, max(largest, *differences)
    return checked, largest


def torch_step(case, arrays, suffix):
    """step(x, states) of one layer and direction of torch.nn."""
    inner, recurrent = (arrays[f"p/weight_{kind}_{suffix}"].T for kind in ("ih", "hh"))
    zero = np.zeros(inner.shape[1])
    b_in, b_rec = (arrays.get(f"p/bias_{kind}_{suffix}", zero) for kind in ("ih", "hh"))
    if case["kind"] == "LSTM":
        weights = [inner, recurrent, b_in + b_rec]
        return lambda x, states: lstm({}, weights, x, states, spread({}))

    def reorder(array):
        r, z, n = np.split(array, 3, axis=-1)
        return np.concatenate([z, r, n], axis=-1)

    weights = [reorder(inner), reorder(recurrent), np.stack([reorder(b_in), reorder(b_rec)])]
    return lambda x, states: gru({}, weights, x, states, spread({}))


def torch_outputs(case, arrays):
    """y and the states of torch.nn.LSTM or GRU."""
    config = case["config"]
    y = arrays["x"] if config.get("batch_first") else arrays["x"].swapaxes(0, 1)
    lengths = np.array(case["lengths"] or [y.shape[1]] * len(y))
    mask = np.arange(y.shape[1]) < lengths[:, None]
    last, slot = [], 0
    for k in range(config.get("num_layers", 1)):
        ways = []
        for back in [False, True][: 1 + config.get("bidirectional", False)]:
            step = torch_step(case, arrays, f"l{k}" + "_reverse" * back)
            names = ("h0", "c0")[: 1 + (case["kind"] == "LSTM")]
            states = [arrays[name][slot] for name in names] if case["initial_state"] else None
            settings = {"go_backwards": back, "zero_output_for_mask": True}
            cells = (step, [config["hidden_size"]] * len(names))
            sequence, _, states = unroll(settings, cells, y, mask, states)
            ways.append(sequence[:, ::-1] if back else sequence)
            last, slot = [*last, states], slot + 1
        y = np.concatenate(ways, axis=-1)
    y = y if config.get("batch_first") else y.swapaxes(0, 1)
    return [y, *(np.stack(states) for states in zip(*last, strict=True))]


def check_torch():
    """(cases checked, the largest difference) of torch_reference.npz."""
    cases, largest = read("torch_reference.npz"), 0.0
    for case, arrays in cases:
        results = torch_outputs(case, arrays)
        for name, result in zip(("y", "hn", "cn"), results, strict=False):
            difference = np.max(np.abs(result - arrays[name]))
            if difference > 1e-12:
                print(f"{case['id']}/{name} differs by {difference:.1e}")
            largest = max(largest, difference)
    return len(cases), largest


if __name__ == "__main__":
    for file, check in (("keras_family.npz", check_keras), ("torch_reference.npz", check_torch)):
        print("{}: {} cases checked, largest difference {:.1e}".format(file, *check()))
