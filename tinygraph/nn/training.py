"""`Trainable`: compile, fit, evaluate and predict, as Keras has them."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from tinygraph.nn.callbacks import Callback, CallbackList, History
from tinygraph.nn.checks import flag, whole_number
from tinygraph.nn.feeding import Source, epochs_judged, validation_parts
from tinygraph.nn.loop import Loop
from tinygraph.nn.outcomes import NonFiniteError as NonFiniteError
from tinygraph.nn.progress import Progress, described
from tinygraph.nn.sources import gives_batches
from tinygraph.nn.stored import Stored


class Trainable(Stored):
    """A model that can be trained: `fit` trains it, `evaluate` judges it, `predict` uses it."""

    stop_training = stop_evaluating = stop_predicting = False

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Collection[int] = 1,
        *,
        resume: bool = False,
        **unknown: Any,
    ) -> History:
        """Train for so many epochs, and return the losses and metrics of each.

        Arrays are checked before the first weight changes, batches that are read when they come. The last,
        partial batch is trained too.

        Args:
            x: an array (samples, ...), or for several inputs a list or a dict by input name, or a data frame
                with a column for each. Lists, data frames and arrays of any number type and of any library
                that knows DLPack do as well. Or what gives batches ``(x, y)`` or ``(x, y, sample_weight)``:
                an object with ``__len__`` and ``__getitem__`` (`PyDataset`), an iterable, a generator.
            y: the true values, likewise by output. Labels for sparse losses are (samples,) or (samples, 1).
            batch_size: samples a step, 32 by default; for arrays only.
            epochs: the number of the last epoch; the first is ``initial_epoch`` + 1.
            verbose: 0 shows nothing; 1 and "auto" show one line that updates on a terminal, and one
                line an epoch elsewhere; 2 one line an epoch everywhere.
            callbacks: `Callback` objects, told of every epoch and batch.
            validation_split: the fraction of samples, the last ones, held out and judged after each epoch;
                ``history.params["validation_rows"]`` is their range.
            validation_data: ``(x, y)``, ``(x, y, sample_weight)`` or what gives batches, to judge by instead.
            shuffle: whether each epoch takes the samples, or the batches of a `PyDataset`, in another order.
                Iterables and generators have an order of their own.
            class_weight: label -> weight of its samples in the loss of training; 1 if a label is absent.
            sample_weight: (samples,), or (samples, time) for outputs in time; for several outputs also a
                list or a dict by output.
            initial_epoch: where to go on counting. Where training ended with that epoch, here or in a file
                that the model comes from, the order of samples goes on, too.
            steps_per_epoch: batches an epoch, by default all; the next one goes on where it stopped.
            validation_steps: likewise, but each validation begins anew, except with a generator.
            validation_batch_size: ``batch_size`` by default.
            validation_freq: after every how many epochs to judge, or a list of their numbers.
            resume: whether to go on where training of this model stopped, here or in a file that it comes
                from, amid an epoch too, with the same data and arguments; at the start where it never began.
                The end is, bit for bit, that of a `fit` which never stopped.

        Raises:
            DataError: data that do not fit; the message says what was expected and what came.
            ValueError: ``resume`` and ``initial_epoch``; a training by other metrics is to be resumed.
            NonFiniteError: the loss became NaN or infinite; names the step and the node where it began,
                and keeps the last finite weights.
        """
        self._reject("fit", unknown)
        epochs = whole_number("fit", "epochs", epochs)
        initial_epoch = whole_number("fit", "initial_epoch", initial_epoch, least=0)
        shuffle = flag("fit", "shuffle", shuffle)
        shown = [Progress()] if _shows(verbose) and self.is_root else []
        judged = epochs_judged(validation_freq, epochs)
        source = Source("fit", (x, y, sample_weight), batch_size, steps_per_epoch, "steps_per_epoch")
        if validation_batch_size is None and not gives_batches(validation_data):
            validation_batch_size = source.batch_size
        validation = Source(
            "fit",
            validation_parts(validation_data),
            validation_batch_size,
            validation_steps,
            "validation_steps",
            "validation_",
        )
        start = self._start(flag("fit", "resume", resume), initial_epoch)
        order = self._shared_seed() if shuffle else None
        if shuffle and start.order is not None:
            order = start.order
        batches, held_out, rows = self._fit_batches(
            source, validation, validation_split, order, class_weight, range(start.epoch, epochs)
        )
        steps = self._steps("fit")
        held = {f"validation {name}": number for name, number in held_out.numbers.items()} if held_out else {}
        steps.agree("fit", **batches.numbers, **held, epochs=epochs)
        given = _callbacks(callbacks)
        history = next((each for each in given if isinstance(each, History)), None) or History()
        params = {"epochs": epochs, "steps": batches.steps, "verbose": verbose}
        if rows is not None:
            params["validation_rows"] = rows
        told = CallbackList([*dict.fromkeys([*given, history]), *shown], self, params)
        loop = Loop(self, steps, told)
        self.stop_training = False
        self._begins = start
        told.tell("train_begin", {})
        steps.begin(self._begins.epoch, self._begins.batch)
        if self._begins is not start:
            batches.again()
            if held_out is not None:
                held_out.again()
        loop.take_up(self._begins, batches, history)
        logs: dict[str, float] = {}
        self._loop = loop
        try:
            for epoch in range(self._begins.epoch, epochs):
                where = f"fit, epoch {epoch + 1}"
                if not loop.done and not batches.ready(where, epoch):
                    warnings.warn(f"{where}: no batch is left; training stops.", stacklevel=2)
                    break
                params["steps"] = batches.steps  # of an iterable, known after the first pass
                told.tell("epoch_begin", epoch, {})
                logs = loop.epoch(where)
                self.history = history  # not before: a fit that fails at once leaves the last one's
                if held_out is not None and epoch + 1 in judged:
                    found = loop.judge(held_out, f"{where}, validation", epoch)
                    logs |= {f"val_{name}": value for name, value in found.items()}
                loop.end(dict(logs))  # what callbacks add is of the epoch alone
                if self.stop_training:
                    break
        finally:
            self._position, self._loop = loop.position, None
            for line in shown:
                line.close()
        if history.epoch:
            with self.turns:
                self.optimizer.finalize_variable_values(self.trainable_weights)
        told.tell("train_end", logs)
        return history

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Sequence[Callback] | None = None,
        return_dict: bool = False,
        **unknown: Any,
    ) -> Any:
        """Return loss and metrics on any number of samples: ``[loss, metric, ...]``, or a dict by name.

        Data are as in `fit`. Without metrics it is the loss alone, as in Keras.
        """
        self._reject("evaluate", unknown)
        flag("evaluate", "return_dict", return_dict)
        source = Source("evaluate", (x, y, sample_weight), batch_size, steps)
        shows = _shows(verbose) and self.is_root
        batches = self._batches("evaluate", source)
        batches.ready("evaluate")
        self._steps("evaluate").agree("evaluate", **batches.numbers)
        params = {"steps": batches.steps, "verbose": verbose}
        told = CallbackList(_callbacks(callbacks), self, params)
        self.stop_evaluating = False
        loop = Loop(self, self._steps("evaluate"), told)
        logs = loop.judge(batches, "evaluate")
        if shows:
            print(f"evaluated {loop.samples} samples: {described(logs)}")
        return logs if return_dict else _listed(logs)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = 0,
        steps: int | None = None,
        callbacks: Sequence[Callback] | None = None,
        **unknown: Any,
    ) -> Any:
        """Return the outputs for any number of samples: an array, or for several outputs a list of arrays.

        A model whose outputs were given as a dict returns a dict. Of batches that are read, ``x`` or
        ``(x, y)``, the outputs of all are joined.
        """
        self._reject("predict", unknown)
        source = Source("predict", (x, None, None), batch_size, steps)
        shows = _shows(verbose) and self.is_root
        batches = self._batches_of_x(source)
        batches.ready("predict")
        params = {"steps": batches.steps, "verbose": verbose}
        told = CallbackList(_callbacks(callbacks), self, params)
        self.stop_predicting = False
        results = Loop(self, self._prediction_steps(), told).predict(batches, "predict")
        if shows:
            print(f"predicted {len(results[0])} samples")
        return self.formed(results)

    def formed(self, results: list[Any]) -> Any:
        """Return one array for each output in the form of the outputs: alone, in a list or a dict by key."""
        if self.output_keys is not None:
            return dict(zip(self.output_keys, results, strict=True))
        return results if len(results) > 1 else results[0]

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Do one training step on these samples; return its loss and metrics, before the update."""
        steps, data = self._labelled("train_on_batch", x, y, sample_weight)
        data = self._class_weighted(data, sample_weight, class_weight)
        with steps.sums["train"].set_aside():
            steps.training.step(data, slice(None), "train_on_batch")
            steps.training.look()
            logs = steps.results("train")
        return logs if return_dict else _listed(logs)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Return loss and metrics on these samples as one batch."""
        return self.evaluate(
            x, y, batch_size=2**62, verbose=0, sample_weight=sample_weight, return_dict=return_dict
        )

    def explore(self, x: Any, y: Any, path: str | PathLike[str]) -> Path:
        """Write a page to look inside the model with, on the batch ``x``, ``y``; see `tg.explore`."""
        from tinygraph.viz.explore.explore import explore

        return explore(self, x, y, path)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for these samples as one batch."""
        return self.predict(x, batch_size=2**62)


def _callbacks(given: Any) -> list[Callback]:
    """Return what was passed as ``callbacks`` as a list; `CallbackList` checks what is in it."""
    if given is not None and not isinstance(given, (Callback, list, tuple)):
        raise TypeError(f"callbacks: expected a list of Callback objects, got {given!r}.")
    return [given] if isinstance(given, Callback) else list(given or ())


def _listed(logs: Mapping[str, float]) -> Any:
    values = list(logs.values())
    return values if len(values) > 1 else values[0]


def _shows(verbose: Any) -> bool:
    if verbose not in (0, 1, 2, "auto", True, False):
        raise ValueError(f"verbose: expected 0, 1, 2 or 'auto', got {verbose!r}.")
    return bool(verbose)
