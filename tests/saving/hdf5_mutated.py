"""``python hdf5_mutated.py FOLDER FIRST LAST``: read mutated weights of HDF5, and print what became of each.

It is libhdf5, a C library, that reads them: hence a process of its own, with little memory and time.
"""

import json
import random
import resource
import signal
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

import tinygraph as tg
from tinygraph import nn

LIMIT = 2**30  # bytes that the process may get besides those that it has
SECONDS = 5  # of the CPU, for one file


def made():
    model = nn.Sequential([nn.LSTM(4, input_shape=(5, 3)), nn.BatchNormalization(), nn.Dense(2)])
    model.compile("adam", "mse")
    return model


def mutated(whole, seed):
    """A file with some bytes, lengths or blocks changed or gone; most of the zeros stay."""
    draw, data = random.Random(seed), bytearray(whole)
    places = [k for k, byte in enumerate(whole) if byte]
    kind = draw.choice(["bit", "byte", "length", "block", "cut", "gone"])
    for _ in range(draw.choice([1, 1, 2, 4, 16])):
        k = min(draw.choice(places), len(data) - 1)
        if kind == "bit":
            data[k] ^= 1 << draw.randrange(8)
        elif kind == "byte":
            data[k] = draw.choice([0, 127, 128, 255])
        elif kind == "length":
            number = draw.choice([0, 2**64 - 1, 2**63, 2**32, draw.randrange(len(data))])
            data[k : k + 8] = number.to_bytes(8, "little")
        elif kind == "block":
            other, size = draw.randrange(len(data)), draw.choice([4, 8, 64, 512])
            data[k : k + size] = data[other : other + size]
        elif kind == "cut":
            data = data[: k + 1]
        else:
            del data[k]
    return bytes(data)


def outcome(model, path):
    """Whether a file is read, or refused and the model as it was; else what went wrong."""
    before = model.get_weights()
    try:
        model.load_weights(path)
    except tg.ModelFormatError:
        same = all(map(np.array_equal, before, model.get_weights()))
        return "refused" if same else "half read"
    except Exception as error:
        return repr(error)[:200]
    model.set_weights(before)
    return "read"


def main(folder, first, last):
    warnings.simplefilter("ignore")
    model, path = made(), Path(folder, "m.weights.h5")
    model.save_weights(path)
    whole, found = path.read_bytes(), Counter()
    model.load_weights(path)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + LIMIT, size + LIMIT))
    for seed in range(int(first), int(last)):
        print(f"seed {seed}", file=sys.stderr, flush=True)  # the last one is what the process died of
        path.write_bytes(mutated(whole, seed))
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        found[outcome(model, path)] += 1
        signal.setitimer(signal.ITIMER_PROF, 0)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
