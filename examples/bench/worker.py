"""The process of one library: ``python -m bench.worker NAME``; `processes` says what it is for."""

import json
import os
import re
import sys
import time
from pathlib import Path

from bench.contenders import EVERY, samples

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")

WARM = {"batch": 1, "time": 1, "features": 1}


def seconds(call, times=1):
    """Return how long a call takes, the mean of several in a row: by the clock, and of the processor.

    Where others use the cores too, the clock counts what they compute as well.
    """
    start, used = time.perf_counter(), time.process_time()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times, (time.process_time() - used) / times


def memory(what):
    """Return the resident memory in MB: ``VmRSS`` now, ``VmHWM`` the most since it was cleared."""
    found = re.search(rf"{what}:\s+(\d+) kB", STATUS.read_text()) if STATUS.exists() else None
    return int(found[1]) / 1000 if found else None


class Service:
    """Builds models of one library, and measures them."""

    def __init__(self, contender):
        self.make = contender.loaded()
        samples(WARM, 1)  # imports that come late are none of a model's memory
        self.base = memory("VmRSS")
        self.models, self.floors = {}, {}

    def build(self, key, spec):
        """Build a model and take its first steps.

        Returns the seconds up to the end of the first step, and those of a later one.
        """
        start = time.perf_counter()
        model = self.models[key] = self.make(spec)
        model.load(1)
        model.train()
        first = time.perf_counter() - start
        model.predict()
        step, _ = seconds(model.train)
        return first, step if step > 1 else min(step, *(seconds(model.train)[0] for _ in range(2)))

    def load(self, key, steps):
        """Let a turn have so many steps."""
        model = self.models[key]
        model.load(steps)
        model.train()

    def train(self, key):
        """Return the seconds of one training step, the mean of a turn: clock and processor."""
        model = self.models[key]
        model.predict()  # not timed: caches and threads wake up
        return [each / model.steps for each in seconds(model.train)]

    def predict(self, key):
        """Return the seconds of one prediction, likewise."""
        model = self.models[key]
        model.predict()
        return seconds(model.predict, model.steps)

    def floor(self, key):
        """Return the seconds of the products alone of one training step, likewise."""
        if key not in self.floors:
            self.floors[key] = self.models[key].floor()
        self.floors[key]()  # not timed, as above
        return seconds(self.floors[key], self.models[key].steps)

    def memory(self, key):
        """Return the most MB that training took beyond what the imported library takes, or None."""
        if self.base is None or not os.access(CLEAR, os.W_OK):
            return None
        self.floors.clear()  # which has arrays of its own
        CLEAR.write_text("5")
        self.models[key].train()
        return max(0.0, memory("VmHWM") - self.base)

    def facts(self, key):
        """Return what our program consists of."""
        return self.models[key].facts()

    def profile(self, key):
        """Return what the operations of our program take."""
        return self.models[key].profile()


def main():
    """Answer requests until there are none."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes elsewhere
    service = Service(EVERY[sys.argv[1]])
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"value": getattr(service, request.pop("what"))(**request)}
        except Exception as problem:
            answer = {"failed": f"{type(problem).__name__}: {problem}".splitlines()[0][:120]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
