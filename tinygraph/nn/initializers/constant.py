"""Initializers without chance."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.graph import Shape
from tinygraph.nn.checks import array_problem
from tinygraph.nn.initializers.base import Array, Initializer
from tinygraph.nn.registry import register


@register("initializer", "zero")
class Zeros(Initializer):
    """Zeros."""

    def values(self, shape: Shape) -> Array:
        """Return 0."""
        return np.zeros(())


@register("initializer", "one")
class Ones(Initializer):
    """Ones."""

    def values(self, shape: Shape) -> Array:
        """Return 1."""
        return np.ones(())


@register("initializer")
class Constant(Initializer):
    """One value everywhere, or an array that broadcasts to the shape.

    >>> from tinygraph.nn.initializers import Constant
    >>> Constant([1.0, 2.0])((2, 2)).tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """

    def __init__(self, value: Any = 0.0):
        if problem := array_problem(np.asarray(value)):
            raise ValueError(f"Constant: expected a number or an array of numbers, got {problem}.")
        self.value = value

    def values(self, shape: Shape) -> Array:
        """Return the value."""
        array = np.asarray(self.value, dtype="float64")
        try:
            return np.broadcast_to(array, shape)
        except ValueError:
            raise ValueError(f"Constant: a value of shape {array.shape} does not fit {shape}.") from None


@register("initializer", "IdentityInitializer")
class Identity(Initializer):
    """``gain`` on the diagonal of a matrix and 0 beside it."""

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def values(self, shape: Shape) -> Array:
        """Return gain · I; raises ValueError unless the shape is that of a matrix."""
        if len(shape) != 2:
            raise ValueError(f"Identity: needs a matrix, a shape of 2 axes, got {shape}.")
        return self.gain * np.eye(*shape)
