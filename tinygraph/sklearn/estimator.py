"""`Estimator`: what all networks share as estimators of scikit-learn: the model, its training, its seed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from tinygraph.defaults import next_seed, seeded
from tinygraph.graph import Shape
from tinygraph.nn import optimizers
from tinygraph.nn.checks import shown
from tinygraph.nn.training import Trainable

Array = np.ndarray[Any, Any]


class Estimator(BaseEstimator):
    """A network as an estimator. A subclass makes the model; `Classifier` and `Regressor` know what y is.

    Args:
        loss: what `tinygraph.nn.Model.compile` takes; None chooses by what is estimated.
        optimizer: a name, a config or an object, of which each fit takes a copy.
        learning_rate: the optimizer's; None leaves it as it is.
        metrics: what `history_` holds beside the loss.
        epochs: how often `fit` goes through the samples.
        batch_size: samples a step.
        validation_split: the fraction of samples, the last ones, held out and judged after each epoch.
        shuffle: whether each epoch takes the samples in another order.
        callbacks: `tinygraph.nn.Callback` objects, of which each fit takes copies.
        warm_start: whether a second `fit` goes on from the weights of the first.
        random_state: seeds weights, shuffles and dropout: a whole number gives the same bits each time; None
            goes on with `tinygraph.set_seed`.
        verbose: what `fit` shows; nothing by default.
        backend: where it runs; see `tinygraph.devices`.

    Attributes:
        model_: the trained model, which can be drawn and summed up like any other.
        history_: losses and metrics of each epoch, by name.
        n_iter_: how many epochs it was trained for.
        n_features_in_: the length of axis 1 of X.
        feature_names_in_: the names of the columns, where X was a data frame.
        X_shape_: the shape of X that it was fitted on.
        n_outputs_: how many numbers each sample has in y.
    """

    loss: Any
    optimizer: Any
    learning_rate: float | None
    metrics: Any
    epochs: int
    batch_size: int
    validation_split: float
    shuffle: bool
    callbacks: Any
    warm_start: bool
    random_state: Any
    verbose: Any
    backend: str
    model_: Trainable
    history_: dict[str, list[float]]
    X_shape_: Shape
    n_outputs_: int
    n_outputs_expected_: int

    # What a subclass says.

    def _network(self) -> Trainable:
        """Return the model, not compiled, for what the attributes say of X and y."""
        raise NotImplementedError

    def _inputs(self, X: Array) -> Array:
        """Return what the model takes for X."""
        return X

    def _output_shapes(self) -> list[Shape]:
        """Return the shapes that one sample's output may have."""
        raise NotImplementedError

    def _usual_loss(self, outputs: Shape) -> str:
        """Return the loss where none is asked for."""
        raise NotImplementedError

    def _targets(self, y: Array, outputs: Shape) -> Array:
        """Return what the model is trained towards for y."""
        return y

    # What every subclass does.

    def _keep(self, arguments: Mapping[str, Any]) -> None:
        """Keep the constructor's arguments as they came; what they are is looked at in `fit`."""
        self.__dict__.update({name: value for name, value in arguments.items() if name != "self"})

    def _goes_on(self) -> bool:
        return self.warm_start and hasattr(self, "model_")

    def _seen(self, X: Any, y: Any, goes_on: bool, **how: Any) -> tuple[Array, Array]:
        """Check X and y, and remember their shapes, or compare them with those seen before."""
        X, y = validate_data(self, X, y, reset=not goes_on, allow_nd=True, **how)
        if goes_on:
            self._check_shape(X)
        else:
            self.X_shape_ = X.shape
        return X, y

    def _check_shape(self, X: Array) -> None:
        """Raise ValueError for samples of another shape than those of `fit`."""
        expected, came = (shown(["samples", *shape[1:]]) for shape in (self.X_shape_, X.shape))
        if expected != came:
            raise ValueError(f"{type(self).__name__}: expected X of {expected}, as in fit, got {came}.")

    def _weights(self, sample_weight: Any, X: Array) -> Array | None:
        """Check the weights, of which there may be none."""
        if sample_weight is None:
            return None
        if not np.asarray(sample_weight).any():
            raise ValueError(f"{type(self).__name__}: each sample_weight is zero; there is nothing to learn.")
        weights: Array = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        return weights

    def _train(self, X: Array, y: Array, weights: Array | None, epochs: int, goes_on: bool) -> None:
        """Make the model, unless training goes on, and train it."""
        if not goes_on:
            self._random = check_random_state(self.random_state)
        inputs = self._inputs(X)
        with seeded(self._seed()):
            model = self.model_ if goes_on else self._compiled(inputs.shape[1:])
            history = model.fit(
                inputs,
                self._targets(y, model.outputs[0].shape),
                batch_size=self.batch_size,
                epochs=epochs,
                verbose=self.verbose,
                callbacks=copy.deepcopy(self.callbacks),
                validation_split=self.validation_split,
                shuffle=self.shuffle,
                sample_weight=weights,
            ).history
        before = self.history_ if goes_on else {}
        self.model_ = model
        self.history_ = {name: before.get(name, []) + values for name, values in history.items()}
        self.n_iter_ = len(self.history_["loss"])

    def _seed(self) -> int:
        """Return a seed for one training: the next one of ``random_state``, or of the process."""
        return next_seed() if self.random_state is None else int(self._random.randint(2**31 - 1))

    def _compiled(self, shape: Shape) -> Trainable:
        """Return a new model for inputs of ``shape``, ready to train."""
        model = self._network()
        if not model.inputs:
            model.build(shape)
        found, expected = [symbol.shape for symbol in model.outputs], self._output_shapes()
        if found not in [[each] for each in expected]:
            raise ValueError(
                f"{type(self).__name__}: expected a model with one output, for each sample of "
                f"{' or '.join(map(str, expected))}, got {', '.join(map(str, found))}."
            )
        optimizer = optimizers.get(copy.deepcopy(self.optimizer))
        if self.learning_rate is not None:
            optimizer.learning_rate = self.learning_rate
        loss = self._usual_loss(found[0]) if self.loss is None else self.loss
        model.compile(optimizer, loss, metrics=self.metrics, backend=self.backend)
        return model

    def _outputs(self, X: Any) -> Array:
        """Return the model's outputs for X, in float64 as scikit-learn's scores want them."""
        check_is_fitted(self, "model_")
        X = validate_data(self, X, reset=False, allow_nd=True)
        self._check_shape(X)
        outputs: Array = self.model_.predict(self._inputs(X), batch_size=self.batch_size)
        return outputs.astype(np.float64)

    def __sklearn_tags__(self) -> Any:
        """X may have more than two axes."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
