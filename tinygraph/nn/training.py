"""`Trainable`: `fit`, as Keras has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from tinygraph.nn.callbacks import Callback, History
from tinygraph.nn.checks import flag, whole_number
from tinygraph.nn.evaluation import Evaluated, listed
from tinygraph.nn.fitting import Fit, epochs_judged
from tinygraph.nn.position import Position
from tinygraph.nn.progress import Progress, shows
from tinygraph.nn.sources import Source, validation_source


class Trainable(Evaluated):
    """A model that can be trained: `fit` trains it, `evaluate` judges it, `predict` uses it."""

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
        shown = [Progress()] if shows(verbose) and self.is_root else []
        judged = epochs_judged(validation_freq, epochs)
        source = Source("fit", (x, y, sample_weight), batch_size, steps_per_epoch, "steps_per_epoch")
        validation = validation_source(validation_data, validation_batch_size, validation_steps, source)
        start = self._start(flag("fit", "resume", resume), initial_epoch)
        order = self._order(start) if shuffle else None
        ahead = range(start.epoch, epochs)
        data = self._fit_batches(source, validation, validation_split, order, class_weight, ahead)
        return Fit(self, data, epochs, judged, callbacks, shown, verbose).run(start)

    def _order(self, start: Position) -> int:
        """Return the seed that training shuffles by: that of the training which goes on, or a new one."""
        seed = self._shared_seed()
        return seed if start.order is None else start.order

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
        return logs if return_dict else listed(logs)

    def explore(self, x: Any, y: Any, path: str | PathLike[str]) -> Path:
        """Write a page to look inside the model with, on the batch ``x``, ``y``; see `tg.explore`."""
        from tinygraph.viz.explore.explore import explore

        return explore(self, x, y, path)
