"""Layers that only change the shape of a sample: Flatten and Reshape."""

from __future__ import annotations

import math
from typing import Any

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn import registry
from tinygraph.nn.checks import whole_number
from tinygraph.nn.layer import Layer


@registry.register("layer")
class Flatten(Layer):
    """All elements of a sample in one axis: (batch, a, b, ...) -> (batch, a b ...).

    >>> import numpy as np
    >>> from tinygraph.nn import Flatten
    >>> Flatten()(np.ones((2, 3, 4))).shape
    (2, 12)
    """

    keeps_integers = True

    def call(self, x: Node, training: bool) -> Node:
        """x as rows."""
        return ops.reshape(x, shape=(x.shape[0], *self.output_shape(x.shape[1:])))

    def output_shape(self, shape: Shape) -> Shape:
        """One axis of all elements."""
        return (math.prod(shape),)


@registry.register("layer")
class Reshape(Layer):
    """The elements of a sample in another shape; one size may be -1, which is then found.

    >>> import numpy as np
    >>> from tinygraph.nn import Reshape
    >>> Reshape((-1, 2))(np.ones((5, 6))).shape
    (5, 3, 2)
    """

    keeps_integers = True

    def __init__(self, target_shape: Any, **kwargs: Any):
        super().__init__(**kwargs)
        sizes = tuple(target_shape) if isinstance(target_shape, (tuple, list)) else (target_shape,)
        self.target_shape = tuple(whole_number(self.title, "a size", size, least=-1) for size in sizes)
        if 0 in sizes or sizes.count(-1) > 1:
            raise ValueError(f"{self.title}: target_shape may have one -1 and no 0, got {sizes}.")

    def call(self, x: Node, training: bool) -> Node:
        """x in the target shape."""
        return ops.reshape(x, shape=(x.shape[0], *self.output_shape(x.shape[1:])))

    def output_shape(self, shape: Shape) -> Shape:
        """The target shape, its -1 found."""
        size = math.prod(shape)
        known = math.prod(n for n in self.target_shape if n != -1)
        found = tuple(size // known if n == -1 and known else n for n in self.target_shape)
        if math.prod(found) != size:
            raise GraphError(
                f"{self.title}: the {size} elements of a sample {shape} do not fill {self.target_shape}."
            )
        return found
