"""`Initializer`: makes an array of a shape; and those that draw random numbers, from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.defaults import floatx, next_seed
from tinygraph.graph import GraphError, Shape
from tinygraph.nn.registry import Configurable
from tinygraph.ops.rules import integer_shape

Array = np.ndarray[Any, Any]


class Initializer(Configurable):
    """The base of all initializers: a subclass has ``values(shape)``, float64 numbers.

    >>> import numpy as np
    >>> from tinygraph.nn.initializers import Initializer
    >>> class Alternating(Initializer):
    ...     def values(self, shape):
    ...         return (-1.0) ** np.arange(np.prod(shape)).reshape(shape)
    >>> Alternating()((3,), dtype="float32")
    array([ 1., -1.,  1.], dtype=float32)
    """

    def values(self, shape: Shape) -> Array:
        """Return numbers of ``shape``, or what broadcasts to it."""
        raise NotImplementedError(f"{type(self).__name__} must define values(self, shape).")

    def __call__(self, shape: Any, dtype: Any = None) -> Array:
        """Return a new array of ``shape`` and ``dtype``, by default `tinygraph.floatx`."""
        shape = self._checked(shape)
        array = np.empty(shape, dtype=floatx() if dtype is None else dtype)
        array[...] = self.values(shape)
        return array

    def _checked(self, shape: Any) -> Shape:
        """Return a shape as whole numbers, or raise ValueError."""
        try:
            return integer_shape(tuple(shape))
        except (GraphError, TypeError):
            who = type(self).__name__
            raise ValueError(f"{who}: expected a shape of whole numbers >= 0, got {shape!r}.") from None


class RandomInitializer(Initializer):
    """An initializer that draws random numbers. The same seed and shape give the same array at every call.

    Args:
        seed: a whole number; without it one is taken from `tinygraph.set_seed` at the first call.
    """

    def __init__(self, seed: int | None = None):
        whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
        if seed is not None and (not whole or seed < 0):
            raise ValueError(
                f"{type(self).__name__}: seed must be a whole number >= 0 or None, got {seed!r}."
            )
        self.seed = seed
        self._drawn: int | None = None

    def generator(self) -> np.random.Generator:
        """Return a generator at its start."""
        if self._drawn is None:
            self._drawn = next_seed() if self.seed is None else int(self.seed)
        return np.random.default_rng(self._drawn)
