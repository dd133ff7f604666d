"""`Fit`: one training of a model, from where it begins to its end."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from tinygraph.nn.batches import Batches
from tinygraph.nn.callbacks import CallbackList, History
from tinygraph.nn.callbacks.base import callbacks_of
from tinygraph.nn.checks import whole_number
from tinygraph.nn.loop import Loop
from tinygraph.nn.position import Position
from tinygraph.nn.progress import Progress

if TYPE_CHECKING:
    from tinygraph.nn.training import Trainable


class Fit:
    """One training: all that `fit` was asked for, and `run`, which does it.

    Args:
        model: a compiled model.
        data: batches to train on, those to judge by, and the rows of x that were held out for them.
        epochs: the number of the last epoch.
        judged: the numbers of the epochs that validation follows.
        callbacks: as `fit` takes them; the first `History` among them is the one that is kept.
        shown: the lines of progress that callbacks are followed by.
        verbose: what the callbacks are told of it.
    """

    def __init__(
        self,
        model: Trainable,
        data: tuple[Batches, Batches | None, range | None],
        epochs: int,
        judged: Collection[int],
        callbacks: Any,
        shown: Sequence[Progress],
        verbose: Any,
    ):
        self.model, self.epochs, self.judged, self.shown = model, epochs, judged, shown
        self.batches, self.held_out, rows = data
        self.steps = model._steps("fit")
        self._agree()
        given = callbacks_of(callbacks)
        self.history = next((each for each in given if isinstance(each, History)), None) or History()
        self.params = {"epochs": epochs, "steps": self.batches.steps, "verbose": verbose}
        if rows is not None:
            self.params["validation_rows"] = rows
        self.told = CallbackList([*dict.fromkeys([*given, self.history]), *shown], model, self.params)
        self.loop = Loop(model, self.steps, self.told)

    def _agree(self) -> None:
        """Check that all processes of a training begin with the same data."""
        held = {} if self.held_out is None else self.held_out.numbers
        judged = {f"validation {name}": number for name, number in held.items()}
        self.steps.agree("fit", **self.batches.numbers, **judged, epochs=self.epochs)

    def run(self, start: Position) -> History:
        """Train from ``start`` on, unless a callback says from where; return what came of each epoch."""
        self._begin(start)
        self.model._loop = self.loop
        try:
            logs = self._train()
        finally:
            self.model._position, self.model._loop = self.loop.position, None
            for line in self.shown:
                line.close()
        self._end(logs)
        return self.history

    def _begin(self, start: Position) -> None:
        """Tell that training begins, and go to where it does."""
        model = self.model
        model.stop_training, model._begins = False, start
        self.told.tell("train_begin", {})
        self.steps.begin(model._begins.epoch, model._begins.batch)
        if model._begins is not start:
            self.batches.again()
            if self.held_out is not None:
                self.held_out.again()
        self.loop.take_up(model._begins, self.batches, self.history)

    def _train(self) -> dict[str, float]:
        """Train epoch by epoch; return losses and metrics of the last."""
        logs: dict[str, float] = {}
        for epoch in range(self.model._begins.epoch, self.epochs):
            where = f"fit, epoch {epoch + 1}"
            if not self.loop.done and not self.batches.ready(where, epoch):
                warnings.warn(f"{where}: no batch is left; training stops.", stacklevel=4)
                break
            logs = self._epoch(epoch, where)
            if self.model.stop_training:
                break
        return logs

    def _epoch(self, epoch: int, where: str) -> dict[str, float]:
        """Train one epoch, perhaps followed by validation; return losses and metrics of both."""
        self.params["steps"] = self.batches.steps  # of an iterable, known after the first pass
        self.told.tell("epoch_begin", epoch, {})
        logs = self.loop.epoch(where)
        self.model.history = self.history  # not before: a fit that fails at once leaves the last one's
        if self.held_out is not None and epoch + 1 in self.judged:
            found = self.loop.judge(self.held_out, f"{where}, validation", epoch)
            logs |= {f"val_{name}": value for name, value in found.items()}
        self.loop.end(dict(logs))  # what callbacks add is of the epoch alone
        return logs

    def _end(self, logs: dict[str, float]) -> None:
        """Leave the weights as the optimizer wants them in the end, and tell that training is over."""
        if self.history.epoch:
            with self.model.turns:
                self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
        self.told.tell("train_end", logs)


def epochs_judged(freq: Any, epochs: int) -> Collection[int]:
    """Return the numbers of the epochs that validation follows."""
    if isinstance(freq, (list, tuple, set, range)):
        return {whole_number("fit", "each of validation_freq", epoch) for epoch in freq}
    every = whole_number("fit", "validation_freq", freq)
    return range(every, epochs + 1, every)
