"""Initializers that draw from one distribution whatever the shape, and orthogonal matrices."""

from __future__ import annotations

import math

import numpy as np

from tinygraph.graph import Shape
from tinygraph.nn.initializers.base import Array, RandomInitializer
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import register


@register("initializer", "normal")
class RandomNormal(RandomInitializer):
    """Normally distributed numbers.

    Args:
        mean, stddev: of the distribution.
        seed: see `RandomInitializer`.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.mean = mean
        self.stddev = number_in("[0, inf)", self, "stddev", stddev)

    def values(self, shape: Shape) -> Array:
        """Return normal numbers."""
        return self.generator().normal(self.mean, self.stddev, shape)


@register("initializer", "uniform")
class RandomUniform(RandomInitializer):
    """Numbers spread evenly from ``minval`` up to ``maxval``.

    Args:
        minval, maxval: the bounds.
        seed: see `RandomInitializer`.
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        if not minval <= maxval:
            raise ValueError(f"RandomUniform: needs minval <= maxval, got {minval} and {maxval}.")
        self.minval = minval
        self.maxval = maxval

    def values(self, shape: Shape) -> Array:
        """Return uniform numbers."""
        return self.generator().uniform(self.minval, self.maxval, shape)


@register("initializer")
class TruncatedNormal(RandomInitializer):
    """Normally distributed numbers, drawn again where they are more than 2 ``stddev`` off the mean.

    Args:
        mean, stddev: of the distribution before it is cut off.
        seed: see `RandomInitializer`.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.mean = mean
        self.stddev = number_in("[0, inf)", self, "stddev", stddev)

    def values(self, shape: Shape) -> Array:
        """Return normal numbers within 2 stddev of the mean."""
        return self.mean + self.stddev * truncated_normal(self.generator(), shape)


@register("initializer", "OrthogonalInitializer")
class Orthogonal(RandomInitializer):
    """A random matrix with orthonormal columns, or rows where there are fewer (Saxe et al. 2014).

    All axes but the last are taken as one. It keeps the length of what it multiplies, step after step,
    which is why recurrent kernels begin like this.

    Args:
        gain: what the matrix is multiplied by.
        seed: see `RandomInitializer`.

    >>> import numpy as np
    >>> from tinygraph.nn.initializers import Orthogonal
    >>> q = Orthogonal(seed=1)((5, 3), dtype="float64")
    >>> bool(np.allclose(q.T @ q, np.eye(3)))
    True
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None):
        super().__init__(seed)
        self.gain = gain

    def values(self, shape: Shape) -> Array:
        """Return gain · Q of the QR decomposition of normal numbers, with R's diagonal positive."""
        if len(shape) < 2:
            raise ValueError(f"Orthogonal: needs a matrix, a shape of 2 axes or more, got {shape}.")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = self.generator().normal(size=(max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(tall)
        q *= np.sign(np.diag(r))  # without it Q would not be evenly distributed over all rotations
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


def truncated_normal(random: np.random.Generator, shape: Shape) -> Array:
    """Normal numbers, mean 0 and stddev 1, of which those beyond ±2 are drawn again."""
    numbers = random.normal(size=shape)
    while (beyond := np.abs(numbers) > 2.0).any():
        numbers[beyond] = random.normal(size=np.count_nonzero(beyond))
    return numbers
