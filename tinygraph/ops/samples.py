"""Inputs that operations are tested on: what to draw where a plain float array would not do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.graph import Shape

#: Pairs of shapes that broadcast: equal, one shorter, each wider on one axis, a scalar, an empty one.
PAIRS = [((3, 4), (3, 4)), ((3, 4), (4,)), ((2, 1, 3), (4, 1)), ((), (2, 2)), ((0, 3), (1, 3))]


@dataclass(frozen=True)
class Draw:
    """A random input: ``normal``, ``positive`` (0.5 to 2), ``whole`` (0 to below), ``truth`` or ``bits``."""

    shape: Shape
    kind: str = "normal"
    below: int = 2

    def draw(self, random: np.random.Generator) -> np.ndarray[Any, Any]:
        """Return a float64, int64 or bool array of ``shape``."""
        if self.kind == "positive":
            return random.uniform(0.5, 2.0, self.shape)
        if self.kind == "whole":
            return random.integers(0, self.below, self.shape)
        if self.kind == "truth":
            return random.random(self.shape) < 0.5
        if self.kind == "bits":
            return -random.integers(0, 2, self.shape)
        return random.normal(size=self.shape)


def positive(*shape: int) -> Draw:
    """Floats between 0.5 and 2, for logarithms, roots and divisors."""
    return Draw(shape, "positive")


def whole(*shape: int, below: int) -> Draw:
    """Whole numbers from 0 to ``below - 1``, for ids."""
    return Draw(shape, "whole", below)


def truth(*shape: int) -> Draw:
    """True and False, for conditions."""
    return Draw(shape, "truth")


def bits(*shape: int) -> Draw:
    """All bits or none: -1 and 0."""
    return Draw(shape, "bits")
