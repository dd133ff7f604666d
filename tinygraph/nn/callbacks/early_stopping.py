"""`EarlyStopping`: the end of training where nothing gets better any more."""

from __future__ import annotations

from typing import Any

from tinygraph.nn.callbacks.base import Logs
from tinygraph.nn.callbacks.monitor import Monitor, say
from tinygraph.nn.checks import flag, whole_number
from tinygraph.nn.ranges import number_in


class EarlyStopping(Monitor):
    """Stops `fit` when a loss or metric has not improved for ``patience`` epochs (Prechelt 1998).

    Afterwards ``best`` is the best value, ``best_epoch`` the epoch that had it, counted from 0, whose weights
    the model has with ``restore_best_weights``, and ``stopped_epoch`` the last one, 0 if all were run.

    Args:
        monitor: what is watched.
        min_delta: by how much it must improve to count.
        patience: how many epochs without improvement are borne.
        verbose: 1 says when it stops and which epoch's weights were kept.
        mode: ``"min"``, ``"max"``, or ``"auto"`` for what the name says.
        baseline: what must be surpassed, too, for patience to begin anew.
        restore_best_weights: whether the model gets the weights of the best epoch at the end, also where
            all epochs were run.
        start_from_epoch: how many epochs do not count.

    >>> import numpy as np
    >>> from tinygraph.nn import Dense, Sequential
    >>> from tinygraph.nn.callbacks import EarlyStopping
    >>> model = Sequential([Dense(1, kernel_initializer="zeros", input_shape=(1,))])
    >>> model.compile("sgd", "mse")
    >>> stop = EarlyStopping("loss", patience=2, min_delta=100.0, restore_best_weights=True)
    >>> history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=9, callbacks=[stop], verbose=0)
    >>> history.epoch, stop.best_epoch
    ([0, 1, 2], 0)
    """

    lasting = ("best", "best_epoch", "stopped_epoch", "wait", "best_weights")

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ):
        super().__init__(monitor, mode, min_delta)
        self.patience = whole_number(self.title, "patience", patience, least=0)
        self.verbose = verbose
        self.baseline = None if baseline is None else number_in("(-inf, inf)", self, "baseline", baseline)
        self.restore_best_weights = flag(self.title, "restore_best_weights", restore_best_weights)
        self.start_from_epoch = whole_number(self.title, "start_from_epoch", start_from_epoch, least=0)

    def on_train_begin(self, logs: Logs) -> None:
        """Begin anew: a callback may serve several fits."""
        self.find_direction()
        self.best, self.best_epoch, self.stopped_epoch, self.wait = None, 0, 0, 0
        self.best_weights: list[Any] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """See whether it was the best epoch, and whether to stop."""
        value = self.current(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.improves(value, self.best):
            self.best = value
            self._keep(epoch)
            if self.baseline is None or self.improves(value, self.baseline):
                self.wait = 0
            return
        if self.best is None:  # all values so far were NaN
            self._keep(epoch)
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _keep(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs: Logs) -> None:
        """Give the model the best weights."""
        if self.stopped_epoch and self.verbose:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                say(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)
