"""Layers that only change the shape of a sample: Flatten, Reshape, Permute and RepeatVector."""

from __future__ import annotations

import math
from typing import Any

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn import registry
from tinygraph.nn.checks import whole_number
from tinygraph.nn.layer import Layer
from tinygraph.nn.spatial import data_format_of, to_channels_last


@registry.register("layer")
class Flatten(Layer):
    """All elements of a sample in one axis: (batch, a, b, ...) -> (batch, a b ...).

    Args:
        data_format: ``"channels_last"``, which None means, or ``"channels_first"``: then the channels,
            axis 1, are put last before.

    >>> import numpy as np
    >>> from tinygraph.nn import Flatten
    >>> Flatten()(np.ones((2, 3, 4))).shape
    (2, 12)
    """

    keeps_integers = True

    def __init__(self, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = data_format_of(self.title, data_format)

    def call(self, x: Node, training: bool) -> Node:
        """x as rows."""
        if x.ndim > 2:
            x = to_channels_last(x, self.data_format)
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


@registry.register("layer")
class Permute(Layer):
    """The axes of a sample in another order.

    Args:
        dims: an order of the axes, which count from 1; axis 0, the batch, stays first.

    >>> import numpy as np
    >>> from tinygraph.nn import Permute
    >>> Permute((2, 1))(np.ones((5, 10, 3))).shape
    (5, 3, 10)
    """

    keeps_integers = True

    def __init__(self, dims: Any, **kwargs: Any):
        super().__init__(**kwargs)
        several = dims if isinstance(dims, (tuple, list)) else (dims,)
        self.dims = tuple(whole_number(self.title, "a number in dims", axis) for axis in several)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"{self.title}: dims must be an order of the axes 1, 2, .., got {dims}.")
        self.axes = tuple(f"axis {axis}" for axis in sorted(self.dims))

    def call(self, x: Node, training: bool) -> Node:
        """x with its axes in that order."""
        return ops.transpose(x, axes=(0, *self.dims))

    def output_shape(self, shape: Shape) -> Shape:
        """The sizes in that order."""
        return tuple(shape[axis - 1] for axis in self.dims)


@registry.register("layer")
class RepeatVector(Layer):
    """A vector at each of ``n`` time steps: (batch, features) -> (batch, n, features).

    >>> from tinygraph.nn import RepeatVector
    >>> RepeatVector(3)([[1.0, 2.0]]).tolist()
    [[[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]]
    """

    axes = ("features",)
    keeps_integers = True

    def __init__(self, n: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.n = whole_number(self.title, "n", n)

    def call(self, x: Node, training: bool) -> Node:
        """x, n times."""
        batch, features = x.shape
        return ops.broadcast_to(ops.expand_dims(x, 1), shape=(batch, self.n, features))

    def output_shape(self, shape: Shape) -> Shape:
        """Time in front of the features."""
        return (self.n, *shape)
