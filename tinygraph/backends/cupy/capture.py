"""Stretches of launches as one: CUDA graphs, which the device runs without being told of each launch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from tinygraph.backends.cupy.launch import Launch, Launches

Call = Callable[[], Any]


def stretches(xp: Any, calls: Sequence[Call]) -> list[Call]:
    """Return ``calls`` with each run of two or more launches as one replay; the other calls as they are.

    Nothing but our own launches is captured: what CuPy does besides may allocate, which a replay would not
    repeat, and its cuBLAS refuses.
    """
    found: list[Call] = []
    for ours, group in groupby(calls, lambda call: isinstance(call, Launches)):
        if ours:
            each = [launch for call in group for launch in call.each]  # type: ignore[attr-defined]
            found.append(Replay(xp, each) if len(each) > 1 else each[0])
        else:
            found += group
    return found


class Replay:
    """Launches that were captured once, and are repeated as a whole on the current stream."""

    def __init__(self, xp: Any, launches: Sequence[Launch]):
        self.launches = launches  # which keep the arrays that the graph has addresses of
        stream = xp.cuda.Stream(non_blocking=True)
        with stream:
            stream.begin_capture()
            try:
                for launch in launches:
                    launch()
            finally:
                self.graph = stream.end_capture()

    def __call__(self) -> None:
        """Repeat them."""
        self.graph.launch()
