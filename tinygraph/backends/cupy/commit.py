"""The launches of a run that change something, made where a guard holds that the host does not look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.backends.cupy.capture import stretches
from tinygraph.backends.cupy.launch import GUARD, NAME, Launch, Launches, compiled

#: What the device keeps: how many runs there were, and which was the first that went wrong, or -1.
JUDGE = f"""
extern "C" __global__ void {NAME}({GUARD}, const bool* holds, long long* runs, bool* all_held) {{
    if (runs[1] < 0 && !*holds) runs[1] = runs[0];
    runs[0] += 1;
    *all_held = runs[1] < 0;
}}
"""


class DeviceCommit:
    """`Commit` without waiting: the kernels themselves look at the guard."""

    def __init__(self, xp: Any, calls: Sequence[Launches], guard: Any):
        self.xp = xp
        self.runs = xp.asarray(np.array([0, -1], dtype=np.int64))
        all_held = xp.asarray(np.array(True))
        judge = Launch(compiled(xp, JUDGE), (1,), (1,), (guard, self.runs, all_held))
        self.calls = stretches(xp, [Launches([judge]), *(call.under(all_held) for call in calls)])

    def __call__(self) -> None:
        """Make them, if the guard holds and has held."""
        for call in self.calls:
            call()

    def failed(self) -> int | None:
        """Wait; return which run since this was last asked, counted from 0, was the first that went wrong."""
        first = int(self.xp.asnumpy(self.runs)[1])
        self.runs.set(np.array([0, -1], dtype=np.int64))
        return first if first >= 0 else None

    def go_on(self, before: DeviceCommit) -> None:
        """Count on from where ``before``, of the same calls on other arrays, has come to."""
        self.runs[...] = before.runs
