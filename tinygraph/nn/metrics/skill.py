"""`Skill`: how much better a forecast is than no change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinygraph import ops
from tinygraph.graph import GraphError, Node
from tinygraph.nn.alignment import as_predictions, as_targets, as_weights
from tinygraph.nn.checks import whole_number
from tinygraph.nn.metrics.base import Array, Metric, wide
from tinygraph.nn.registry import register
from tinygraph.nn.signatures import did_you_mean


@register("metric")
class Skill(Metric):
    """1 - Σ (y - p)² / Σ (y - l)²: 1 for a perfect forecast, 0 for one no better than l (Murphy 1988).

    l is persistence, the last value of the window that the model sees: the last time step of its input, of
    shape (batch, time) or (batch, time, features), which must therefore be in the unit of y. In `fit` and
    `evaluate` the metric is given the input; alone, `update_state` takes it as ``inputs``.

    Args:
        name: what it is reported as.
        feature: the column of the input that is forecast. It need not be said of one feature, nor where y is
            (batch, horizon, features), all of them.
        input: the name of the model's input that has the window, if there are several.

    Raises:
        GraphError: an input without time, or whose features do not say which one is forecast.

    >>> import numpy as np
    >>> from tinygraph.nn.metrics import Skill
    >>> skill = Skill()
    >>> skill.update_state([[3.0], [5.0]], [[3.0], [4.0]], inputs=[[1.0, 2.0], [2.0, 3.0]])
    >>> skill.result()
    0.8
    """

    direction = "max"
    takes_inputs = True

    def __init__(self, name: str | None = None, feature: int | None = None, input: str | None = None):
        super().__init__(name)
        self.feature = None if feature is None else whole_number("Skill", "feature", feature, least=0)
        self.input = input

    def statistics(
        self, y_true: Node, y_pred: Node, sample_weight: Node | None = None, inputs: object = None
    ) -> list[Node]:
        """Return Σ w (y - p)² and Σ w (y - l)²; ``inputs`` is the window, or those of a model by name."""
        y_pred = as_predictions(y_pred)
        y_true = as_targets(self, y_true, y_pred)
        window = self._window(inputs)
        last = ops.broadcast_to(self._last(window, y_true), shape=y_true.shape)
        squares = [wide(each) * wide(each) for each in (y_true - y_pred, y_true - last)]
        if sample_weight is not None:
            weights = wide(as_weights(self, sample_weight, squares[0]))
            squares = [each * weights for each in squares]
        return [ops.sum(each) for each in squares]

    def result_of(self, statistics: Sequence[Array]) -> float:
        """Return 1 less the ratio of the sums, NaN where persistence is always right."""
        error, persistence = (float(each) for each in statistics)
        return 1.0 - error / persistence if persistence else float("nan")

    def _window(self, inputs: object) -> Node:
        """Return the input that has the window."""
        if isinstance(inputs, Node):
            return inputs
        if not isinstance(inputs, Mapping):
            raise GraphError("Skill: needs the input window; alone, give update_state inputs=x.")
        if self.input is None and len(inputs) > 1:
            raise GraphError(f"Skill: say which input has the window, input=...: {', '.join(inputs)}.")
        name = next(iter(inputs)) if self.input is None else self.input
        if name not in inputs:
            raise GraphError(f"Skill: the model has no input {name!r}{did_you_mean(name, inputs)}")
        found: Node = inputs[name]
        return found

    def _last(self, window: Node, y: Node) -> Node:
        """Return the last value of the window with the axes of y, (batch, horizon) or with features."""
        if window.ndim not in (2, 3):
            raise GraphError(f"Skill: expected an input (batch, time, features), got {window.shape}.")
        last = window[:, -1] if window.ndim == 3 else window[:, -1:]  # (batch, features)
        features, feature = last.shape[1], self.feature
        if feature is None and y.ndim == 3 and y.shape[-1] == features:
            return ops.reshape(last, shape=(last.shape[0], 1, features))
        if feature is None and features > 1:
            raise GraphError(f"Skill: say which of the {features} features is forecast: feature=0, ...")
        if feature is not None and feature >= features:
            raise GraphError(f"Skill: there is no feature {feature}; the input has {features}.")
        one = last[:, feature or 0]
        return ops.reshape(ops.cast(one, dtype=y.dtype), shape=(last.shape[0], *(1,) * (y.ndim - 1)))
