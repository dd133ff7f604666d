"""Saves models in processes that are struck while they do so, and says of each how it ended and what is left.

``python struck.py SAVER BLOW=POINTS ...`` prints a JSON list of cases; it is run by test_kill.py. One process
makes the models; each case is a fork of it, which saves the model B where A was saved before. The blows:

    time    kill -9 from outside, at points spread over the time that a few saves take
    event   kill -9 by itself at points spread over the bytecode of a save, between any two system calls
    bytes   the kernel ends it when it has written so many bytes, SIGXFSZ
    limit   the kernel lets it write so many bytes and no more, EFBIG
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial

from saving.savers import SAVERS, Saver, made

import tinygraph

PACKAGE = os.path.dirname(tinygraph.__file__)
FILES = tuple(saver.file for saver in SAVERS.values())
REFUSED = 3  # how a process ends that was told that its file cannot be written


def forked(work: Callable[[], None]) -> int:
    """Begin ``work`` in a process of its own; return its number."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except OSError as problem:
        os._exit(REFUSED if os.path.basename(problem.filename or "").startswith(FILES) else 1)
    finally:
        os._exit(1)


def ending(child: int) -> int:
    """Wait for a process; return its exit code, or the signal that ended it as a negative number."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def over_and_over(saver: Saver, folder: str, ready: int) -> None:
    """Save one model in the other's place, again and again."""
    for k in itertools.count(1):
        saver.save(MODELS[k % 2], folder)
        if k == 1:
            os.write(ready, b".")


def by_time(saver: Saver, folder: str, points: int) -> Iterator[tuple[float, int]]:
    """Kill a process that saves all the time, after delays that end in different parts of a save."""
    start = time.perf_counter()
    for _ in range(4):
        saver.save(MODELS[0], folder)
    span = time.perf_counter() - start
    for k in range(points):
        read, write = os.pipe()
        child = forked(partial(over_and_over, saver, folder, write))
        os.read(read, 1)
        time.sleep(span * k / points)
        os.kill(child, signal.SIGKILL)
        os.close(read)
        os.close(write)
        yield k / points, ending(child)


def dies_at(event: int) -> Callable[..., object]:
    """A trace function that ends the process at an instruction of the package, counted from 0."""
    count = itertools.count()

    def trace(frame: object, kind: str, argument: object) -> object:
        if not frame.f_code.co_filename.startswith(PACKAGE):  # type: ignore[attr-defined]
            return None
        frame.f_trace_opcodes = True  # type: ignore[attr-defined]
        if kind == "opcode" and next(count) == event:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    trace.count = count  # type: ignore[attr-defined]
    return trace


def by_event(saver: Saver, folder: str, points: int) -> Iterator[tuple[float, int]]:
    """Let the process kill itself at instructions: half of them spread over all, half over the last ones,
    where the file is written."""
    saver.save(MODELS[0], folder)
    trace, before = dies_at(-1), sys.gettrace()  # that of coverage, if any
    sys.settrace(trace)
    saver.save(MODELS[1], folder)
    sys.settrace(before)
    events, written = next(trace.count), 250  # type: ignore[attr-defined]
    half = points // 2
    chosen = [k * events // half for k in range(half)]
    chosen += [events - 1 - k * written // (points - half) for k in range(points - half)]

    def work(event: int) -> None:
        sys.settrace(dies_at(event))
        saver.save(MODELS[1], folder)

    for event in chosen:
        saver.save(MODELS[0], folder)
        yield event, ending(forked(partial(work, event)))


def by_size(saver: Saver, folder: str, points: int, action: signal.Handlers) -> Iterator[tuple[float, int]]:
    """Let the kernel allow files of so many bytes, and do ``action`` where a process writes more."""
    saver.save(MODELS[1], folder)
    size = os.path.getsize(f"{folder}/{saver.file}")

    def work(limit: int) -> None:
        signal.signal(signal.SIGXFSZ, action)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        saver.save(MODELS[1], folder)

    for k in range(points):
        saver.save(MODELS[0], folder)
        limit = k * size // (points - 1)
        yield limit, ending(forked(partial(work, limit)))


BLOWS = {
    "time": by_time,
    "event": by_event,
    "bytes": partial(by_size, action=signal.SIG_DFL),
    "limit": partial(by_size, action=signal.SIG_IGN),
}


def found(saver: Saver, folder: str) -> str:
    """Which of the models is in the file: its name, or what went wrong."""
    try:
        numbers = saver.state(saver.load(folder))
    except Exception as problem:
        return repr(problem)
    return next((name for name, known in STATES.items() if numbers == known), "another")


def struck(name: str, blow: str, points: int) -> Iterator[dict[str, object]]:
    """What became of a saver under a blow, at so many points."""
    saver = SAVERS[name]
    with tempfile.TemporaryDirectory() as folder:
        for point, end in BLOWS[blow](saver, folder, points):
            left = sum(file.startswith(".tinygraph-") for file in os.listdir(folder))
            yield {"blow": blow, "point": point, "ending": end, "found": found(saver, folder), "left": left}


if __name__ == "__main__":
    MODELS = [made(0), made(1)]
    STATES = {name: SAVERS[sys.argv[1]].state(model) for name, model in zip("AB", MODELS, strict=True)}
    blows = dict(argument.split("=") for argument in sys.argv[2:])
    print(json.dumps([case for blow in blows for case in struck(sys.argv[1], blow, int(blows[blow]))]))
