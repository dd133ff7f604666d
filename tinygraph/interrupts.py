"""Ctrl-C held back while something must not be left half done."""

from __future__ import annotations

import threading
from _signal import signal  # what `signal.signal` wraps; it takes 0.3 µs, not 3.7
from signal import SIGINT
from typing import Any


class interrupts_held:
    """Let Ctrl-C wait until the block is done: an update of many parameters is whole, or not begun.

    Only the main thread is interrupted in Python, so elsewhere there is nothing to hold.
    """

    def __enter__(self) -> None:
        self.came: list[Any] = []
        self.main = threading.current_thread() is threading.main_thread()
        if self.main:
            self.handler = signal(SIGINT, self._hold)

    def _hold(self, *signalled: Any) -> None:
        self.came.append(signalled)

    def __exit__(self, *raised: object) -> None:
        if self.main:
            signal(SIGINT, self.handler)
            if self.came and callable(self.handler):
                self.handler(*self.came[0])
