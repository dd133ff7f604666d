"""`Monitor`: the base of callbacks that watch whether a value gets better."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from tinygraph.nn.callbacks.base import Callback, Logs
from tinygraph.nn.head import metrics_of
from tinygraph.nn.ranges import number_in
from tinygraph.nn.signatures import did_you_mean

MODES = ("auto", "min", "max")


class Monitor(Callback):
    """Watches a loss or metric.

    Args:
        monitor: what it is called in the logs, such as ``"val_loss"``.
        mode: ``"min"`` if less is better, ``"max"`` if more is, ``"auto"`` if the name says it: that of a
            loss, or of a metric of tinygraph.
        min_delta: by how much a value must be better to count.

    Raises:
        ValueError: another mode, or when `fit` begins a name that does not say what is better.
    """

    model: Any

    def __init__(self, monitor: str = "val_loss", mode: str = "auto", min_delta: float = 0.0):
        if mode not in MODES:
            raise ValueError(f"{self.title}: mode must be 'auto', 'min' or 'max', got {mode!r}.")
        if not isinstance(monitor, str) or not monitor:
            raise ValueError(f"{self.title}: monitor must be the name of a loss or metric, got {monitor!r}.")
        self.monitor = monitor
        self.mode = mode
        self.min_delta = abs(number_in("(-inf, inf)", self, "min_delta", min_delta))
        self.best: float | None = None

    @property
    def title(self) -> str:
        """How messages name the callback."""
        return type(self).__name__

    def find_direction(self) -> None:
        """Learn whether less or more is better, or raise ValueError."""
        self.less = (self.mode if self.mode != "auto" else self._direction()) == "min"

    def _direction(self) -> str:
        heads, name = self.model.steps.heads, self.monitor.removeprefix("val_")
        known: dict[str, str | None] = dict.fromkeys(
            ["loss", *(f"{head.name}_loss" for head in heads)], "min"
        )
        known |= {reported: metric.direction for reported, metric, *_ in metrics_of(heads)}
        if name not in known:
            suggestion = did_you_mean(name, known)
            raise ValueError(f"{self.title}: there is no {name!r} to monitor{suggestion} Or say the mode.")
        found = known[name]
        if found is None:
            raise ValueError(
                f"{self.title}: cannot tell whether {name!r} should be small or large; "
                "say mode='min' or 'max'."
            )
        return found

    def improves(self, value: float, than: float | None) -> bool:
        """Whether a value is better than another one; any but NaN is better than None."""
        if than is None:
            return value == value
        return value + self.min_delta < than if self.less else value - self.min_delta > than

    def current(self, logs: Logs) -> float | None:
        """Return the value that is watched; warns, and returns None, where it is not in the logs."""
        if self.monitor not in logs:
            there = ", ".join(logs)
            warnings.warn(f"{self.title}: there is no {self.monitor!r} in the logs: {there}.", stacklevel=3)
            return None
        return logs[self.monitor]


def say(text: str) -> None:
    """Print a message, below the line that a terminal shows."""
    print(f"\n{text}" if sys.stdout.isatty() else text)
