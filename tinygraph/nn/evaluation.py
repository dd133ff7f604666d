"""`Evaluated`: `evaluate` and `predict`, as Keras has them: a model in use, which changes nothing in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygraph.nn.callbacks import Callback, CallbackList
from tinygraph.nn.callbacks.base import callbacks_of
from tinygraph.nn.checks import flag
from tinygraph.nn.loop import Loop
from tinygraph.nn.progress import described, shows
from tinygraph.nn.sources import Source
from tinygraph.nn.stored import Stored


class Evaluated(Stored):
    """A model that is judged by what it was compiled with, and predicts."""

    #: what callbacks set so that `fit`, `evaluate` and `predict` end early
    stop_training = stop_evaluating = stop_predicting = False

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
        shown = shows(verbose) and self.is_root
        batches = self._batches("evaluate", source)
        batches.ready("evaluate")
        self._steps("evaluate").agree("evaluate", **batches.numbers)
        params = {"steps": batches.steps, "verbose": verbose}
        told = CallbackList(callbacks_of(callbacks), self, params)
        self.stop_evaluating = False
        loop = Loop(self, self._steps("evaluate"), told)
        logs = loop.judge(batches, "evaluate")
        if shown:
            print(f"evaluated {loop.samples} samples: {described(logs)}")
        return logs if return_dict else listed(logs)

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
        shown = shows(verbose) and self.is_root
        batches = self._batches_of_x(source)
        batches.ready("predict")
        params = {"steps": batches.steps, "verbose": verbose}
        told = CallbackList(callbacks_of(callbacks), self, params)
        self.stop_predicting = False
        results = Loop(self, self._prediction_steps(), told).predict(batches, "predict")
        if shown:
            print(f"predicted {len(results[0])} samples")
        return self.formed(results)

    def formed(self, results: list[Any]) -> Any:
        """Return one array for each output in the form of the outputs: alone, in a list or a dict by key."""
        if self.output_keys is not None:
            return dict(zip(self.output_keys, results, strict=True))
        return results if len(results) > 1 else results[0]

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Return loss and metrics on these samples as one batch."""
        return self.evaluate(
            x, y, batch_size=2**62, verbose=0, sample_weight=sample_weight, return_dict=return_dict
        )

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for these samples as one batch."""
        return self.predict(x, batch_size=2**62)


def listed(logs: Mapping[str, float]) -> Any:
    """Return losses and metrics as Keras does: in a list, or the loss alone where there is nothing else."""
    values = list(logs.values())
    return values if len(values) > 1 else values[0]
