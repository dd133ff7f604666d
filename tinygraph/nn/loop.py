"""The loop over batches: programs run, sums read, callbacks told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.nn.callbacks import CallbackList
from tinygraph.nn.data import Samples
from tinygraph.nn.outcomes import logs_of
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

        It ends early when a callback sets ``model.stop_training``.
        """
        training = self.steps.training
        training.forget()
        self.steps.reset("train")
        for batch, start in enumerate(range(0, len(data), batch_size)):
            self.told.tell("train_batch_begin", batch, {})
            those = slice(start, start + batch_size)
            logs = training.step(data, those if rows is None else rows[those], f"{where}, step {batch + 1}")
            self.told.tell("train_batch_end", batch, logs)
            if self.model.stop_training:
                break
        training.look()
        return self.steps.results("train")

    def judge(self, data: Samples, batch_size: int) -> dict[str, float]:
        """Return losses and metrics on the samples; nothing is trained."""
        self.steps.reset("test")
        self.told.tell("test_begin", {})
        for batch, start in enumerate(range(0, len(data), batch_size)):
            self.told.tell("test_batch_begin", batch, {})
            feeds = self.steps.take(data, slice(start, start + batch_size))
            loss = self.steps.start(self.steps.ready("test", feeds), feeds)["loss"]
            self.told.tell("test_batch_end", batch, logs_of(loss, self.steps.immediate))
        logs = self.steps.results("test")
        self.told.tell("test_end", logs)
        return logs

    def predict(self, data: Samples, batch_size: int) -> list[Array]:
        """Return the outputs for the samples."""
        results = [np.empty((len(data), *s.shape), dtype=s.dtype) for s in self.model.outputs]
        self.told.tell("predict_begin", {})
        for batch, start in enumerate(range(0, len(data), batch_size)):
            self.told.tell("predict_batch_begin", batch, {})
            rows = slice(start, start + batch_size)
            values = self.steps.run("predict", data.take(rows))
            for result, value in zip(results, values.values(), strict=True):
                result[rows] = value
            self.told.tell("predict_batch_end", batch, {})
        self.told.tell("predict_end", {})
        return results
