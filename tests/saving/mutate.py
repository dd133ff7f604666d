"""Mutations of a model's file: of its bytes, or of what they mean, with a digest that is right again.

A digest sees every change of bytes; what stands behind it is reached by files that are signed anew.
"""

from __future__ import annotations

import copy
import json

from tinygraph.nn import registry
from tinygraph.saving.container import head

DTYPES = ["F16", "F32", "F64", "BF16", "F8_E4M3", "I8", "I32", "I64", "U64", "BOOL", "C64", "F99", "", None]
DEEP = json.loads("[" * 100 + "]" * 100)
LAMBDA = {"class_name": "Lambda", "config": {"function": "os.system", "arguments": {"x": "id"}}}
#: what stands where something else is expected
ODD = [
    None, True, False, -1, 0, 1, 2, 3, 7, 1000, 2**31, 2**63, 2**64 - 1, 10**9, 10**30, 10**4000, -(10**9),
    0.5, 1.5, -0.0, 1e-320, 1e30, 1e400, -1e400, float("nan"),
    "", "x", "relu", "adam", "mse", "l2", "zeros", "os.system", "__class__", "../../etc/passwd", "\0", "é",
    "/", "a/b", "x" * 10**5, "1", "float16", "float64", "int64", "causal", "channels_first",
    [], {}, [[]], [None], [1], [0], [-1], [10**9, 32], [2, 3, 4], [1] * 5000, DEEP, {"": None},
    {"class_name": "eval", "config": {}}, {"class_name": "builtins.exec"}, {"slot": 0}, {"slot": -1},
    {"slot": 99}, ["input", 0], ["input", -1], ["input", True], ["call", 0, 0], ["call", 99, 0], LAMBDA,
]  # fmt: skip
NAMES = sorted({name for names in registry.KINDS.values() for name in names})


def header_of(data):
    """The header of a file, and what follows it."""
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]


def signed(header, values):
    """The bytes of a file of this header and these values, with the right digest."""
    return head(header, values) + values


# Of bytes.


def flipped(rng, data, others):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 8, 100])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def truncated(rng, data, others):
    return data[: rng.choice([rng.randrange(len(data)), rng.randrange(16), len(data) - 1])]


def inserted(rng, data, others):
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.choice([1, 8, 100])) + data[at:]


def removed(rng, data, others):
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice([1, 8, 100]) :]


def overwritten(rng, data, others):
    at, size = rng.randrange(len(data)), rng.choice([1, 4, 8, 100])
    filling = rng.choice([b"\0" * size, b"\xff" * size, rng.randbytes(size), b"9" * size])
    return data[:at] + filling + data[at + size :]


def spliced(rng, data, others):
    other = rng.choice(others)
    return data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]


def lengthened(rng, data, others):
    length = rng.choice(
        [0, 1, 2, 2**31, 2**63, 2**64 - 1, len(data), len(data) - 8, rng.randrange(len(data))]
    )
    return length.to_bytes(8, "little") + data[8:]


BYTES = [flipped, truncated, inserted, removed, overwritten, spliced, lengthened]


# Of what they mean.


def places(value):
    """Every list and dict in ``value`` with each of its keys."""
    found, waiting = [], [value]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], (dict, list)):
                waiting.append(holder[key])
    return found


