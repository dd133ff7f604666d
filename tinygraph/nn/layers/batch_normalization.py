"""`BatchNormalization`: features to mean 0 and variance 1, over the batch."""

from __future__ import annotations

from typing import Any

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn import initializers, registry
from tinygraph.nn.checks import flag
from tinygraph.nn.layers.normalization import Normalizing
from tinygraph.nn.masks import truth, with_axes
from tinygraph.nn.ranges import number_in
from tinygraph.nn.tracing import current_trace

#: keeps the mean of no steps at all finite; the value is Keras'
TINY = 1e-7


@registry.register("layer")
class BatchNormalization(Normalizing):
    """Each feature to mean 0 and variance 1: y = gamma (x - mean) / sqrt(variance + epsilon) + beta.

    In training, mean and (biased) variance are those of the batch, and the moving ones follow them:
    moving = momentum moving + (1 - momentum) batch's. At inference, and if the layer is not ``trainable``,
    the moving ones are used and stay. Steps that a mask leaves out do not count in the statistics; the mask
    goes on. Each use of a shared layer moves the statistics once. Source: Ioffe and Szegedy 2015.

    Args:
        axis: the axis of the features, the batch being axis 0; the statistics are over all others.
        momentum: how much of the moving statistics stays at a step, from 0 to 1.
        epsilon: keeps the divisor away from 0.
        center, scale: whether there is a ``beta``, and a ``gamma``.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: how the
            weights begin.
        beta_regularizer, gamma_regularizer: penalties on the weights.
        beta_constraint, gamma_constraint: what holds for the weights after each step.
        synchronized: statistics over all processes of a step. One process has them as it is; several, by
            ``compile(distribute=...)``, refuse it: each normalizes by its own rows, as in Keras without
            ``synchronized``, and the moving statistics follow the mean of theirs, by their samples.

    Shapes: the shape stays. Weights, each of the size along ``axis``: ``gamma``, ``beta``, and not trained
    ``moving_mean``, ``moving_variance``.

    >>> from tinygraph.nn import BatchNormalization
    >>> layer = BatchNormalization(momentum=0.5, epsilon=0.0)
    >>> layer([[1.0], [3.0]], training=True).tolist()
    [[-1.0], [1.0]]
    >>> layer.moving_mean.value.tolist()
    [1.0]
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        *,
        synchronized: bool = False,
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
        if isinstance(axis, (list, tuple)):
            raise ValueError(
                f"{self.title}: axis must be one whole number, the axis of the features, got {axis!r}."
            )
        self.momentum = number_in("[0, 1]", self, "momentum", momentum)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.synchronized = flag(self.title, "synchronized", synchronized)

    def build(self, shape: Shape) -> None:
        """Make the weights."""
        sizes = self.sizes(shape)
        self.add_affine(sizes, self.scale, self.center)
        self.moving_mean = self.add_weight("moving_mean", sizes, trainable=False)
        self.moving_variance = self.add_weight("moving_variance", sizes, trainable=False)

    def call(self, x: Node, training: bool, mask: Node | None = None) -> Node:
        """x normalized by the batch's statistics in training, by the moving ones else."""
        if not (training and self.trainable):
            return self.normalized(x - self.spread(self.moving_mean, x), self.spread(self.moving_variance, x))
        mean = self.average(x, mask)
        centred = x - mean
        variance = self.average(centred * centred, mask)
        updates = current_trace().updates
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            batch = ops.reshape(batch, shape=moving.shape)
            updates[moving] = self.momentum * updates.get(moving, moving) + (1.0 - self.momentum) * batch
        return self.normalized(centred, variance)

    def average(self, x: Node, mask: Node | None) -> Node:
        """The mean of each feature, over the steps that count."""
        (features,) = self.along(x.shape[1:])
        others = tuple(axis for axis in range(x.ndim) if axis != features)
        if mask is None:
            return ops.mean(x, axis=others, keepdims=True)
        if mask.shape != x.shape[: mask.ndim]:
            raise GraphError(
                f"{self.title}: expected a mask of the first axes of {x.shape}, got one of {mask.shape}."
            )
        counts = ops.broadcast_to(with_axes(truth(mask), x.ndim), shape=x.shape)
        count = ops.sum(ops.cast(counts, dtype=x.dtype), axis=others, keepdims=True)
        return ops.sum(ops.where(counts, x, 0.0), axis=others, keepdims=True) / (count + TINY)
