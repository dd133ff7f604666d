"""`Trainable`: compile, fit, evaluate and predict, as Keras has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from tinygraph.defaults import next_seed
from tinygraph.nn.callbacks import Callback, CallbackList, History
from tinygraph.nn.checks import flag, whole_number
from tinygraph.nn.compiled import Compiled
from tinygraph.nn.data import DataError, Samples
from tinygraph.nn.loop import Loop
from tinygraph.nn.outcomes import NonFiniteError as NonFiniteError
from tinygraph.nn.progress import Progress, described
from tinygraph.nn.ranges import number_in
from tinygraph.nn.steps import Steps
from tinygraph.nn.targets import class_weights_of


class Trainable(Compiled):
    """A model that can be trained: `fit` trains it, `evaluate` judges it, `predict` uses it."""

    stop_training = stop_evaluating = stop_predicting = False
    history: History | None = None

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        validation_batch_size: int | None = None,
        **unknown: Any,
    ) -> History:
        """Train for so many epochs, and return the losses and metrics of each.

        Everything is checked before the first weight changes. The last, partial batch is trained too.

        Args:
            x: an array (samples, ...), or for several inputs a list or a dict by input name. Lists, data
                frames and arrays of any number type do as well.
            y: the true values, likewise by output. Labels for sparse losses are (samples,) or (samples, 1).
            batch_size: samples a step.
            epochs: the number of the last epoch; the first is ``initial_epoch`` + 1.
            verbose: 0 shows nothing; 1 and "auto" show one line that updates on a terminal, and one
                line an epoch elsewhere; 2 one line an epoch everywhere.
            callbacks: `Callback` objects, told of every epoch and batch.
            validation_split: the fraction of samples, the last ones, held out and judged after each epoch.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` to judge by instead.
            shuffle: whether each epoch takes the samples in another order.
            class_weight: label -> weight of its samples in the loss of training; 1 if a label is absent.
            sample_weight: (samples,), or (samples, time) for outputs in time; for several outputs also a
                list or a dict by output.
            initial_epoch: where to go on counting.
            validation_batch_size: ``batch_size`` by default.

        Raises:
            DataError: data that do not fit; the message says what was expected and what came.
            NonFiniteError: the loss became NaN or infinite; names the step and the node where it began,
                and keeps the last finite weights.
        """
        self._reject("fit", unknown)
        batch_size = whole_number("fit", "batch_size", batch_size)
        epochs = whole_number("fit", "epochs", epochs)
        initial_epoch = whole_number("fit", "initial_epoch", initial_epoch, least=0)
        at_once = batch_size if validation_batch_size is None else validation_batch_size
        at_once = whole_number("fit", "validation_batch_size", at_once)
        shuffle = flag("fit", "shuffle", shuffle)
        shown = [Progress()] if _shows(verbose) and self.is_root else []
        steps, data, held_out = self._training_data(
            x, y, sample_weight, class_weight, validation_split, validation_data
        )
        sizes = batch_sizes(len(data), batch_size) + batch_sizes(len(held_out or ()), at_once)
        for layer in steps.layers:
            layer.check_batch_sizes(sizes)
        held = 0 if held_out is None else len(held_out)
        steps.agree("fit", samples=len(data), batch_size=batch_size, held_out=held, epochs=epochs)
        given = _callbacks(callbacks)
        history = next((each for each in given if isinstance(each, History)), None) or History()
        params = {"epochs": epochs, "steps": -(-len(data) // batch_size), "verbose": verbose}
        told = CallbackList([*dict.fromkeys([*given, history]), *shown], self, params)
        loop = Loop(self, steps, told)
        self.stop_training = False
        order = steps.same(next_seed()) if shuffle else None
        self._resumed = initial_epoch
        told.tell("train_begin", {})
        steps.begin(self._resumed)
        logs: dict[str, float] = {}
        try:
            for epoch in range(self._resumed, epochs):
                told.tell("epoch_begin", epoch, {})
                # Of the epoch, whatever came before: as it is for a run that is taken up again.
                rows = None if order is None else np.random.default_rng((order, epoch)).permutation(len(data))
                logs = loop.epoch(data, batch_size, rows, f"fit, epoch {epoch + 1}")
                self.history = history  # not before: a fit that fails at once leaves the last one's
                if held_out is not None:
                    judged = loop.judge(held_out, at_once)
                    logs |= {f"val_{name}": value for name, value in judged.items()}
                told.tell("epoch_end", epoch, dict(logs))  # what callbacks add is of the epoch alone
                if self.stop_training:
                    break
        finally:
            for line in shown:
                line.close()
        if history.epoch:
            self.optimizer.finalize_variable_values(self.trainable_weights)
        told.tell("train_end", logs)
        return history

    def begin_at(self, epoch: int) -> None:
        """Let the `fit` that begins begin with another epoch, counted from 0; for callbacks."""
        self._resumed = epoch

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        verbose: Any = "auto",
        sample_weight: Any = None,
        callbacks: Sequence[Callback] | None = None,
        return_dict: bool = False,
        **unknown: Any,
    ) -> Any:
        """Return loss and metrics on any number of samples: ``[loss, metric, ...]``, or a dict by name.

        Without metrics it is the loss alone, as in Keras.
        """
        self._reject("evaluate", unknown)
        batch_size, shows = (
            whole_number("evaluate", "batch_size", batch_size),
            _shows(verbose) and self.is_root,
        )
        steps, data = self._labelled("evaluate", x, y, sample_weight)
        steps.agree("evaluate", samples=len(data), batch_size=batch_size)
        params = {"steps": -(-len(data) // batch_size), "verbose": verbose}
        told = CallbackList(_callbacks(callbacks), self, params)
        self.stop_evaluating = False
        logs = Loop(self, steps, told).judge(data, batch_size)
        if shows:
            print(f"evaluated {len(data)} samples: {described(logs)}")
        return logs if return_dict else _listed(logs)

    def predict(
        self,
        x: Any,
        batch_size: int = 32,
        verbose: Any = 0,
        callbacks: Sequence[Callback] | None = None,
        **unknown: Any,
    ) -> Any:
        """Return the outputs for any number of samples: an array, or for several outputs a list of arrays.

        A model whose outputs were given as a dict returns a dict.
        """
        self._reject("predict", unknown)
        batch_size, shows = (
            whole_number("predict", "batch_size", batch_size),
            _shows(verbose) and self.is_root,
        )
        data = self._inputs(x)
        steps = self._prediction_steps()
        params = {"steps": -(-len(data) // batch_size), "verbose": verbose}
        told = CallbackList(_callbacks(callbacks), self, params)
        self.stop_predicting = False
        results = Loop(self, steps, told).predict(data, batch_size)
        if shows:
            print(f"predicted {len(data)} samples")
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
        steps, data, _ = self._training_data(x, y, sample_weight, class_weight, 0.0, None)
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

    # What the methods above are made of.

    def _training_data(
        self, x: Any, y: Any, sample_weight: Any, class_weight: Any, split: float, validation: Any
    ) -> tuple[Steps, Samples, Samples | None]:
        number_in("[0, 1)", "fit", "validation_split", split)
        if sample_weight is not None and class_weight is not None:
            raise DataError("sample_weight and class_weight cannot be combined; multiply them into one.")
        steps, data = self._labelled("fit", x, y, sample_weight)
        held_out = None
        if validation is not None:
            if not isinstance(validation, (tuple, list)) or len(validation) not in (2, 3):
                raise DataError("validation_data: expected (x, y) or (x, y, sample_weight).")
            vx, vy, *vw = validation
            _, held_out = self._labelled("fit", vx, vy, vw[0] if vw else None, "validation_data, ")
        elif split:
            whole = len(data)
            data, held_out = data.split(split)
            if not len(data) or not len(held_out):
                raise DataError(f"validation_split: {split} of {whole} samples leaves one side empty.")
        weights = class_weights_of(steps.heads, data, class_weight)
        return steps, Samples({**data.arrays, **weights}), held_out


def batch_sizes(samples: int, batch_size: int) -> list[int]:
    """Return the sizes of the batches that so many samples make: the whole ones', the partial one's."""
    return [size for size in (min(batch_size, samples), samples % batch_size) if size]


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
