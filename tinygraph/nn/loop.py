"""The loop over batches: programs run, sums read, callbacks told."""

from __future__ import annotations

import math
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.nn.batches import Batches, count_of
from tinygraph.nn.callbacks import CallbackList, History
from tinygraph.nn.outcomes import NonFiniteError
from tinygraph.nn.pickled import seeded_of
from tinygraph.nn.position import Position, check_sums, data_of
from tinygraph.nn.steps import Steps
from tinygraph.nn.sums import Sums

if TYPE_CHECKING:
    from tinygraph.nn.evaluation import Evaluated

Array = np.ndarray[Any, Any]
UNSEEN = 32  # batches that are read wait, with their memory, until somebody looks what became of their steps


class Loop:
    """Runs the programs of a model batch by batch, and tells the callbacks."""

    def __init__(self, model: Evaluated, steps: Steps, told: CallbackList):
        self.model = model
        self.steps = steps
        self.told = told
        self.samples = 0  # how many were judged

    def take_up(self, start: Position, batches: Batches, history: History) -> None:
        """Let training begin at a position; raises `DataError` or ValueError where that is of another one."""
        where = f"fit, epoch {start.epoch + 1}"
        check_sums(start, self.steps, where)
        start.take_up(batches, where)
        self.batches, self.history, self.number = batches, history, start.epoch
        if start.seeds:
            self.steps.reseed(start.seeds)
        self.sums.restore(start.sums)
        if start.epochs:
            history.restore(start.epochs, start.rows)
        self.told.restore(start.callbacks)
        #: batches of the epoch that are done, and their samples: one value, which Ctrl-C cannot tear apart
        self.taken = start.batch, self._summed
        #: what the history has not been told yet: after how many epochs, and the values of this one
        self.row: tuple[int, Mapping[str, Any]] | None = None

    @property
    def sums(self) -> Sums:
        """The sums of losses and metrics of the epoch."""
        return self.steps.sums["train"]

    @property
    def _summed(self) -> float:
        """How many samples are in the sums: those of steps that changed the weights."""
        return float(self.sums.values("loss")[1]) if "loss" in self.sums.parameters else 0.0

    @property
    def done(self) -> int:
        """How many batches of the epoch are done, the last of which may have ended with Ctrl-C."""
        batches, samples = self.taken
        return batches + (self._summed > samples)

    @property
    def position(self) -> Position:
        """How far the training is."""
        done, history = self.done, self.history
        untold = [] if self.row is None or len(history.epoch) > self.row[0] else [dict(self.row[1])]
        return Position(
            self.number,
            done,
            self.batches.order,
            (self.batches.number, self.batches.before),
            data_of(self.batches),
            [layer.seed for layer in seeded_of(self.model)],
            [*history.epoch, *([self.number - 1] if untold else [])],
            [*history.rows, *untold],
            {n: self.sums.values(n) for n in self.steps.summed if n in self.sums.parameters} if done else {},
            self.told.lasting,
        )

    def end(self, logs: dict[str, float]) -> None:
        """Tell that an epoch is done, with these losses and metrics."""
        self.batches.before = 0 if self.batches.asked is None else self.batches.before + self.done
        self.row = len(self.history.epoch), logs
        self.number, self.taken = self.number + 1, (0, self._summed)
        self.told.tell("epoch_end", self.number - 1, logs)

    def epoch(self, where: str) -> dict[str, float]:
        """Train once on the batches that are left of the epoch; return losses and metrics of all.

        It ends early when a callback sets ``model.stop_training``; where one does so on being told of a loss
        that is NaN, no `NonFiniteError` is raised.
        """
        try:
            self._train(where)
        except NonFiniteError:
            logs = self.steps.results("train") | {"loss": math.nan}
            self.told.tell("train_batch_end", self.batch, logs)
            if not self.model.stop_training:
                raise
            return logs
        return self.steps.results("train")

    def _train(self, where: str) -> None:
        training, batches = self.steps.training, self.batches
        training.forget()
        first = self.done
        if not first:
            self.steps.reset("train")
            self.taken = 0, 0.0
        for batch, (data, rows) in enumerate(batches.epoch(where, self.number, first), first):
            self.batch = batch
            self.told.tell("train_batch_begin", batch, {})
            training.step(data, rows, f"{where}, step {batch + 1}")
            self.taken = batch + 1, self.taken[1] + count_of(data, rows)
            self._tell_so_far("train", batch)
            if batches.streamed and len(training.unseen) >= UNSEEN:
                training.look()
            if self.model.stop_training:
                break
        training.look()

    def _tell_so_far(self, mode: str, batch: int) -> None:
        """Tell losses and metrics so far; they are read when a callback looks, or before they change."""
        logs = self.steps.logs(mode)
        self.told.tell(f"{mode}_batch_end", batch, logs)
        kept = weakref.ref(logs)
        del logs
        if (held := kept()) is not None:
            held.data  # noqa: B018  (reads them)

    def judge(self, batches: Batches, where: str, number: int | None = None) -> dict[str, float]:
        """Return losses and metrics on the batches; nothing is trained."""
        self.steps.reset("test")
        self.told.tell("test_begin", {})
        for batch, (data, rows) in enumerate(batches.epoch(where, number)):
            self.told.tell("test_batch_begin", batch, {})
            feeds = self.steps.take(data, rows)
            self.samples += count_of(data, rows)
            self.steps.start(self.steps.ready("test", feeds), feeds)
            self._tell_so_far("test", batch)
            if self.model.stop_evaluating:
                break
        batches.again()
        logs = self.steps.results("test")
        self.told.tell("test_end", logs)
        return logs

    def predict(self, batches: Batches, where: str) -> list[Array]:
        """Return the outputs for the batches, one after another."""
        results: list[list[Array]] = [[] for _ in self.model.outputs]
        self.told.tell("predict_begin", {})
        for batch, (data, rows) in enumerate(batches.epoch(where)):
            self.told.tell("predict_batch_begin", batch, {})
            values = self.steps.run("predict", data.take(rows))
            for result, value in zip(results, values.values(), strict=True):
                result.append(value)
            self.told.tell("predict_batch_end", batch, {"outputs": self.model.formed(list(values.values()))})
            if self.model.stop_predicting:
                break
        self.told.tell("predict_end", {})
        return [np.concatenate(result) for result in results]
