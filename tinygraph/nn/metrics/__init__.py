"""Metrics: what models are judged by, added up over batches inside the graph."""

from __future__ import annotations

from typing import Any

from tinygraph.graph import Shape
from tinygraph.nn import registry
from tinygraph.nn.losses import Loss
from tinygraph.nn.metrics.accuracy import (
    Accuracy as Accuracy,
    BinaryAccuracy as BinaryAccuracy,
    CategoricalAccuracy as CategoricalAccuracy,
    SparseCategoricalAccuracy as SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy as TopKCategoricalAccuracy,
    accuracy_for as accuracy_for,
)
from tinygraph.nn.metrics.auc import AUC as AUC
from tinygraph.nn.metrics.base import Metric as Metric
from tinygraph.nn.metrics.confusion import Precision as Precision, Recall as Recall
from tinygraph.nn.metrics.losses import (
    BinaryCrossentropy as BinaryCrossentropy,
    CategoricalCrossentropy as CategoricalCrossentropy,
    CategoricalHinge as CategoricalHinge,
    CosineSimilarity as CosineSimilarity,
    Hinge as Hinge,
    KLDivergence as KLDivergence,
    LogCoshError as LogCoshError,
    MeanAbsoluteError as MeanAbsoluteError,
    MeanAbsolutePercentageError as MeanAbsolutePercentageError,
    MeanMetricWrapper as MeanMetricWrapper,
    MeanSquaredError as MeanSquaredError,
    MeanSquaredLogarithmicError as MeanSquaredLogarithmicError,
    Poisson as Poisson,
    RootMeanSquaredError as RootMeanSquaredError,
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
    SquaredHinge as SquaredHinge,
)
from tinygraph.nn.metrics.skill import Skill as Skill


def get(identifier: Any, loss: Loss | None = None, shape: Shape | None = None) -> Metric:
    """Return the metric that a name, a config, a `Metric` or a function of (y_true, y_pred) stands for.

    A metric asked for by a name has that name: ``"mse"`` is reported as ``mse``.

    Args:
        identifier: ``"accuracy"`` and ``"acc"`` stand for what `accuracy_for` finds.
        loss: the loss of the output that is judged.
        shape: the shape of that output, with or without the batch.

    >>> from tinygraph.nn import losses, metrics
    >>> metrics.get("mse").name
    'mse'
    >>> type(metrics.get("accuracy", losses.get("mse"), (1,))).__name__
    'BinaryAccuracy'
    """
    if isinstance(identifier, str) and identifier in ("accuracy", "acc") and shape is not None:
        return accuracy_for(loss, shape, name=identifier)
    metric = registry.get("metric", identifier)
    if not isinstance(metric, Metric):
        metric = MeanMetricWrapper(metric)
    if isinstance(identifier, str):
        metric.name = identifier
    return metric
