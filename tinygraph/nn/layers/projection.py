"""`Projection`: the linear maps that multi-head attention is made of."""

from __future__ import annotations

import math
from typing import Any

from tinygraph import ops
from tinygraph.graph import Node, Shape
from tinygraph.nn import activations
from tinygraph.nn.layer import Layer


class Projection(Layer):
    """A linear map of the last axes: y = activation(x kernel + bias).

    Args:
        units: the axes that replace the last ``summed`` axes of x.
        kernel, bias: how these weights begin and are regularized and constrained, by the names that
            `add_weight` has for it; no bias if None.

    Shapes: (batch, ..., *rows) -> (batch, ..., *units). Weights: ``kernel`` (*rows, *units), ``bias`` units.
    """

    carries_mask = False

    def __init__(
        self,
        units: Shape,
        kernel: dict[str, Any],
        bias: dict[str, Any] | None,
        summed: int = 1,
        activation: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units, self.summed = units, summed
        self.of_kernel, self.of_bias = kernel, bias
        self.activation = activations.get(activation)

    def build(self, shape: Shape) -> None:
        """Make ``kernel`` and ``bias``."""
        self.kernel = self.add_weight("kernel", (*shape[-self.summed :], *self.units), **self.of_kernel)
        self.bias = None if self.of_bias is None else self.add_weight("bias", self.units, **self.of_bias)

    def call(self, x: Node) -> Node:
        """x kernel + bias, as one product of matrices, then the activation."""
        places, row = x.shape[: -self.summed], math.prod(x.shape[-self.summed :])
        matrix = ops.reshape(self.kernel, shape=(row, -1))
        y = ops.dot(ops.reshape(x, shape=(*places, row)), matrix)
        y = ops.reshape(y, shape=(*places, *self.units))
        return self.activation(y if self.bias is None else y + self.bias)
