"""`Periodic`: what callbacks that write now and then have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from tinygraph.nn.callbacks.base import Callback, Logs
from tinygraph.nn.checks import whole_number


class Periodic(Callback):
    """Writes after each epoch, or after every ``save_freq`` batches, counted over all epochs."""

    lasting: ClassVar[tuple[str, ...]] = ("batches",)
    model: Any
    epoch = 0

    def __init__(self, save_freq: str | int):
        owner = type(self).__name__
        self.save_freq = (
            "epoch" if save_freq == "epoch" else whole_number(owner, "save_freq, if not 'epoch',", save_freq)
        )
        self.batches = 0

    def write(self, logs: Logs, batch: int | None) -> None:
        """Write; after an epoch, or after so many batches of it."""
        raise NotImplementedError(f"{type(self).__name__} must define write(self, logs, batch).")

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Note which epoch it is."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Write, if it is time."""
        if self.save_freq == "epoch":
            return
        self.batches += 1
        if self.batches % int(self.save_freq) == 0:
            self.write(logs, batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Write, if it is time."""
        if self.save_freq == "epoch":
            self.write(logs, None)
