"""Callbacks: what is told of every epoch and batch, and the history that fit returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygraph.viz.files import write_whole

if TYPE_CHECKING:
    from tinygraph.nn.graphed import Graphed

Logs = Mapping[str, float]


class Callback:
    """The base of callbacks: override the hooks you want. As in Keras, ``self.model`` is the model.

    Setting ``self.model.stop_training = True`` ends `fit`: after the batch, if a hook of a batch sets it,
    else after the epoch.

    >>> from tinygraph.nn import Callback
    >>> class Print(Callback):
    ...     def on_epoch_end(self, epoch, logs):
    ...         print(epoch, logs["loss"])
    """

    model: Graphed
    params: dict[str, Any]

    def set_model(self, model: Graphed) -> None:
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

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        """Before a training step."""

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """After a training step, with its loss."""

    def on_test_begin(self, logs: Logs) -> None:
        """Before an evaluation, also that of validation data."""

    def on_test_end(self, logs: Logs) -> None:
        """After an evaluation, with its losses and metrics."""

    def on_test_batch_begin(self, batch: int, logs: Logs) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs) -> None:
        """After a batch of an evaluation."""

    def on_predict_begin(self, logs: Logs) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs) -> None:
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs) -> None:
        """After a batch of a prediction."""


class CallbackList:
    """Tells several callbacks the same, in order."""

    def __init__(self, callbacks: Sequence[Callback], model: Graphed, params: dict[str, Any]):
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


class History(Callback):
    """What `fit` returns: ``history["loss"]`` and every other value, a number for each epoch."""

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Append the epoch's values."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def best_epoch(self) -> int | None:
        """Return the number of the epoch, from 0, with the lowest validation loss, or else loss.

        None where no epoch has a loss that is a number.
        """
        losses = self.history.get("val_loss", self.history.get("loss", []))
        judged = [(loss, epoch) for loss, epoch in zip(losses, self.epoch, strict=False) if loss == loss]
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
        epochs = [epoch + 1 for epoch in self.epoch]
        best = self.best_epoch()
        for panel, name in zip(panels, names, strict=False):
            panel.plot(epochs, self.history[name], marker=".", label="training")
            if f"val_{name}" in self.history:
                panel.plot(epochs, self.history[f"val_{name}"], "--", marker=".", label="validation")
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