def nudged(rng, value):
    """Another value of the same kind, or an odd one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)) and abs(value) < 1e300 and rng.random() < 0.6:
        return rng.choice(
            [value + 1, value - 1, -value, value * 1000, value * 10**12, float(value), str(value)]
        )
    if isinstance(value, str) and rng.random() < 0.5:
        cut = rng.randrange(len(value) + 1)
        return rng.choice([rng.choice(NAMES), value[:cut], value.upper(), value + value, [value]])
    if isinstance(value, list) and rng.random() < 0.5:
        return rng.choice([value[::-1], value + value, value[:-1], dict(enumerate(map(str, value)))])
    return copy.deepcopy(rng.choice(ODD))


def changed(rng, value, other):
    """Change something in plain data; ``other`` is where parts of another model come from."""
    if not places(value):
        value.append({})
    holder, key = rng.choice(places(value))
    what = rng.randrange(7)
    if what == 0:
        del holder[key]
    elif what == 1 and isinstance(holder, dict):
        holder[rng.choice([*NAMES, "x" * 50, "self", "name", "weights", "class_name"])] = holder.pop(key)
    elif what == 1:
        holder.insert(key, copy.deepcopy(rng.choice([holder[key], rng.choice(ODD)])))
    elif what == 2:
        there, name = rng.choice(places(other))
        holder[key] = copy.deepcopy(there[name])
    elif what == 3:
        there, name = rng.choice(places(value))
        holder[key] = copy.deepcopy(there[name])
    elif what == 4 and isinstance(holder, dict):
        holder[rng.choice(["dtype", "units", "fn", "kind", "config", "seed"])] = copy.deepcopy(
            rng.choice(ODD)
        )
    else:
        holder[key] = nudged(rng, holder[key])


def described(rng, header, values, other):
    """The description of the model, or of its training, in plain data or in its text."""
    metadata = header["__metadata__"]
    what = rng.choice(["model", "model", "model", "training"])
    if rng.random() < 0.1:
        text = metadata[what]
        at = rng.randrange(len(text) + 1)
        metadata[what] = rng.choice([text[:at], text[:at] + rng.choice('{}[]",:0e-\\\0n ') + text[at + 1 :]])
        return values
    value = [json.loads(metadata[what])]
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        changed(rng, value, json.loads(other["__metadata__"][what]) or [0])
    metadata[what] = json.dumps(value[0] if value else None)
    return values


def arrayed(rng, header, values, other):
    """What the header says of an array: dtype, shape, place, name."""
    names = [name for name in header if name != "__metadata__"]
    name = rng.choice(names or ["none"])
    entry = header.setdefault(name, {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]})
    what = rng.randrange(7)
    if what == 0:
        entry["dtype"] = rng.choice(DTYPES)
    elif what == 1:
        entry["shape"] = rng.choice(
            [[], [2**40], [2**32, 2**32], [-1], [0], [1.5], None, entry["shape"][::-1]]
        )
    elif what == 2:
        entry["data_offsets"] = [
            rng.choice([0, 4, -4, 2**40, 2**64, *entry["data_offsets"]]) for _ in range(2)
        ]
    elif what == 3:
        del header[name]
    elif what == 4:
        header[rng.choice(["weights/9999/x", "", "\0", "x" * 10_000, "optimizer/0000/x"])] = header.pop(name)
    elif what == 5:
        header[name] = copy.deepcopy(header[rng.choice(list(header))])
    else:
        entry[rng.choice(list(entry))] = rng.choice(ODD)
    return values


def retold(rng, header, values, other):
    """A string of the metadata."""
    metadata = header["__metadata__"]
    name = rng.choice(["format", "version", "model", "training", "written_by"])
    if rng.random() < 0.3:
        metadata.pop(name)
    else:
        odd = [
            *ODD,
            "0",
            "2",
            "-1",
            "1.0",
            "{}",
            "[]",
            "null",
            "9" * 5000,
            "NaN",
            '{"a":1,"a":2}',
            "[" * 3000,
        ]
        metadata[name] = rng.choice(odd)
    return values


def resized(rng, header, values, other):
    """More or fewer bytes of arrays than the header says."""
    return rng.choice([values[:-4], values + b"\0" * 8, b"", values[: len(values) // 2]])


MEANING = [described] * 7 + [arrayed] * 2 + [retold, resized]


def mutated(rng, data, others):
    """Return the name of a mutation, and other bytes that it makes of a file; a half of them is signed."""
    while True:
        if rng.random() < 0.5:
            mutation = rng.choice(BYTES)
            made = mutation(rng, data, others)
        else:
            mutation = rng.choice(MEANING)
            header, values = header_of(data)
            values = mutation(rng, header, values, header_of(rng.choice(others))[0])
            made = signed(header, values)
        if made != data:
            return mutation.__name__, made
