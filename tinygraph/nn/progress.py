"""Progress: one line that updates on a terminal, one line an epoch elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any, TextIO

from tinygraph.nn.callbacks import Callback, Logs

INTERVAL = 0.1  # seconds between two updates of the line on a terminal
ROOM = 99_000  # characters that the lines of all epochs may take where they stay, as in a notebook
SHORTEST = 40  # characters that a line may have in any case
WIDTH = 20  # characters of the bar
BAR, PLAIN_BAR = "━─", "=-"  # done and to do, on a terminal that can show the first


class Progress(Callback):
    """Shows how far training is: epoch, a bar of its steps, the time, the loss and the metrics.

    Args:
        stream: where it is written; standard output by default.
    """

    def __init__(self, stream: TextIO | None = None):
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        self.bar = BAR if _can_write(self.stream, BAR) else PLAIN_BAR
        self.shown = 0.0
        self.width = 0

    def set_params(self, params: dict[str, Any]) -> None:
        """Receive ``verbose``: 2 asks for one line an epoch on a terminal, too."""
        super().set_params(params)
        self.live = self.live and params["verbose"] != 2

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Start the clock."""
        self.epoch = epoch
        self.began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Update the line on a terminal, ten times a second at most."""
        now = time.perf_counter()
        if self.live and now - self.shown >= INTERVAL:
            self.shown = now
            steps = self.params["steps"]
            if steps is None:  # of a generator nobody knows
                self._write(f"{self._head()}  step {batch + 1}  {described(logs)}")
                return
            filled = WIDTH * (batch + 1) // steps
            left = (now - self.began) / (batch + 1) * (steps - batch - 1)
            bar = self.bar[0] * filled + self.bar[1] * (WIDTH - filled)
            self._write(f"{self._head()} {bar} {batch + 1}/{steps}  {left:.0f} s left  {described(logs)}")

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Leave one line for the epoch."""
        took = time.perf_counter() - self.began
        self._write(f"{self._head()}  {took:.1f} s  {described(logs)}", end="\n")

    def close(self) -> None:
        """End a line that was left open by an epoch that did not end."""
        if self.width:
            self.stream.write("\n")
            self.width = 0

    def _head(self) -> str:
        epochs = self.params["epochs"]
        return f"epoch {self.epoch + 1:>{len(str(epochs))}}/{epochs}"

    def _write(self, line: str, end: str = "") -> None:
        """Write over the line that a terminal shows; elsewhere write it."""
        if self.live:
            line = line[: shutil.get_terminal_size().columns - 1]  # a longer one would wrap and stay
            padding = " " * max(0, self.width - len(line))
            self.stream.write(f"\r{line}{padding}{end}")
            self.width = 0 if end else len(line)
        else:
            room = max(
                SHORTEST, ROOM // self.params["epochs"]
            )  # of long lines the first part; history has all
            self.stream.write((line if len(line) < room else f"{line[: room - 4]}...") + end)
        self.stream.flush()


def shows(verbose: Any) -> bool:
    """Return whether ``verbose`` asks for lines to be shown, or raise ValueError."""
    if verbose not in (0, 1, 2, "auto", True, False):
        raise ValueError(f"verbose: expected 0, 1, 2 or 'auto', got {verbose!r}.")
    return bool(verbose)


def described(logs: Any) -> str:
    """Return losses and metrics as text: ``loss 0.4213  accuracy 0.812``."""
    return "  ".join(f"{name} {_short(value)}" for name, value in logs.items())


def _short(value: Any) -> str:
    """A number in four digits; of anything else, such as an array of scores, its own text."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _can_write(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError, AttributeError):
        return False
    return True
