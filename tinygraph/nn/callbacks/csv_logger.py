"""`CSVLogger`: losses and metrics of each epoch as a line of a file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tinygraph.nn.callbacks.base import Callback, Logs
from tinygraph.nn.checks import flag


class CSVLogger(Callback):
    """Writes a line for each epoch: its number, counted from 0, then losses and metrics by name.

    Each line is in the file when the epoch ends, so that an interrupted run leaves those before it, and one
    that is resumed goes on after those that it knows of. What an epoch lacks is NA.

    Args:
        filename: the file; its folder must exist.
        separator: one character, what stands between values.
        append: whether to go on with a file that is there; else it begins anew.

    >>> import tempfile, numpy as np
    >>> from tinygraph.nn import Dense, Sequential
    >>> from tinygraph.nn.callbacks import CSVLogger
    >>> model = Sequential([Dense(1, input_shape=(2,))])
    >>> model.compile("sgd", "mse")
    >>> with tempfile.NamedTemporaryFile("r", suffix=".csv") as file:
    ...     log = CSVLogger(file.name)
    ...     history = model.fit(np.ones((4, 2)), np.ones(4), epochs=2, callbacks=[log], verbose=0)
    ...     print(file.readline().strip())
    epoch,loss,val_loss
    """

    lasting = ("keys", "length")

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False):
        if not isinstance(separator, str) or len(separator) != 1:
            raise ValueError(f"CSVLogger: separator must be one character, got {separator!r}.")
        self.filename = Path(filename)
        self.separator = separator
        self.append = flag("CSVLogger", "append", append)
        self.keys: list[str] | None = None

    def on_train_begin(self, logs: Logs) -> None:
        """Begin the file, or see that there is one to go on with."""
        self.keys, self.length = None, 0
        if not self.model.is_root:
            return
        with open(self.filename, "a") as file:
            #: the size of the file as far as it is ours to keep
            self.length = file.tell() if self.append else 0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Write a line, and first of all the names."""
        if not self.model.is_root:
            return
        rows: list[list[Any]] = []
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]  # as Keras: validation may come later
            rows = [] if self.length else [["epoch", *self.keys]]
        rows.append([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])
        with open(self.filename, "a", newline="") as file:
            file.truncate(min(self.length, file.tell()))
            csv.writer(file, delimiter=self.separator).writerows(rows)
            self.length = file.tell()


def _cell(value: Any) -> Any:
    """Return a value as it stands in a line: several as a list in quotation marks."""
    if isinstance(value, str) or getattr(value, "ndim", 1) == 0 or not isinstance(value, Iterable):
        return value
    return f'"[{", ".join(map(str, value))}]"'
