"""Losses: how far predictions are from targets, as nodes."""

from __future__ import annotations

from typing import Any

from tinygraph.nn import registry
from tinygraph.nn.losses.base import Loss as Loss, LossFunctionWrapper as LossFunctionWrapper
from tinygraph.nn.losses.hinge import (
    CategoricalHinge as CategoricalHinge,
    Hinge as Hinge,
    SquaredHinge as SquaredHinge,
)
from tinygraph.nn.losses.probabilistic import (
    BinaryCrossentropy as BinaryCrossentropy,
    CategoricalCrossentropy as CategoricalCrossentropy,
    KLDivergence as KLDivergence,
    Poisson as Poisson,
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from tinygraph.nn.losses.regression import (
    CosineSimilarity as CosineSimilarity,
    Huber as Huber,
    LogCosh as LogCosh,
    MeanAbsoluteError as MeanAbsoluteError,
    MeanAbsolutePercentageError as MeanAbsolutePercentageError,
    MeanSquaredError as MeanSquaredError,
    MeanSquaredLogarithmicError as MeanSquaredLogarithmicError,
)


def get(identifier: Any) -> Loss:
    """Return the loss that a name, a config, a `Loss` or a function of (y_true, y_pred) stands for.

    >>> from tinygraph.nn import losses
    >>> losses.get("mse").name
    'mean_squared_error'
    >>> losses.get(lambda y_true, y_pred: abs(y_true - y_pred)).reduction
    'sum_over_batch_size'
    """
    loss = registry.get("loss", identifier)
    return loss if isinstance(loss, Loss) else LossFunctionWrapper(loss)
