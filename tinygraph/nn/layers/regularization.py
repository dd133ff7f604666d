"""`ActivityRegularization`: a penalty on what passes."""

from __future__ import annotations

from typing import Any

from tinygraph.graph import Node, Shape
from tinygraph.nn import registry, regularizers
from tinygraph.nn.layer import Layer


@registry.register("layer")
class ActivityRegularization(Layer):
    """Lets its input through, and adds l1 sum(|x|) + l2 sum(x²), divided by the batch size, to the loss.

    Args:
        l1, l2: the factors, at least 0.

    Shapes: the shape stays.

    >>> from tinygraph.nn import ActivityRegularization
    >>> ActivityRegularization(l2=0.1)([[1.0, 2.0]]).tolist()
    [[1.0, 2.0]]
    """

    carries_mask = True
    settled = ("activity_regularizer",)

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any):
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2

    def call(self, x: Node, training: bool) -> Node:
        """x itself."""
        return x

    def output_shape(self, shape: Shape) -> Shape:
        """The shape stays."""
        return shape
