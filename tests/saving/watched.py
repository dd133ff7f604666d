"""Loads files in a process of its own, with an eye on what each costs and does.

Run as ``python watched.py folder first last`` it loads the mutated files of these seeds, and without seeds
those made by hand; then it prints a record in JSON. A hook sees what Python runs, imports, opens or starts.
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


class Report:
    """What came of all files: how many were refused and loaded, what was wrong, the worst of the rest."""

    def __init__(self, folder):
        self.watch, self.path = Watch(), Path(folder) / "bad.tiny"
        forget_peak()
        self.memory = peak()  # before the first file: what one leaves behind counts for the next
        self.counts = {"refused": Counter(), "loaded": Counter()}
        self.wrong, self.slowest, self.largest = [], [0.0, ""], [0.0, ""]

    def add(self, name, kind, data, custom_objects, may_load=False):
        """Load a file of these bytes, and keep what came of it."""
        self.path.write_bytes(data)
        twice, what = 2 * len(data), f"{name}, {kind}"
        del data
        forget_peak()
        start = time.process_time()
        came, seen = self.watch.load(self.path, custom_objects)
        seconds, memory = time.process_time() - start, peak() - self.memory - twice
        if seen or not isinstance(came, str) or not (came or may_load):
            self.wrong.append(f"{what}: {came!r} {seen[:3]}")
        elif came and self.path.name not in came:
            self.wrong.append(f"{what}: a message without the file: {came}")
        self.counts["refused" if came else "loaded"][kind] += 1
        self.slowest = max(self.slowest, [round(seconds, 3), what])
        self.largest = max(self.largest, [round(memory / MEGABYTE, 1), what])

    def print(self):
        worst = {"slowest": self.slowest, "largest": self.largest}
        print(json.dumps({**self.counts, "wrong": self.wrong, **worst}))


def mutations(folder, first, last):
    """Load the mutated files of these seeds."""
    from nn.every_layer import FUNCTIONS
    from saving.mutate import BYTES, mutated
    from saving.subjects import MAKERS, saved

    files = saved(Path(folder))
    report = Report(folder)
    unsigned = {mutation.__name__ for mutation in BYTES}
    for seed in range(first, last):
        rng = random.Random(seed)
        name = rng.choice([*MAKERS] if seed % 2 else [*files])  # a half is of those that hold most
        kind, data = mutated(rng, files[name], [*files.values()])
        report.add(f"{seed} of {name}", kind, data, FUNCTIONS, may_load=kind not in unsigned)
    report.print()


def malformed(folder):
    """Load the files that were made by hand."""
    from saving.malformed import CASES, small_model

    path = Path(folder) / "whole.tiny"
    small_model().save(path)
    tg.load(path)  # what is imported later is imported now
    whole, report = path.read_bytes(), Report(folder)
    for name, (make, _) in CASES.items():
        report.add(name, "malformed", make(whole), {})
    report.print()


if __name__ == "__main__":
    warnings.simplefilter("error")
    _, folder, *seeds = sys.argv
    mutations(folder, *map(int, seeds)) if seeds else malformed(folder)
