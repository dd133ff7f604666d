"""Small callbacks: one of functions, one that ends training at NaN."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tinygraph.nn.callbacks.base import Callback, Logs
from tinygraph.nn.callbacks.monitor import say
from tinygraph.nn.checks import flag
from tinygraph.nn.signatures import reject

HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))


class LambdaCallback(Callback):
    """A callback made of functions, one for each hook that is wanted.

    Args:
        on_epoch_begin, on_epoch_end: called with (epoch, logs).
        on_train_begin, on_train_end: called with (logs).
        on_train_batch_begin, on_train_batch_end: called with (batch, logs).
        **kwargs: any other hook of `Callback`.

    Raises:
        TypeError: a hook that there is not, or no function.

    >>> from tinygraph.nn.callbacks import LambdaCallback
    >>> shown = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"]))
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **kwargs: Callable[..., Any],
    ):
        reject("LambdaCallback", kwargs, HOOKS)
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        for name, function in {**given, **kwargs}.items():
            if function is None:
                continue
            if not callable(function):
                raise TypeError(f"LambdaCallback: {name} must be a function, got {function!r}.")
            setattr(self, name, function)


class TerminateOnNaN(Callback):
    """Ends `fit` at a loss that is NaN or infinite, without the `NonFiniteError` that it would raise.

    The weights are those before that step, unlike in Keras, where they are spoilt.

    Args:
        raise_error: whether to raise RuntimeError instead.
    """

    model: Any

    def __init__(self, raise_error: bool = False):
        self.raise_error = flag("TerminateOnNaN", "raise_error", raise_error)

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """Look at the loss."""
        if math.isfinite(logs["loss"]):
            return
        if self.raise_error:
            raise RuntimeError(f"TerminateOnNaN: the loss is {logs['loss']} at batch {batch}.")
        say(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
