"""How a case of keras_family.npz is written down before any Keras sees it: its JSON and its arrays.

make_keras_family.py says what the parts of a case mean. Everything here is drawn from the case's id,
so that a case keeps its numbers when others are added or taken away.
"""

import zlib

import numpy as np


def spelled(class_name, **config):
    """A layer (cell, initializer, ..) as a case spells it."""
    return {"class_name": class_name, "config": config}


def changed(layer, **config):
    """The same layer with other arguments."""
    return {"class_name": layer["class_name"], "config": layer["config"] | config}


def rng_of(text):
    """A generator that depends on nothing but `text`."""
    return np.random.default_rng(zlib.crc32(text.encode()))


def drawn(rng, shape, scale=1.0):
    """Normal numbers with few bits in them: exact in float64, float32 and float16, and small when zipped."""
    return (rng.normal(size=shape) * scale).astype(np.float16).astype(np.float64)


def case(case_id, layer, arrays, args=("x",), call=None, **extras):
    """(case, arrays): `arrays` has an array, or the shape of normal numbers to be drawn, for each name."""
    rng = rng_of(case_id)
    values = {
        name: drawn(rng, value) if isinstance(value, tuple) else np.asarray(value)
        for name, value in arrays.items()
    }
    parts = {"id": case_id, "group": case_id.split("-")[0], "layer": layer, "args": list(args)}
    return parts | {"call": call or {}} | extras, values


# ---- states and masks of recurrent layers ---------------------------------------------------------


def conv_length(length, kernel, stride, dilation, padding):
    """What a convolution makes of one axis."""
    if padding == "same":
        return -(-length // stride)
    return -(-(length - dilation * (kernel - 1)) // stride)


def conv_state(rank, config, shape):
    """The shape of one state of a ConvLSTM without its batch axis; `shape` is that of one sample's step."""

    def per_axis(name, default):
        value = config.get(name, default)
        return value if isinstance(value, list) else [value] * rank

    first = config.get("data_format") == "channels_first"
    sizes = shape[1:] if first else shape[:-1]
    arguments = zip(
        sizes, per_axis("kernel_size", 1), per_axis("strides", 1), per_axis("dilation_rate", 1), strict=True
    )
    lengths = [conv_length(*argument, config.get("padding", "valid")) for argument in arguments]
    return (config["filters"], *lengths) if first else (*lengths, config["filters"])


def state_shapes(layer, shape):
    """The shapes of a layer's states for an input of `shape`, in lists nested as Keras nests states."""
    name, config, batch = layer["class_name"], layer["config"], shape[0]
    if name == "Bidirectional":
        halves = [config["layer"], config.get("backward_layer", config["layer"])]
        return [state for half in halves for state in state_shapes(half, shape)]
    if name == "RNN":
        cell = config["cell"]
        return state_shapes(spelled("StackedRNNCells", cells=cell) if isinstance(cell, list) else cell, shape)
    if name == "StackedRNNCells":
        return [state_shapes(cell, shape) for cell in config["cells"]]
    if name.startswith("ConvLSTM"):
        return [(batch, *conv_state(int(name[8]), config, shape[2:]))] * 2
    return [(batch, config["units"])] * (2 if name.startswith("LSTM") else 1)


def state_names(nested):
    """(names of states in the same nested lists, {name: shape})."""
    arrays = {}

    def name_of(part):
        if isinstance(part, list):
            return [name_of(item) for item in part]
        name = f"s{len(arrays)}"
        arrays[name] = part
        return name

    return name_of(nested), arrays


# What each of the two rows of a mask of five steps looks like.
PATTERNS = {
    "right": ("11110", "11000"),
    "left": ("00111", "01111"),
    "holes": ("10110", "11001"),
    "empty": ("11111", "00000"),
    "first": ("01111", "01101"),
    "full": ("11111", "11111"),
}


def mask_of(pattern, steps=5):
    """A mask by the name of its pattern, cut to so many steps."""
    return np.array([[int(step) for step in row[:steps]] for row in PATTERNS[pattern]], dtype=np.int8)


def sequence(case_id, layer, shape=(2, 5, 2), pattern=None, init=False, call=None, **extras):
    """A case of a recurrent layer: x, and perhaps a mask by name and initial states."""
    arrays, call = {"x": shape}, dict(call or {})
    if pattern:
        arrays["mask"], call["mask"] = mask_of(pattern, shape[1]), "mask"
    if init:
        call["initial_state"], states = state_names(state_shapes(layer, shape))
        arrays |= states
    return case(case_id, layer, arrays, call=call, **extras)
