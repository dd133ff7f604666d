"""Loads files in a process of its own, with an eye on what each costs and does.

Run as ``python watched.py folder first last``: it writes the files of these seeds, loads each, and prints a
record in JSON. A hook sees whatever Python runs, imports, opens or starts meanwhile.
"""

from __future__ import annotations

import json
import random
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import tinygraph as tg

MEGABYTE = 2**20
#: events that loading may cause, where they are about nothing but the file itself
QUIET = {"object.__getattr__", "object.__setattr__", "object.__delattr__", "builtins.id"}


class Watch:
    """Keeps what happens while it is on, in the words of `sys.audit`."""

    def __init__(self):
        self.path, self.seen = None, []
        sys.addaudithook(self)

    def __call__(self, event, arguments):
        if self.path is None or event in QUIET:
            return
        if event == "open" and str(arguments[0]) == self.path and arguments[1] in ("r", "rb", None):
            return
        self.seen.append(f"{event}{arguments!r}"[:200])

    def load(self, path, custom_objects):
        """Load a file, and return what came of it, and what happened."""
        self.path, self.seen = str(path), []
        try:
            tg.load(path, custom_objects)
            came = ""
        except tg.ModelFormatError as error:
            came = str(error) or "no message"
        except BaseException as error:
            came = error
        finally:
            self.path = None
        return came, self.seen


def peak():
    """The most memory that the process had since `forget_peak`, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def forget_peak():
    Path("/proc/self/clear_refs").write_text("5")


def measured(watch, path, custom_objects):
    """Load a file; return what came of it, what happened, CPU seconds, and memory beside twice the file."""
    forget_peak()
    before, start = peak(), time.process_time()
    came, seen = watch.load(path, custom_objects)
    seconds = time.process_time() - start
    return came, seen, seconds, peak() - before - 2 * path.stat().st_size


def main(folder, first, last):
    from nn.every_layer import FUNCTIONS
    from saving.mutate import BYTES, mutated
    from saving.subjects import saved

    warnings.simplefilter("error")
    folder = Path(folder)
    files = saved(folder)
    watch, path = Watch(), folder / "mutated.tiny"
    unsigned = {mutation.__name__ for mutation in BYTES}
    report = {"refused": Counter(), "loaded": Counter(), "wrong": [], "slowest": [0, ""], "largest": [0, ""]}
    for seed in range(first, last):
        rng = random.Random(seed)
        # Half of all are of the three that hold most, which stand first.
        name = rng.choice(list(files)[: 3 if seed % 2 else None])
        kind, data = mutated(rng, files[name], list(files.values()))
        if data == files[name]:
            continue
        path.write_bytes(data)
        came, seen, seconds, memory = measured(watch, path, FUNCTIONS)
        what = f"{seed}: {name}, {kind}"
        if seen or not isinstance(came, str) or (came == "" and kind in unsigned):
            report["wrong"].append(f"{what}: {came!r} {seen[:3]}")
        elif came and path.name not in came:
            report["wrong"].append(f"{what}: a message without the file: {came}")
        report["refused" if came else "loaded"][kind] += 1
        report["slowest"] = max(report["slowest"], [round(seconds, 3), what])
        report["largest"] = max(report["largest"], [round(memory / MEGABYTE, 1), what])
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
