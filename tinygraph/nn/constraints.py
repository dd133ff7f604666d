"""Constraints: what a weight becomes after each update of training."""

from __future__ import annotations

from typing import Any

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn import registry
from tinygraph.nn.losses.base import EPSILON
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import Configurable


class Constraint(Configurable):
    """The base of all constraints: called on a weight as a node, one returns what it is to be.

    A constraint acts after each update, never on weights that were set.

    >>> import tinygraph as tg
    >>> from tinygraph.nn import Dense
    >>> from tinygraph.nn.constraints import Constraint
    >>> class InUnitCube(Constraint):
    ...     def __call__(self, w):
    ...         return tg.clip(w, -1.0, 1.0)
    >>> layer = Dense(4, kernel_constraint=InUnitCube())
    """

    def __call__(self, w: Node) -> Node:
        """Return the new value of w, of its shape."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, w).")


@registry.register("constraint")
class NonNeg(Constraint):
    """max(w, 0).

    >>> import tinygraph as tg
    >>> from tinygraph.nn import constraints
    >>> tg.compile(constraints.get("non_neg")(tg.constant([-1.0, 2.0])))().tolist()
    [0.0, 2.0]
    """

    def __call__(self, w: Node) -> Node:
        """max(w, 0)."""
        return ops.maximum(w, 0.0)


class OfNorm(Constraint):
    """The base of constraints on norms: w · wanted / norm, the norms being taken along ``axis``."""

    def __init__(self, axis: Any = 0):
        self.axis = axis

    def wanted(self, norm: Node) -> Node:
        """Return what the norms are to be."""
        raise NotImplementedError(f"{type(self).__name__} must define wanted(self, norm).")

    def __call__(self, w: Node) -> Node:
        """w, scaled; 1e-7 is added to the norm, so that 0 stays 0."""
        axis = tuple(self.axis) if isinstance(self.axis, list) else self.axis
        norm = ops.sqrt(ops.sum(w * w, axis=axis, keepdims=True))
        return w * (self.wanted(norm) / (norm + EPSILON))


@registry.register("constraint")
class MaxNorm(OfNorm):
    """Norms of at most ``max_value`` (Srivastava et al. 2014).

    Args:
        max_value: the largest norm.
        axis: of a kernel (inputs, units) 0 takes the norm of what goes into each unit.
    """

    def __init__(self, max_value: float = 2, axis: Any = 0):
        super().__init__(axis)
        self.max_value = number_in("[0, inf)", self, "max_value", max_value)

    def wanted(self, norm: Node) -> Node:
        """min(norm, max_value)."""
        return ops.clip(norm, 0.0, float(self.max_value))


@registry.register("constraint")
class UnitNorm(OfNorm):
    """Norms of 1 along ``axis``."""

    def wanted(self, norm: Node) -> Node:
        """1 for every norm."""
        return ops.ones(norm.shape, norm.dtype)


@registry.register("constraint")
class MinMaxNorm(OfNorm):
    """Norms between two bounds, or on their way there.

    Args:
        min_value, max_value: the bounds.
        rate: how much of the way a norm goes at each step, 1 for all of it.
        axis: as in `MaxNorm`.
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0):
        super().__init__(axis)
        self.min_value = number_in("[0, inf)", self, "min_value", min_value)
        self.max_value = number_in(f"[{min_value}, inf)", self, "max_value", max_value)
        self.rate = number_in("[0, 1]", self, "rate", rate)

    def wanted(self, norm: Node) -> Node:
        """rate · clip(norm) + (1 - rate) · norm."""
        bounded = ops.clip(norm, float(self.min_value), float(self.max_value))
        return self.rate * bounded + (1.0 - self.rate) * norm


def get(identifier: Any) -> Any:
    """Return the constraint that a name, a config, an object or a function of one node stands for.

    None stays None.

    >>> from tinygraph.nn import constraints
    >>> constraints.get("max_norm").max_value
    2
    """
    return None if identifier is None else registry.get("constraint", identifier)
