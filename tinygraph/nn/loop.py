"""The loop over batches: programs run, sums read, callbacks told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.graph import Node
from tinygraph.nn.callbacks import CallbackList
from tinygraph.nn.data import Samples
from tinygraph.nn.steps import Steps

if TYPE_CHECKING:
    from tinygraph.nn.training import Trainable

Array = np.ndarray[Any, Any]


class NonFiniteError(ArithmeticError):
    """A loss, gradient or new weight became NaN or infinite; the weights are those of the step before."""


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
        self.steps.reset("train")
        for batch, start in enumerate(range(0, len(data), batch_size)):
            self.told.tell("train_batch_begin", batch, {})
            those = slice(start, start + batch_size)
            feeds = data.take(those if rows is None else rows[those])
            loss = train(self.steps, feeds, f"{where}, step {batch + 1}")
            self.told.tell("train_batch_end", batch, {"loss": loss})
            if self.model.stop_training:
                break
        return self.steps.results("train")

    def judge(self, data: Samples, batch_size: int) -> dict[str, float]:
        """Return losses and metrics on the samples; nothing is trained."""
        self.steps.reset("test")
        self.told.tell("test_begin", {})
        for batch, start in enumerate(range(0, len(data), batch_size)):
            self.told.tell("test_batch_begin", batch, {})
            feeds = data.take(slice(start, start + batch_size))
            loss = self.steps.run("test", feeds)["loss"]
            self.told.tell("test_batch_end", batch, {"loss": float(loss)})
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


def train(steps: Steps, feeds: Mapping[str, Array], where: str) -> float:
    """Run one training step and return its loss; one that goes wrong changes nothing: `NonFiniteError`."""
    result = steps.run("train", feeds)
    if not result["finite"]:
        first = steps.first_nonfinite("train", feeds)
        raise NonFiniteError(_diagnosis(first, float(result["loss"]), where))
    return float(result["loss"])


def _diagnosis(first: Node | None, loss: float, where: str) -> str:
    found = f"; the first node that is not finite is {first.label}" if first is not None else ""
    what = f"the loss is {loss:g}" + (", but its step is not finite" if np.isfinite(loss) else "")
    return (
        f"{where}: {what}{found}. The weights are those before this step. "
        "A smaller learning rate, clipnorm or scaled inputs usually help."
    )
