"""Activations as layers that have arguments or weights: Softmax, ReLU, LeakyReLU, PReLU and ELU."""

from __future__ import annotations

from typing import Any

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn import constraints, initializers, registry, regularizers
from tinygraph.nn.checks import whole_number
from tinygraph.nn.layer import Layer
from tinygraph.nn.layers.along_axes import AlongAxes
from tinygraph.nn.masks import truth
from tinygraph.nn.ranges import number_in


@registry.register("layer")
class Softmax(AlongAxes):
    """exp(x) / sum(exp(x)) along ``axis``.

    Args:
        axis: the axes of the sum, the batch being axis 0; one or a list.

    A call takes ``mask``, truth values of the first axes of x (all, or such as batch and time; sizes of 1
    broadcast): where it is False the result is 0, and the others add up to 1. A mask of time steps that came
    with x leaves the results at each step alone, and goes on.

    Shapes: the shape stays.

    >>> import numpy as np
    >>> from tinygraph.nn import Softmax
    >>> Softmax()([[0.0, 0.0, 5.0]], mask=np.array([[True, True, False]])).tolist()
    [[0.5, 0.5, 0.0]]
    """

    def __init__(self, axis: Any = -1, **kwargs: Any):
        super().__init__(axis, **kwargs)

    def call(self, x: Node, mask: Node | None = None) -> Node:
        """The shares along the axes of what the mask leaves."""
        axes = self.along(x.shape[1:])
        if mask is None or mask.ndim <= axes[0]:  # all the same along the axes
            return shares(x, axes)
        counts = self._counts(x, mask)
        return ops.where(counts, shares(ops.where(counts, x, -1e9), axes), 0.0)

    def _counts(self, x: Node, mask: Node) -> Node:
        """The mask, with axes of size 1 for those that it lacks."""
        shape = mask.shape + (1,) * (x.ndim - mask.ndim)
        if len(shape) != x.ndim or any(size not in (1, n) for size, n in zip(shape, x.shape, strict=True)):
            raise GraphError(
                f"{self.title}: expected a mask of the first axes of {x.shape}, got one of {mask.shape}."
            )
        return ops.reshape(truth(mask), shape=shape)


def shares(x: Node, axes: tuple[int, ...]) -> Node:
    """Softmax along one or several axes."""
    return ops.softmax(x, axis=axes[0] if len(axes) == 1 else axes)


class Rectifier(Layer):
    """The base of layers that bend x, element by element."""

    carries_mask = True

    def output_shape(self, shape: Shape) -> Shape:
        """The shape stays."""
        return shape


@registry.register("layer")
class ReLU(Rectifier):
    """x above ``threshold``, at most ``max_value``; below it negative_slope (x - threshold).

    Args:
        max_value: the largest result, at least 0; None for no limit.
        negative_slope: the slope below the threshold, at least 0.
        threshold: where the bend is, at least 0.

    >>> from tinygraph.nn import ReLU
    >>> ReLU(max_value=6.0, negative_slope=0.5)([[-2.0, 3.0, 9.0]]).tolist()
    [[-1.0, 3.0, 6.0]]
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else number_in("[0, inf)", self, "max_value", max_value)
        self.negative_slope = number_in("[0, inf)", self, "negative_slope", negative_slope)
        self.threshold = number_in("[0, inf)", self, "threshold", threshold)

    def call(self, x: Node, training: bool) -> Node:
        """x bent at the threshold, and cut at the maximum."""
        above = x if self.max_value is None else ops.minimum(x, self.max_value)
        below = self.negative_slope * (x - self.threshold) if self.negative_slope else 0.0
        return ops.where(x > self.threshold, above, below)


@registry.register("layer")
class LeakyReLU(Rectifier):
    """x where it is positive, else negative_slope x. Source: Maas et al. 2013.

    Args:
        negative_slope: at least 0.

    >>> from tinygraph.nn import LeakyReLU
    >>> LeakyReLU(0.5)([[-2.0, 3.0]]).tolist()
    [[-1.0, 3.0]]
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any):
        super().__init__(**kwargs)
        self.negative_slope = number_in("[0, inf)", self, "negative_slope", negative_slope)

    def call(self, x: Node, training: bool) -> Node:
        """x, flatter below 0."""
        return ops.leaky_relu(x, self.negative_slope)


@registry.register("layer")
class PReLU(Rectifier):
    """x where it is positive, else alpha x, of which ``alpha`` is learned. Source: He et al. 2015.

    Args:
        alpha_initializer: how ``alpha`` begins.
        alpha_regularizer: a penalty on it.
        alpha_constraint: what holds for it after each step.
        shared_axes: the axes along which one slope serves, the batch being axis 0; a list.

    Shapes: the shape stays. Weight: ``alpha``, of the shape of a sample with 1 for the shared axes.

    >>> from tinygraph.nn import PReLU
    >>> PReLU("ones")([[-2.0, 3.0]]).tolist()
    [[-2.0, 3.0]]
    """

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        if shared_axes is not None:
            several = shared_axes if isinstance(shared_axes, (list, tuple)) else [shared_axes]
            shared_axes = [whole_number(self.title, "an axis in shared_axes", axis) for axis in several]
        self.shared_axes: list[int] | None = shared_axes

    def build(self, shape: Shape) -> None:
        """Make ``alpha``."""
        shared = self.shared_axes or []
        if any(axis > len(shape) for axis in shared):
            raise GraphError(
                f"{self.title}: shared_axes {shared} do not fit a sample of {shape}, which has axes 1 to "
                f"{len(shape)}."
            )
        own = tuple(1 if axis in shared else size for axis, size in enumerate(shape, start=1))
        self.alpha = self.add_weight("alpha", own)
        self.axes = tuple(f"axis {axis + 1}" for axis in range(len(shape)))
        self.fixed = {axis: size for axis, size in enumerate(shape) if axis + 1 not in shared}

    def call(self, x: Node, training: bool) -> Node:
        """x, below 0 times alpha."""
        return ops.where(x > 0.0, x, self.alpha * x)


@registry.register("layer")
class ELU(Rectifier):
    """x where it is positive, else alpha (exp(x) - 1). Source: Clevert et al. 2016.

    Args:
        alpha: how far below 0 the result may go.

    >>> from tinygraph.nn import ELU
    >>> ELU(2.0)([[-1e9, 3.0]]).tolist()
    [[-2.0, 3.0]]
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.alpha = number_in("(-inf, inf)", self, "alpha", alpha)

    def call(self, x: Node, training: bool) -> Node:
        """x, bending to -alpha below 0."""
        return ops.elu(x, self.alpha)
