"""Joins what one script made on several backends of Keras into one file, each case by majority.

    python tests/data/merge_backends.py keras_family.npz /tmp/jax /tmp/torch /tmp/tensorflow

Each folder holds a file of that name. The numbers of a case are those that most of the backends agree on,
to TOLERANCE; of these backends the first one's are stored. A case gets "backends", those that agree, and
"others": {backend: word} for the rest, where the word is "rounds" (the same up to ROUNDING: some constants
are float32 there), "differs" or "fails". A case without two backends that agree is left out, and named.
"""

import json
import sys
from pathlib import Path

import numpy as np

TOLERANCE, ROUNDING = 1e-10, 1e-6


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


def elect(versions_of_case):
    """(the backends that agree, the largest difference among them) for {backend: (case, arrays)}."""
    best = ([], 0.0)
    for first in versions_of_case.values():
        distances = {backend: distance(first, other) for backend, other in versions_of_case.items()}
        agree = [backend for backend, value in distances.items() if value <= TOLERANCE]
        if len(agree) > len(best[0]):
            best = (agree, max(distances[backend] for backend in agree))
    return best


def verdict(chosen, other):
    """What is wrong with a backend's case, in a word."""
    if other is None:
        return "fails"
    return "rounds" if distance(chosen, other) < ROUNDING else "differs"


def merge(files):
    """(cases, arrays, largest difference) from {backend: {id: (case, arrays)}}; prints what is odd."""
    cases, arrays, largest = [], {}, 0.0
    for case_id in dict.fromkeys(name for file in files.values() for name in file):
        found = {backend: file[case_id] for backend, file in files.items() if case_id in file}
        agree, difference = elect(found)
        others = {name: verdict(found[agree[0]], found.get(name)) for name in files if name not in agree}
        if set(others.values()) - {"rounds"} or len(agree) < 2:
            print(f"{case_id}: {', '.join(agree)}; {others}{'' if len(agree) > 1 else ' - LEFT OUT'}")
        if len(agree) < 2:
            continue
        case, values = found[agree[0]]
        cases.append(case | {"backends": agree, "others": others})
        arrays |= {f"{case_id}/{name}": array for name, array in values.items()}
        largest = max(largest, difference)
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
