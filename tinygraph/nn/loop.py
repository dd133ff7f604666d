"""The loop over batches: programs run, sums read, callbacks told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.nn.batches import Batches
from tinygraph.nn.callbacks import CallbackList
from tinygraph.nn.outcomes import logs_of
from tinygraph.nn.steps import Steps, batch_of

if TYPE_CHECKING:
    from tinygraph.nn.training import Trainable

Array = np.ndarray[Any, Any]
UNSEEN = (
    32  # batches of a stream that wait, with their memory, for somebody to look what became of their steps
)


class Loop:
    """Runs the programs of a model batch by batch, and tells the callbacks."""

    def __init__(self, model: Trainable, steps: Steps, told: CallbackList):
        self.model = model
        self.steps = steps
        self.told = told
        self.samples = 0  # how many were judged

    def epoch(self, batches: Batches, where: str) -> dict[str, float]:
        """Train once on the batches; return losses and metrics.

        It ends early when a callback sets ``model.stop_training``.
        """
        training = self.steps.training
        training.forget()
        self.steps.reset("train")
        for batch, (data, rows) in enumerate(batches.epoch(where), 1):
            self.told.tell("train_batch_begin", batch - 1, {})
            logs = training.step(data, rows, f"{where}, step {batch}")
            self.told.tell("train_batch_end", batch - 1, logs)
            if batches.streamed and batch % UNSEEN == 0:
                training.look()
            if self.model.stop_training:
                break
        training.look()
        return self.steps.results("train")

    def judge(self, batches: Batches, where: str) -> dict[str, float]:
        """Return losses and metrics on the batches; nothing is trained."""
        self.steps.reset("test")
        self.told.tell("test_begin", {})
        for batch, (data, rows) in enumerate(batches.epoch(where)):
            self.told.tell("test_batch_begin", batch, {})
            feeds = data.take(rows)
            self.samples += batch_of(feeds)
            loss = self.steps.start(self.steps.ready("test", feeds), feeds)["loss"]
            self.told.tell("test_batch_end", batch, logs_of(loss, self.steps.immediate))
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
            self.told.tell("predict_batch_end", batch, {})
        self.told.tell("predict_end", {})
        return [np.concatenate(result) for result in results]
