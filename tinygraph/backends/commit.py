"""The calls of a run that change something, made where a guard holds."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from tinygraph.backends import Call
from tinygraph.interrupts import interrupts_held


class HostCommit:
    """`Commit` by a look at ``guard``: an array of one truth value, or None, which always holds.

    Ctrl-C waits until all calls are made, unless it cannot come between what they do: ``uninterrupted``.
    """

    def __init__(self, calls: Sequence[Call], guard: Any, uninterrupted: bool = False):
        self.calls = calls
        self.guard = guard
        # To hold interrupts takes 1 µs.
        self.held = nullcontext() if uninterrupted else interrupts_held()
        self.runs = 0
        self.first: int | None = None

    def __call__(self) -> None:
        """Make them, if the guard holds and has held."""
        if self.first is None and self.guard is not None and not self.guard:
            self.first = self.runs
        self.runs += 1
        if self.calls and self.first is None:
            with self.held:
                for call in self.calls:
                    call()

    def failed(self) -> int | None:
        """Return which run since this was last asked, counted from 0, was the first that went wrong."""
        first = self.first
        self.runs, self.first = 0, None
        return first

    def go_on(self, before: HostCommit) -> None:
        """Count on from where ``before``, of the same calls on other arrays, has come to."""
        self.runs, self.first = before.runs, before.first
