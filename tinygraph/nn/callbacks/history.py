"""`History`: what `fit` returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from tinygraph.files import write_whole
from tinygraph.nn.callbacks.base import Callback, Logs


class History(Callback):
    """What `fit` returns: ``history["loss"]`` and every other value, a number for each epoch.

    ``epoch`` has the epochs, counted from 0, and ``params`` how many were asked for.

    >>> import numpy as np
    >>> from tinygraph.nn import Dense, Sequential
    >>> model = Sequential([Dense(1, input_shape=(2,))])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(np.ones((4, 2)), np.ones(4), epochs=3, verbose=0)
    >>> list(history.history), history.epoch
    (['loss'], [0, 1, 2])
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        #: the values of each epoch by name: a callback may tell some in a few epochs only
        self.rows: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Append the epoch's values."""
        self.epoch.append(epoch)
        self.rows.append(dict(logs))
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def restore(self, epochs: Sequence[int], rows: Sequence[Mapping[str, Any]]) -> None:
        """Have the values of these epochs, and no others."""
        self.history, self.epoch, self.rows = {}, [], []
        for epoch, row in zip(epochs, rows, strict=True):
            self.on_epoch_end(epoch, row)

    def to_frame(self) -> Any:
        """Return a pandas DataFrame: a row for each epoch, a column for each value, NaN where there is none.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise ImportError("history.to_frame: needs pandas; pip install pandas.") from None
        return pd.DataFrame(self.rows, index=pd.Index(self.epoch, name="epoch"), columns=list(self.history))

    def best_epoch(self) -> int | None:
        """Return the number of the epoch, from 0, with the lowest validation loss, or else loss.

        None where no epoch has a loss that is a number.
        """
        name = "val_loss" if "val_loss" in self.history else "loss"
        told = zip(self.rows, self.epoch, strict=True)
        judged = [(row[name], epoch) for row, epoch in told if name in row and row[name] == row[name]]
        return min(judged)[1] if judged else None

    def plot(self, path: str | None = None) -> Any:
        """Draw the learning curves with matplotlib (extra ``plot``): one panel a metric, validation dashed.

        A dotted line marks the epoch with the lowest loss, that of validation if there is one.

        Args:
            path: a file to write, such as ``"history.png"``, whole or not at all.

        Returns:
            the matplotlib figure.

        Raises:
            ImportError: matplotlib is not installed.
            ValueError: matplotlib does not write files of this kind.
            OSError: the file cannot be written; one that was there stays as it was.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError:
            raise ImportError("history.plot: needs matplotlib; pip install 'tinygraph[plot]'.") from None
        names = [name for name in self.history if not name.startswith("val_")]
        figure = Figure(figsize=(4.5 * max(1, len(names)), 3.5), layout="constrained")
        panels = figure.subplots(1, max(1, len(names)), squeeze=False)[0]
        best = self.best_epoch()
        for panel, name in zip(panels, names, strict=False):
            for key, style, label in ((name, "-", "training"), (f"val_{name}", "--", "validation")):
                if key in self.history:
                    told = [epoch + 1 for epoch, row in zip(self.epoch, self.rows, strict=True) if key in row]
                    panel.plot(told, self.history[key], style, marker=".", label=label)
            if best is not None:
                panel.axvline(best + 1, color="0.6", linestyle=":", label=f"best epoch, {best + 1}")
            panel.set(xlabel="epoch", ylabel=name)
            panel.legend()
        if path is not None:
            target, image = Path(path), BytesIO()
            figure.savefig(image, format=target.suffix[1:] or "png")
            write_whole(target, image.getvalue())
        return figure

    def __repr__(self) -> str:
        return f"<History of {len(self.epoch)} epochs: {', '.join(self.history)}>"
