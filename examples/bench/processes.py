"""Each library runs in a process of its own; all of them are alive at once and take turns.

So each has its own number of threads, its own backend and its own memory, and what slows the machine for a
while slows all of them. A process reads requests from its input, one JSON object a line, and answers each.
"""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.contenders import EVERY
from bench.machine import versions


class Failed(Exception):
    """A library could not do what it was asked; the message is the last line of what it said."""


def environment(threads, cache):
    """Return the variables that give a process its number of threads and an empty cache for machine code."""
    count = str(threads)
    names = ("OMP", "OPENBLAS", "MKL", "TF_INTRAOP", "TF_INTEROP")
    counts = {f"{name}_NUM_THREADS": count for name in names[:3]}
    counts |= {f"TF_NUM_{name[3:]}_THREADS": count for name in names[3:]}
    xla = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    examples = Path(__file__).parent.parent
    paths = [str(examples), str(examples.parent), os.environ.get("PYTHONPATH", "")]
    return os.environ | counts | {
        "NPROC": count,  # what XLA makes its pool of threads by
        "XLA_FLAGS": xla,
        "XDG_CACHE_HOME": cache,
        "PYTHONDONTWRITEBYTECODE": "",  # a package that pip installed has its bytecode beside it
        "TORCHINDUCTOR_CACHE_DIR": str(Path(cache, "inductor")),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
    }  # fmt: skip


class Worker:
    """A process that serves one library."""

    def __init__(self, name, python, threads, cache):
        self.name = name
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - `close` closes it
        self.process = subprocess.Popen(
            [python, "-m", "bench.worker", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=environment(threads, cache) | EVERY[name].variables,
        )

    def ask(self, what, **request):
        """Send a request and return the answer; raises `Failed`."""
        try:
            self.process.stdin.write(json.dumps({"what": what, **request}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended; its last words follow
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise Failed((self.errors.read().strip().splitlines() or ["it ended"])[-1])
        answer = json.loads(line)
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer["value"]

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


@contextmanager
def workers(names, pythons, threads):
    """Start a process for each library that one of the interpreters has, and end them all."""
    with tempfile.TemporaryDirectory() as cache:
        started = []
        try:
            for name, python in found(names, pythons).items():
                started.append(Worker(name, python, threads, cache))
            yield started
        finally:
            for worker in started:
                worker.close()


def found(names, pythons):
    """Return the libraries that are installed, each with the first interpreter that has it."""
    has = {python: versions(python) for python in pythons}
    pairs = {name: [p for p in pythons if has[p].keys() >= EVERY[name].needs] for name in names}
    return {name: those[0] for name, those in pairs.items() if those}


def missing(names, pythons):
    """Return a line that names the libraries that are not installed, or nothing."""
    absent = [name for name in names if name not in found(names, pythons)]
    return [f"not installed, and so not measured: {', '.join(absent)}"] if absent else []


def interpreters(others):
    """Return this interpreter, and others whose packages are compared as well."""
    return [sys.executable, *others]


def built(started, key, spec, turn):
    """Build a model in all libraries; all get as many steps a turn as ours takes in so many seconds.

    Returns the seconds to the end of the first step by library, the steps of a turn, and what went wrong.
    """
    first, steps, failed = {}, None, []
    for worker in started:
        try:
            first[worker], step = worker.ask("build", key=key, spec=spec)
            steps = steps or max(5 if step < 2 else 1, min(200, round(turn / step)))
            worker.ask("load", key=key, steps=steps)
        except Failed as problem:
            if worker is started[0]:
                raise  # ours: there is nothing to compare with
            first.pop(worker, None)
            failed.append(f"{worker.name}: {problem}")
    return first, steps, failed


def interleaved(calls, rounds):
    """Return what each call returned in so many rounds; each round begins with another one."""
    results = {name: [] for name in calls}
    order = list(calls)
    for _ in range(rounds):
        for name in order:
            results[name].append(calls[name]())
        order.append(order.pop(0))
    return results


def clock_and_processor(results):
    """Return results that are pairs apart: those of the clock, and those of the processor."""
    return [{name: [pair[k] for pair in pairs] for name, pairs in results.items()} for k in (0, 1)]


def medians(results):
    """Return the median of each."""
    return {name: median(values) for name, values in results.items()}
