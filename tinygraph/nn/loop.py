"""The loop over batches: programs run, sums read, callbacks told."""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.nn.callbacks import CallbackList
from tinygraph.nn.data import Samples
from tinygraph.nn.outcomes import NonFiniteError
from tinygraph.nn.steps import Steps

if TYPE_CHECKING:
    from tinygraph.nn.training import Trainable

Array = np.ndarray[Any, Any]


class Loop:
    """Runs the programs of a model batch by batch, and tells the callbacks."""

    def __init__(self, model: Trainable, steps: Steps, told: CallbackList):
        self.model = model
        self.steps = steps
        self.told = told

    def epoch(self, data: Samples, batch_size: int, rows: Array | None, where: str) -> dict[str, float]:
        """Train once on the samples in the order of ``rows``, or as they come; return losses and metrics.

        It ends early when a callback sets ``model.stop_training``; where one does so on being told of a loss
        that is NaN, no `NonFiniteError` is raised.
        """
        try:
            self._train(data, batch_size, rows, where)
        except NonFiniteError:
            logs = self.steps.results("train") | {"loss": math.nan}
            self.told.tell("train_batch_end", self.batch, logs)
            if not self.model.stop_training:
                raise
            return logs
        return self.steps.results("train")

    def _train(self, data: Samples, batch_size: int, rows: Array | None, where: str) -> None:
        training = self.steps.training
        training.forget()
        self.steps.reset("train")
        for batch, start in enumerate(range(0, len(data), batch_size)):
            self.batch = batch
            self.told.tell("train_batch_begin", batch, {})
            those = slice(start, start + batch_size)
            training.step(data, those if rows is None else rows[those], f"{where}, step {batch + 1}")
            self._tell_so_far("train", batch)
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

    def judge(self, data: Samples, batch_size: int) -> dict[str, float]:
        """Return losses and metrics on the samples; nothing is trained."""
        self.steps.reset("test")
        self.told.tell("test_begin", {})
        for batch, start in enumerate(range(0, len(data), batch_size)):
            self.told.tell("test_batch_begin", batch, {})
            feeds = self.steps.take(data, slice(start, start + batch_size))
            self.steps.start(self.steps.ready("test", feeds), feeds)
            self._tell_so_far("test", batch)
            if self.model.stop_evaluating:
                break
        logs = self.steps.results("test")
        self.told.tell("test_end", logs)
        return logs

    def predict(self, data: Samples, batch_size: int) -> list[Array]:
        """Return the outputs for the samples."""
        results = [np.empty((len(data), *s.shape), dtype=s.dtype) for s in self.model.outputs]
        self.told.tell("predict_begin", {})
        done = 0
        for batch, start in enumerate(range(0, len(data), batch_size)):
            self.told.tell("predict_batch_begin", batch, {})
            rows = slice(start, start + batch_size)
            values = self.steps.run("predict", data.take(rows))
            for result, value in zip(results, values.values(), strict=True):
                result[rows] = value
            done = start + batch_size
            self.told.tell("predict_batch_end", batch, {"outputs": self.model.formed(list(values.values()))})
            if self.model.stop_predicting:
                break
        self.told.tell("predict_end", {})
        return [result[:done] for result in results]
