"""`LSTMClassifier` and `LSTMRegressor`: LSTMs on series, with nothing to build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygraph.nn import LSTM, Bidirectional, Dense, Input, Masking, Sequential
from tinygraph.sklearn.classifier import Classifier
from tinygraph.sklearn.estimator import Array, Estimator
from tinygraph.sklearn.regressor import Regressor


class Recurrent(Estimator):
    """LSTMs one after another, and a Dense layer on the last step of the last.

    X is (samples, time, features), or (samples, time) for series of one feature.
    """

    units: int | Sequence[int]
    bidirectional: bool
    dropout: float
    recurrent_dropout: float
    mask_value: float | None
    dtype: str

    def _inputs(self, X: Array) -> Array:
        return X[..., None] if X.ndim == 2 else X

    def _stack(self, activation: str | None) -> Sequential:
        sizes = list(self.units) if isinstance(self.units, (list, tuple)) else [self.units]
        X_shape = self.X_shape_ if len(self.X_shape_) > 2 else (*self.X_shape_, 1)
        model = Sequential([Input(X_shape[1:], dtype=self.dtype)])
        if self.mask_value is not None:
            model.add(Masking(self.mask_value, dtype=self.dtype))
        for place, size in enumerate(sizes, 1):
            layer = LSTM(
                size,
                return_sequences=place < len(sizes),
                dropout=self.dropout,
                recurrent_dropout=self.recurrent_dropout,
                dtype=self.dtype,
                name=f"lstm_{place}",
            )
            model.add(Bidirectional(layer, name=f"both_{place}") if self.bidirectional else layer)
        return model.add(Dense(self.n_outputs_expected_, activation, dtype=self.dtype, name="output"))


class LSTMClassifier(Classifier, Recurrent):
    """Tells series apart by LSTMs, with the methods of scikit-learn.

    X is (samples, time, features), or (samples, time) for series of one feature; y is (samples,), labels of
    any kind. Scaled X, of mean 0 and deviation 1, is learned best.

    Args:
        units: the size of the LSTM; several, such as ``(64, 32)``, for LSTMs one after another.
        bidirectional: whether each LSTM goes both ways.
        dropout: the fraction of the inputs of each LSTM that is dropped.
        recurrent_dropout: the fraction of its states that is dropped.
        mask_value: steps of nothing but this are padding, and are skipped.
        dtype: the type of weights and results.
        class_weight: label -> weight, or ``"balanced"``: each class then weighs the same in all.

    See `Estimator` for the other arguments and the attributes, `Classifier` for ``classes_`` and the methods.

    >>> import numpy as np
    >>> from tinygraph.sklearn import LSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(40, 6))
    >>> y = np.where(X[:, 0] > 0, "up", "down")
    >>> LSTMClassifier(units=8, random_state=0).fit(X, y).score(X, y)
    1.0
    """

    def __init__(
        self,
        units: int | Sequence[int] = 32,
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        mask_value: float | None = None,
        dtype: str = "float32",
        loss: Any = None,
        optimizer: Any = "adam",
        learning_rate: float | None = 0.01,
        metrics: Any = None,
        epochs: int = 100,
        batch_size: int = 32,
        validation_split: float = 0.0,
        shuffle: bool = True,
        callbacks: Any = None,
        class_weight: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        backend: str = "numpy",
    ):
        self._keep(locals())

    def _network(self) -> Sequential:
        return self._stack("sigmoid" if self.n_outputs_expected_ == 1 else "softmax")


class LSTMRegressor(Regressor, Recurrent):
    """Forecasts one number for each series, or several, by LSTMs, with the methods of scikit-learn.

    X is (samples, time, features), or (samples, time) for series of one feature; y is (samples,) or (samples,
    outputs). Scaled X and y, of mean 0 and deviation 1, are learned best.

    The arguments are those of `LSTMClassifier`, but for ``class_weight``.

    >>> import numpy as np
    >>> from tinygraph.sklearn import LSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(100, 6))
    >>> model = LSTMRegressor(units=8, random_state=0).fit(X, X[:, -2:])
    >>> model.predict(X).shape, model.score(X, X[:, -2:]) > 0.9
    ((100, 2), True)
    """

    def __init__(
        self,
        units: int | Sequence[int] = 32,
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        mask_value: float | None = None,
        dtype: str = "float32",
        loss: Any = None,
        optimizer: Any = "adam",
        learning_rate: float | None = 0.01,
        metrics: Any = None,
        epochs: int = 100,
        batch_size: int = 32,
        validation_split: float = 0.0,
        shuffle: bool = True,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        backend: str = "numpy",
    ):
        self._keep(locals())

    def _network(self) -> Sequential:
        return self._stack(None)
