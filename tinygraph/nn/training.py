"""`Trainable`: compile, fit, evaluate and predict, as Keras has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph import backends
from tinygraph.compile import Function
from tinygraph.defaults import next_seed
from tinygraph.graph import GraphError
from tinygraph.nn import registry
from tinygraph.nn.callbacks import Callback, CallbackList, History
from tinygraph.nn.checks import whole_number
from tinygraph.nn.data import DataError, Samples, inputs_of, targets_of, weights_of
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.heads import check_named, heads_of
from tinygraph.nn.progress import Progress, described
from tinygraph.nn.steps import Steps

Array = np.ndarray[Any, Any]


class NonFiniteError(ArithmeticError):
    """A loss or gradient that became NaN or infinite; the weights are those of the step before."""


class Trainable(Graphed):
    """A model that can be trained: `fit` trains it, `evaluate` judges it, `predict` uses it."""

    steps: Steps | None = None
    stop_training = False
    history: History | None = None
    _compiled: dict[str, Any] | None = None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        loss_weights: Any = None,
        weighted_metrics: Any = None,
        backend: str = "numpy",
    ) -> None:
        """Say what to train by. Weights stay as they are.

        Args:
            optimizer: a name such as ``"adam"``, a config or an object.
            loss: a name, an object or a function (y_true, y_pred) of nodes; for several outputs a
                list or a dict by output name.
            metrics: names, objects or functions, in a list; for several outputs a dict by output name.
            loss_weights: what the losses of several outputs are multiplied by; a list or a dict.
            weighted_metrics: metrics that take sample weights into account.
            backend: where it runs; see `tinygraph.devices`.

        Raises:
            ValueError: a name that nothing has, with the closest one that exists.
            BackendError: a backend that cannot be used here.
        """
        if loss is None:
            raise ValueError(f"{self.title}.compile: needs a loss, for instance loss='mse'.")
        backends.get(backend)
        given = {
            "optimizer": registry.get("optimizer", optimizer),
            "loss": loss,
            "metrics": metrics,
            "loss_weights": loss_weights,
            "weighted_metrics": weighted_metrics,
            "backend": backend,
        }
        check_named(given)
        if self.outputs:
            heads_of(self, given)
        self._compiled, self.steps = given, None

    @property
    def optimizer(self) -> Any:
        """The optimizer that `compile` was given or made."""
        return self._settings("optimizer")["optimizer"]

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Sequence[Callback] = (),
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        validation_batch_size: int | None = None,
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
                line an epoch elsewhere.
            callbacks: `Callback` objects, told of every epoch and batch.
            validation_split: the fraction of samples, the last ones, held out and judged after each epoch.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` to judge by instead.
            shuffle: whether each epoch takes the samples in another order.
            class_weight: label -> weight of its samples in the loss.
            sample_weight: (samples,), or (samples, time) for outputs in time.
            initial_epoch: where to go on counting.
            validation_batch_size: ``batch_size`` by default.

        Raises:
            DataError: data that do not fit; the message says what was expected and what came.
            NonFiniteError: the loss became NaN or infinite; names the step and the node where it began,
                and keeps the last finite weights.
        """
        steps, data, held_out = self._training_data(
            x, y, sample_weight, class_weight, validation_split, validation_data
        )
        batch_size = whole_number("fit", "batch_size", batch_size)
        epochs = whole_number("fit", "epochs", epochs)
        initial_epoch = whole_number("fit", "initial_epoch", initial_epoch, least=0)
        count = -(-len(data) // batch_size)
        history = History()
        shown = [Progress()] if _shows(verbose) else []
        params = {"epochs": epochs, "steps": count, "verbose": verbose}
        told = CallbackList([*callbacks, history, *shown], self, params)
        self.history, self.stop_training = history, False
        order = np.random.default_rng(next_seed()) if shuffle else None
        told.tell("train_begin", {})
        logs: dict[str, float] = {}
        for epoch in range(initial_epoch, epochs):
            told.tell("epoch_begin", epoch, {})
            logs = self._epoch(steps, data, batch_size, order, told, epoch)
            if held_out is not None:
                judged = self._judge(steps, held_out, validation_batch_size or batch_size, told)
                logs |= {f"val_{name}": value for name, value in judged.items()}
            told.tell("epoch_end", epoch, logs)
            if self.stop_training:
                break
        told.tell("train_end", logs)
        return history

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        verbose: Any = "auto",
        sample_weight: Any = None,
        callbacks: Sequence[Callback] = (),
        return_dict: bool = False,
    ) -> Any:
        """Return loss and metrics on any number of samples: ``[loss, metric, ...]``, or a dict by name.

        Without metrics it is the loss alone, as in Keras.
        """
        steps, data = self._labelled(x, y, sample_weight, None)
        batch_size = whole_number("evaluate", "batch_size", batch_size)
        params = {"steps": -(-len(data) // batch_size), "verbose": verbose}
        told = CallbackList(callbacks, self, params)
        logs = self._judge(steps, data, batch_size, told)
        if _shows(verbose):
            print(f"evaluated {len(data)} samples: {described(logs)}")
        return logs if return_dict else _listed(logs)

    def predict(
        self, x: Any, batch_size: int = 32, verbose: Any = 0, callbacks: Sequence[Callback] = ()
    ) -> Any:
        """Return the outputs for any number of samples: an array, or a list of one for each output."""
        data = self._inputs(x)
        batch_size = whole_number("predict", "batch_size", batch_size)
        steps = self._prediction_steps()
        count = -(-len(data) // batch_size)
        told = CallbackList(callbacks, self, {"steps": count, "verbose": verbose})
        results = [np.empty((len(data), *s.shape), dtype=s.dtype) for s in self.outputs]
        told.tell("predict_begin", {})
        for batch in range(count):
            told.tell("predict_batch_begin", batch, {})
            rows = slice(batch * batch_size, (batch + 1) * batch_size)
            feeds = data.take(rows)
            values = steps.function("predict", feeds)(**feeds)
            for result, value in zip(results, values.values(), strict=True):
                result[rows] = value
            told.tell("predict_batch_end", batch, {})
        told.tell("predict_end", {})
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
        steps, data = self._labelled(x, y, sample_weight, class_weight)
        steps.reset()
        self._step(steps, data.take(slice(None)), "train_on_batch")
        return steps.results() if return_dict else _listed(steps.results())

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

    # What the methods above are made of.

    def _settings(self, method: str) -> dict[str, Any]:
        if self._compiled is None:
            raise RuntimeError(
                f"{self.title}.{method}: compile the model first: model.compile('adam', 'mse')."
            )
        return self._compiled

    def _steps(self, method: str) -> Steps:
        """The programs, made when the model has its shapes."""
        given = self._settings(method)
        if self.steps is None:
            heads = heads_of(self, given)
            self.steps = Steps(self, heads, given["optimizer"], given["backend"])
        return self.steps

    def _prediction_steps(self) -> Steps:
        """The programs of a model that is compiled, or else some that only predict."""
        if self._compiled is not None:
            return self._steps("predict")
        if self.steps is None:
            self.steps = Steps(self, [], None, "numpy")
        return self.steps

    def _inputs(self, x: Any) -> Samples:
        if not self.inputs:
            array = np.asarray(x)
            if array.ndim < 2:
                raise GraphError(f"{self.title}: expected an array (samples, ...), got shape {array.shape}.")
            self.build(array.shape[1:])
        return inputs_of(self, x)

    def _labelled(self, x: Any, y: Any, sample_weight: Any, class_weight: Any) -> tuple[Steps, Samples]:
        """Check inputs, true values and weights against one another."""
        self._settings("fit")
        inputs = self._inputs(x)
        steps = self._steps("fit")
        targets = targets_of(self, steps.heads, y)
        if len(inputs) != len(targets):
            raise DataError(f"x has {len(inputs)} samples, but y has {len(targets)}.")
        weights = weights_of(steps.heads, targets, sample_weight, class_weight)
        return steps, Samples({**inputs.arrays, **targets.arrays, **weights})

    def _training_data(
        self, x: Any, y: Any, sample_weight: Any, class_weight: Any, split: float, validation: Any
    ) -> tuple[Steps, Samples, Samples | None]:
        if isinstance(split, bool) or not isinstance(split, (int, float)) or not 0.0 <= split < 1.0:
            raise DataError(f"validation_split: expected a fraction from 0 up to 1, got {split!r}.")
        steps, data = self._labelled(x, y, sample_weight, class_weight)
        if validation is not None:
            if not isinstance(validation, (tuple, list)) or len(validation) not in (2, 3):
                raise DataError("validation_data: expected (x, y) or (x, y, sample_weight).")
            vx, vy, *vw = validation
            return steps, data, self._labelled(vx, vy, vw[0] if vw else None, None)[1]
        if not split:
            return steps, data, None
        trained, held_out = data.split(split)
        if not len(trained) or not len(held_out):
            raise DataError(f"validation_split: {split} of {len(data)} samples leaves one side empty.")
        return steps, trained, held_out

    def _epoch(
        self,
        steps: Steps,
        data: Samples,
        batch_size: int,
        order: np.random.Generator | None,
        told: CallbackList,
        epoch: int,
    ) -> dict[str, float]:
        rows = np.arange(len(data)) if order is None else order.permutation(len(data))
        steps.reset()
        for batch, start in enumerate(range(0, len(data), batch_size)):
            told.tell("train_batch_begin", batch, {})
            feeds = data.take(rows[start : start + batch_size])
            loss = self._step(steps, feeds, f"fit, epoch {epoch + 1}, step {batch + 1}")
            told.tell("train_batch_end", batch, {"loss": loss})
        return steps.results()

    def _step(self, steps: Steps, feeds: Mapping[str, Array], where: str) -> float:
        """Run one training step; raise `NonFiniteError`, with nothing changed, if it went wrong."""
        function = steps.function("train", feeds)
        result = function(**feeds)
        if not result["finite"]:
            raise NonFiniteError(_diagnosis(function, feeds, float(result["loss"]), where))
        return float(result["loss"])

    def _judge(self, steps: Steps, data: Samples, batch_size: int, told: CallbackList) -> dict[str, float]:
        steps.reset()
        told.tell("test_begin", {})
        for batch, start in enumerate(range(0, len(data), batch_size)):
            told.tell("test_batch_begin", batch, {})
            feeds = data.take(slice(start, start + batch_size))
            loss = steps.function("test", feeds)(**feeds)["loss"]
            told.tell("test_batch_end", batch, {"loss": float(loss)})
        logs = steps.results()
        told.tell("test_end", logs)
        return logs


def _diagnosis(function: Function, feeds: Mapping[str, Array], loss: float, where: str) -> str:
    first = function.first_nonfinite(**feeds)
    node = f"the first node that is not finite is {first.label}" if first else "no node shows it twice"
    return (
        f"{where}: the loss is {loss:g}, or a gradient is not finite; {node}. The weights are those before "
        "this step. A smaller learning rate, clipnorm or scaled inputs usually help."
    )


def _listed(logs: Mapping[str, float]) -> Any:
    values = list(logs.values())
    return values if len(values) > 1 else values[0]


def _shows(verbose: Any) -> bool:
    if verbose not in (0, 1, 2, "auto", True, False):
        raise ValueError(f"verbose: expected 0, 1, 2 or 'auto', got {verbose!r}.")
    return bool(verbose)
