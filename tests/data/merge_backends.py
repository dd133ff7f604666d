"""Joins what one script made on several backends of Keras into one file, each case by majority.

    python tests/data/merge_backends.py keras_family.npz /tmp/jax /tmp/torch /tmp/tensorflow

Each folder holds a file of that name. The backends that agree with each other up to ROUNDING and are the most
decide, for every backend keeps something in float32 whatever floatx says: TensorFlow the betas of Adam, JAX
the softmax of MultiHeadAttention, Torch the slope of hard_sigmoid. Stored are the numbers of the one that the
most of these equal to TOLERANCE; if there are several, those of the first.

A case gets "backends", those whose numbers are the stored ones to TOLERANCE, and "others": {backend: word}
for the rest, where the word is "rounds" (the same up to ROUNDING), "differs" or "fails". A case without two
backends that agree is left out, and named.
"""

import json
import sys
from pathlib import Path

import numpy as np

TOLERANCE, ROUNDING = 1e-10, 1e-5


def load(path):
    """(versions, {id: (case, arrays)}) of one file."""
    file = np.load(path)
    cases = {case["id"]: (case, {}) for case in json.loads(str(file["cases"]))}
    for name in file.files:
        if name not in ("cases", "versions"):
            case_id, array = name.split("/", 1)
            cases[case_id][1][array] = file[name]
    return json.loads(str(file["versions"])), cases


def distance(ours, theirs):
    """The largest difference between two cases, relative to the larger of 1 and the numbers themselves."""
    if ours[0] != theirs[0] or ours[1].keys() != theirs[1].keys():
        return np.inf
    largest = 0.0
    for name, array in ours[1].items():
        other = theirs[1][name]
        if array.shape != other.shape:
            return np.inf
        if array.size:
            difference = np.max(np.abs(array - other)) / max(1.0, np.max(np.abs(array)))
            largest = max(largest, float(difference))
    return largest


def elect(found):
    """(the backend to store, how many agree with it up to ROUNDING) for {backend: (case, arrays)}."""

    def votes(backend):
        distances = [distance(found[backend], other) for other in found.values()]
        return [sum(value <= limit for value in distances) for limit in (ROUNDING, TOLERANCE)]

    chosen = max(found, key=votes)
    return chosen, votes(chosen)[0]


def verdict(distances, backend):
    """What is wrong with a backend's case, in a word; "" if nothing is."""
    if backend not in distances:
        return "fails"
    exact, near = distances[backend] <= TOLERANCE, distances[backend] <= ROUNDING
    return "" if exact else "rounds" if near else "differs"


def merge(files):
    """(cases, arrays, largest difference) from {backend: {id: (case, arrays)}}; prints what is odd."""
    cases, arrays, largest = [], {}, 0.0
    for case_id in dict.fromkeys(name for file in files.values() for name in file):
        found = {backend: file[case_id] for backend, file in files.items() if case_id in file}
        chosen, agree = elect(found)
        case, values = found[chosen]
        distances = {backend: distance(found[chosen], other) for backend, other in found.items()}
        words = {backend: verdict(distances, backend) for backend in files}
        if set(words.values()) - {"", "rounds"}:
            print(f"{case_id}: {words}" + " LEFT OUT" * (agree < 2))
        if agree < 2:
            continue
        same = [backend for backend, word in words.items() if not word]
        others = {backend: word for backend, word in words.items() if word}
        cases.append(case | {"backends": same, "others": others})
        arrays |= {f"{case_id}/{name}": array for name, array in values.items()}
        largest = max(largest, *(distances[backend] for backend in same))
    return cases, arrays, largest


def main():
    """Join the files of all folders and write the result beside this script."""
    file_name, *folders = sys.argv[1:]
    loaded = [load(Path(folder) / file_name) for folder in folders]
    files = {versions["backend"]: cases for versions, cases in loaded}
    versions = {name: text for found, _ in loaded[::-1] for name, text in found.items()}
    versions["backend"] = ", ".join(files)
    cases, arrays, largest = merge(files)
    texts = {"cases": json.dumps(cases), "versions": json.dumps(versions)}
    path = Path(__file__).parent / file_name
    np.savez_compressed(path, **texts, **arrays)
    print(f"{file_name}: {len(cases)} cases, {path.stat().st_size / 1024:.0f} KiB, agree to {largest:.1e}")


if __name__ == "__main__":
    main()
