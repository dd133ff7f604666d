"""Callbacks that change the learning rate from epoch to epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tinygraph.nn.callbacks.base import Callback, Logs
from tinygraph.nn.callbacks.monitor import Monitor, say
from tinygraph.nn.checks import whole_number
from tinygraph.nn.ranges import number_in


class LearningRateScheduler(Callback):
    """Sets the learning rate of each epoch; the history has it as ``learning_rate``.

    Args:
        schedule: ``schedule(epoch, learning_rate)``, or ``schedule(epoch)``, that returns the learning rate
            of the epoch, the first of which is 0.
        verbose: 1 says what it is at each epoch.

    Raises:
        TypeError: no function, or when `fit` begins an optimizer that follows a schedule already.
        ValueError: the function returns no number of at least 0.

    >>> from tinygraph.nn.callbacks import LearningRateScheduler
    >>> halving = LearningRateScheduler(lambda epoch, rate: rate if epoch < 10 else rate / 2)
    """

    model: Any
    lasting = ("begun",)
    #: the epoch whose learning rate was set last
    begun: int | None = None

    def __init__(self, schedule: Callable[..., float], verbose: int = 0):
        if not callable(schedule):
            raise TypeError(f"LearningRateScheduler: schedule must be a function, got {schedule!r}.")
        self.schedule = schedule
        self.verbose = verbose

    def on_train_begin(self, logs: Logs) -> None:
        """See that the learning rate can be set."""
        keep_rate(self.model.optimizer)
        self.begun = None

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Set the learning rate; an epoch that was broken off has it already."""
        if epoch == self.begun:
            return
        self.begun = epoch
        given = epoch, self.model.optimizer.learning_rate
        rate = self.schedule(*given[: _positional(self.schedule)])
        self.model.optimizer.learning_rate = number_in("[0, inf)", self, "what schedule returns", rate)
        if self.verbose:
            say(f"Epoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        """Tell the learning rate."""
        logs["learning_rate"] = self.model.optimizer.learning_rate


class ReduceLROnPlateau(Monitor):
    """Makes the learning rate smaller where a loss or metric has not improved for ``patience`` epochs.

    The history has it as ``learning_rate``, that of the epoch.

    Args:
        monitor: what is watched.
        factor: what the learning rate is multiplied by; in (0, 1).
        patience: how many epochs without improvement are borne.
        verbose: 1 says when it does so.
        mode: ``"min"``, ``"max"``, or ``"auto"`` for what the name says.
        min_delta: by how much it must improve to count.
        cooldown: how many epochs do not count after that.
        min_lr: the least that the learning rate becomes.

    Raises:
        TypeError: when `fit` begins, an optimizer that follows a schedule.

    >>> from tinygraph.nn.callbacks import ReduceLROnPlateau
    >>> gentle = ReduceLROnPlateau("val_loss", factor=0.5, patience=3, min_lr=1e-5)
    """

    lasting = ("best", "cooldown_counter", "wait")

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ):
        super().__init__(monitor, mode, min_delta)
        self.factor = number_in("(0, 1)", self, "factor", factor)
        self.patience = whole_number(self.title, "patience", patience, least=0)
        self.verbose = verbose
        self.cooldown = whole_number(self.title, "cooldown", cooldown, least=0)
        self.min_lr = number_in("[0, inf)", self, "min_lr", min_lr)

    def on_train_begin(self, logs: Logs) -> None:
        """Begin anew: a callback may serve several fits."""
        self.find_direction()
        keep_rate(self.model.optimizer)
        self.best, self.cooldown_counter, self.wait = None, 0, 0

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        """See whether it improved, and whether to make the learning rate smaller."""
        logs["learning_rate"] = self.model.optimizer.learning_rate
        value = self.current(logs)
        if value is None:
            return
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improves(value, self.best):
            self.best = value
            self.wait = 0
        elif not self.cooldown_counter:
            self.wait += 1
            if self.wait >= self.patience and logs["learning_rate"] > self.min_lr:
                self._reduce(epoch, max(logs["learning_rate"] * self.factor, self.min_lr))

    def _reduce(self, epoch: int, rate: float) -> None:
        self.model.optimizer.learning_rate = rate
        self.cooldown_counter, self.wait = self.cooldown, 0
        if self.verbose:
            say(f"Epoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {rate}.")


def keep_rate(optimizer: Any) -> None:
    """Set the learning rate to what it is; raises TypeError now where it cannot be set later."""
    optimizer.learning_rate = optimizer.learning_rate


def _positional(function: Callable[..., Any]) -> int:
    """Return how many arguments a function takes by position: 1, or 2 where it takes more."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # of some functions written in C
        return 2
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return 2
    return min(2, sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters))
