"""`Callback`: what is told of every epoch and batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tinygraph.nn.stored import Stored

Logs = Mapping[str, float]


class Callback:
    """The base of callbacks: override the hooks you want. As in Keras, ``self.model`` is the model.

    Setting ``self.model.stop_training = True`` ends `fit`: after the batch, if a hook of a batch sets it,
    else after the epoch.

    Losses and metrics in the logs of a batch are those of the epoch so far, as in Keras.

    >>> from tinygraph.nn import Callback
    >>> class Print(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, logs["loss"])
    """

    model: Stored
    params: dict[str, Any]

    def set_model(self, model: Stored) -> None:
        """Receive the model before anything begins."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Receive epochs, steps and verbose before anything begins."""
        self.params = params

    def on_train_begin(self, logs: Logs) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs) -> None:
        """After the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Before an epoch; the first is 0."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """After an epoch, with its losses and metrics, those of validation included."""

    def on_batch_begin(self, batch: int, logs: Logs) -> None:
        """The older name of `on_train_batch_begin`, which calls it."""

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """The older name of `on_train_batch_end`, which calls it."""

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        """Before a training step; the first of an epoch is 0."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """After a training step, with the loss and the metrics of the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs) -> None:
        """Before an evaluation, also that of validation data."""

    def on_test_end(self, logs: Logs) -> None:
        """After an evaluation, with its losses and metrics."""

    def on_test_batch_begin(self, batch: int, logs: Logs) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs) -> None:
        """After a batch of an evaluation, with the loss and the metrics so far."""

    def on_predict_begin(self, logs: Logs) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs) -> None:
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs) -> None:
        """After a batch of a prediction, with its ``outputs``: an array for each, in a list."""


class CallbackList:
    """Tells several callbacks the same, in order."""

    def __init__(self, callbacks: Sequence[Callback], model: Stored, params: dict[str, Any]):
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(f"callbacks: expected Callback objects, got {callback!r}.")
        self.callbacks = callbacks
        for callback in callbacks:
            callback.set_model(model)
            callback.set_params(params)

    def tell(self, hook: str, *arguments: Any) -> None:
        """Call the hook ``on_<hook>`` of every callback."""
        for callback in self.callbacks:
            getattr(callback, f"on_{hook}")(*arguments)
