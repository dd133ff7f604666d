"""`ModelCheckpoint`: the model in a file, after each epoch or the best one."""

from __future__ import annotations

import os

from tinygraph.nn.callbacks.base import Logs
from tinygraph.nn.callbacks.monitor import Monitor, say
from tinygraph.nn.callbacks.periodic import Periodic
from tinygraph.nn.checks import file_name, flag
from tinygraph.nn.ranges import number_in


class ModelCheckpoint(Monitor, Periodic):
    """Writes the model to a file at the end of each epoch, or every so many batches.

    The file is that of `Model.save`, for `tinygraph.load`, or with ``save_weights_only`` that of
    `Model.save_weights`, for `Model.load_weights`. It is there whole or not at all.

    Args:
        filepath: where; ``{epoch:02d}``, counted from 1, ``{batch}`` and the names of losses and metrics are
            filled in, as in ``"{epoch:02d}-{val_loss:.2f}.safetensors"``. Folders are made.
        monitor: what says which epoch is the best.
        verbose: 1 says when a file is written.
        save_best_only: whether to write only where ``monitor`` is better than ever before.
        save_weights_only: whether to leave out what the model is, and what it is trained by.
        mode: ``"min"``, ``"max"``, or ``"auto"`` for what the name says.
        save_freq: ``"epoch"``, or after how many batches.
        initial_value_threshold: what must be surpassed by the first one that is written.

    Raises:
        KeyError: a name in ``filepath`` that the logs do not have.

    >>> import os, tempfile, numpy as np
    >>> from tinygraph.nn import Dense, Sequential
    >>> from tinygraph.nn.callbacks import ModelCheckpoint
    >>> model = Sequential([Dense(1, input_shape=(2,))])
    >>> model.compile("sgd", "mse")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save = ModelCheckpoint(os.path.join(folder, "{epoch:02d}.safetensors"))
    ...     history = model.fit(np.ones((4, 2)), np.ones(4), epochs=2, callbacks=[save], verbose=0)
    ...     print(sorted(os.listdir(folder)))
    ['01.safetensors', '02.safetensors']
    """

    lasting = ("batches", "best")

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ):
        Monitor.__init__(self, monitor, mode)
        Periodic.__init__(self, save_freq)
        self.filepath = file_name("ModelCheckpoint", "filepath", filepath)
        self.verbose = verbose
        self.save_best_only = flag(self.title, "save_best_only", save_best_only)
        self.save_weights_only = flag(self.title, "save_weights_only", save_weights_only)
        if initial_value_threshold is not None:
            number_in("(-inf, inf)", self, "initial_value_threshold", initial_value_threshold)
        self.best = initial_value_threshold

    def on_train_begin(self, logs: Logs) -> None:
        """Learn what better is, and see that the model can be written. The best of a fit before counts."""
        from tinygraph.saving.model_file import described

        if self.save_best_only:
            self.find_direction()
        self.model.check_name("save_weights" if self.save_weights_only else "save", self.filepath)
        if not self.save_weights_only:
            described(self.model)

    def write(self, logs: Logs, batch: int | None) -> None:
        """Write, if it is the best so far or all are wanted."""
        numbers = {} if batch is None else {"batch": batch}
        if self.save_best_only and not self._is_best(logs):
            return
        try:
            path = self.filepath.format(**{"epoch": self.epoch + 1, **numbers, **logs})
        except KeyError as name:
            there = ", ".join(["epoch", *numbers, *logs])
            raise KeyError(f"ModelCheckpoint: {self.filepath!r} needs {name}; there are {there}.") from None
        if not self.model.is_root:
            return
        write = self.model.save_weights if self.save_weights_only else self.model.save
        write(path)
        if self.verbose:
            say(f"Epoch {self.epoch + 1}: saved the model to {path}")

    def _is_best(self, logs: Logs) -> bool:
        """Whether the model is to be written; it is, with a warning, where nothing is known of it."""
        value = self.current(logs)
        if value is None:
            return True
        if not self.improves(value, self.best):
            return False
        self.best = value
        return True
