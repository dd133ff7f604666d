"""LayerNormalization and UnitNormalization: each sample on its own. What normalizations share stands here."""

from __future__ import annotations

from typing import Any

from tinygraph import ops
from tinygraph.graph import Node, Shape
from tinygraph.nn import constraints, initializers, registry, regularizers
from tinygraph.nn.checks import flag
from tinygraph.nn.layers.along_axes import AlongAxes
from tinygraph.nn.ranges import number_in


class Normalizing(AlongAxes):
    """The base of layers that normalize, then scale by ``gamma`` and shift by ``beta``, both learned."""

    def __init__(
        self,
        *,
        axis: Any,
        epsilon: float,
        center: bool,
        scale: bool,
        beta_initializer: Any,
        gamma_initializer: Any,
        beta_regularizer: Any,
        gamma_regularizer: Any,
        beta_constraint: Any,
        gamma_constraint: Any,
        **kwargs: Any,
    ):
        super().__init__(axis, **kwargs)
        self.epsilon = number_in("[0, inf)", self, "epsilon", epsilon)
        self.center = flag(self.title, "center", center)
        self.scale = flag(self.title, "scale", scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.gamma: Node | None = None
        self.beta: Node | None = None

    def add_affine(self, sizes: Shape, scale: bool, center: bool) -> None:
        """Make ``gamma`` and ``beta``, if there is to be one."""
        if scale:
            self.gamma = self.add_weight("gamma", sizes)
        if center:
            self.beta = self.add_weight("beta", sizes)

    def normalized(self, centred: Node, variance: Node) -> Node:
        """gamma centred / sqrt(variance + epsilon) + beta."""
        factor = 1.0 / ops.sqrt(variance + self.epsilon)
        if self.gamma is not None:
            factor = factor * self.spread(self.gamma, centred)
        y = centred * factor
        return y if self.beta is None else y + self.spread(self.beta, centred)


@registry.register("layer")
class LayerNormalization(Normalizing):
    """Each sample to mean 0 and variance 1: y = gamma (x - mean) / sqrt(variance + epsilon) + beta.

    Mean and variance are those of the sample's elements along ``axis``. Source: Ba, Kiros and Hinton 2016.

    Args:
        axis: the axes over which mean and variance are taken, the batch being axis 0; one or a list.
        epsilon: keeps the divisor away from 0.
        center, scale: whether there is a ``beta``, and a ``gamma``.
        beta_initializer, gamma_initializer: how the weights begin.
        beta_regularizer, gamma_regularizer: penalties on the weights.
        beta_constraint, gamma_constraint: what holds for the weights after each step.
        rms_scaling: divide without subtracting the mean: y = gamma x / sqrt(variance + epsilon), with a
            ``gamma`` and without ``beta`` whatever ``scale`` and ``center`` say.

    Shapes: the shape stays. Weights: ``gamma`` and ``beta``, of the sizes along ``axis``.

    >>> from tinygraph.nn import LayerNormalization
    >>> LayerNormalization(epsilon=0.0)([[1.0, 3.0], [10.0, 50.0]]).tolist()
    [[-1.0, 1.0], [-1.0, 1.0]]
    """

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        *,
        rms_scaling: bool = False,
        **kwargs: Any,
    ):
        super().__init__(
            axis=axis,
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            **kwargs,
        )
        self.rms_scaling = flag(self.title, "rms_scaling", rms_scaling)

    def build(self, shape: Shape) -> None:
        """Make ``gamma`` and ``beta``."""
        scale, center = self.scale or self.rms_scaling, self.center and not self.rms_scaling
        self.add_affine(self.sizes(shape), scale, center)

    def call(self, x: Node, training: bool) -> Node:
        """x normalized along the axes."""
        axes = self.along(x.shape[1:])
        centred = x - ops.mean(x, axis=axes, keepdims=True)
        variance = ops.mean(centred * centred, axis=axes, keepdims=True)
        return self.normalized(x if self.rms_scaling else centred, variance)


@registry.register("layer")
class UnitNormalization(AlongAxes):
    """Each sample to length 1 along ``axis``: y = x / sqrt(sum(x²)); zeros stay zeros.

    Args:
        axis: the axes that make up a vector, the batch being axis 0; one or a list.

    Shapes: the shape stays.

    >>> from tinygraph.nn import UnitNormalization
    >>> UnitNormalization(dtype="float64")([[3.0, 4.0], [0.0, 0.0]]).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """

    def __init__(self, axis: Any = -1, **kwargs: Any):
        super().__init__(axis, **kwargs)

    def call(self, x: Node, training: bool) -> Node:
        """x divided by its length, of at least 1e-12."""
        squares = ops.sum(x * x, axis=self.along(x.shape[1:]), keepdims=True)
        return x / ops.sqrt(ops.maximum(squares, 1e-24))
