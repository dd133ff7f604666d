"""`Callback`: what is told of every epoch and batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

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
    #: the attributes that go into files of a training, to be taken up with it: numbers, lists, arrays
    lasting: ClassVar[tuple[str, ...]] = ()
    #: whether it is told after all others, so that what it writes has what they did
    comes_last: ClassVar[bool] = False

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
        self.callbacks = sorted(callbacks, key=lambda callback: callback.comes_last)
        for callback in callbacks:
            callback.set_model(model)
            callback.set_params(params)

    @property
    def lasting(self) -> list[tuple[str, dict[str, Any]]]:
        """What the callbacks have to keep, with the class of each."""
        keeping = [each for each in self.callbacks if each.lasting]
        return [
            (type(each).__name__, {name: getattr(each, name) for name in each.lasting if hasattr(each, name)})
            for each in keeping
        ]

    def restore(self, lasting: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Give callbacks what those of their class kept, the first of a class to the first."""
        left: dict[str, list[Mapping[str, Any]]] = {}
        for name, kept in lasting:
            left.setdefault(name, []).append(kept)
        for callback in self.callbacks:
            if callback.lasting and (of_class := left.get(type(callback).__name__)):
                kept = of_class.pop(0)
                for name in set(callback.lasting) & set(kept):
                    setattr(callback, name, kept[name])

    def tell(self, hook: str, *arguments: Any) -> None:
        """Call the hook ``on_<hook>`` of every callback."""
        for callback in self.callbacks:
            getattr(callback, f"on_{hook}")(*arguments)


def callbacks_of(given: Any) -> list[Callback]:
    """Return what was passed as ``callbacks`` as a list; `CallbackList` checks what is in it."""
    if given is not None and not isinstance(given, (Callback, list, tuple)):
        raise TypeError(f"callbacks: expected a list of Callback objects, got {given!r}.")
    return [given] if isinstance(given, Callback) else list(given or ())
