"""Regularizers: what large weights, or large results of a layer, add to the loss of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.graph import GraphError, Node
from tinygraph.nn import registry
from tinygraph.nn.losses.base import EPSILON
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import Configurable


class Regularizer(Configurable):
    """The base of all regularizers: called on a node, one returns the penalty as a node, one number.

    >>> import tinygraph as tg
    >>> from tinygraph.nn import Dense
    >>> from tinygraph.nn.regularizers import Regularizer
    >>> class Sparse(Regularizer):
    ...     def __call__(self, x):
    ...         return 0.1 * tg.sum(tg.log1p(abs(x)))
    >>> layer = Dense(4, kernel_regularizer=Sparse())
    """

    def __call__(self, x: Node) -> Node:
        """Return the penalty of x."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, x).")


@registry.register("regularizer", "l1_l2")
class L1L2(Regularizer):
    """l1 Σ|x| + l2 Σx² (elastic net: Zou and Hastie 2005).

    >>> import tinygraph as tg
    >>> from tinygraph.nn import regularizers
    >>> float(tg.compile(regularizers.L1L2(l1=1.0, l2=0.5)(tg.constant([-2.0, 1.0])))())
    5.5
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        self.l1 = number_in("[0, inf)", self, "l1", l1)
        self.l2 = number_in("[0, inf)", self, "l2", l2)

    def __call__(self, x: Node) -> Node:
        """The sum of the terms that are not 0."""
        terms = [self.l1 * ops.sum(abs(x))] if self.l1 else []
        terms += [self.l2 * ops.sum(x * x)] if self.l2 else []
        return ops.add_n(terms) if terms else ops.zeros((), x.dtype)


@registry.register("regularizer")
class L1(L1L2):
    """l1 Σ|x|: draws weights to 0 (Tibshirani 1996)."""

    def __init__(self, l1: float = 0.01):
        super().__init__(l1=l1)


@registry.register("regularizer")
class L2(L1L2):
    """l2 Σx²: keeps weights small, evenly (ridge regression: Hoerl and Kennard 1970)."""

    def __init__(self, l2: float = 0.01):
        super().__init__(l2=l2)


@registry.register("regularizer")
class OrthogonalRegularizer(Regularizer):
    """factor times the mean of |u v| over all pairs of a matrix' rows, or columns, each of norm 1.

    Args:
        factor: how much it counts.
        mode: ``"rows"`` or ``"columns"``.

    Raises:
        GraphError: a weight that is not a matrix of at least two rows (columns).
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        self.factor = number_in("[0, inf)", self, "factor", factor)
        self.mode = mode
        if mode not in ("rows", "columns"):
            raise ValueError(f"OrthogonalRegularizer: mode must be 'rows' or 'columns', got {mode!r}.")

    def __call__(self, x: Node) -> Node:
        """The penalty of a matrix x."""
        size = x.shape[0 if self.mode == "rows" else 1] if x.ndim == 2 else 0
        if size < 2:
            raise GraphError(f"OrthogonalRegularizer: expected a matrix of two {self.mode}, got {x.shape}.")
        rows = x if self.mode == "rows" else ops.matrix_transpose(x)
        square = ops.sum(rows * rows, axis=1, keepdims=True)
        unit = rows / ops.sqrt(ops.maximum(square, EPSILON**2))
        others = ops.constant(1.0 - np.eye(size), dtype=x.dtype)
        products = abs((unit @ ops.matrix_transpose(unit)) * others)
        return self.factor * ops.sum(products) / float(size * (size - 1))


def get(identifier: Any) -> Any:
    """Return the regularizer that a name, a config, an object or a function of one node stands for.

    None stays None.

    >>> from tinygraph.nn import regularizers
    >>> regularizers.get("l2").l2
    0.01
    """
    return None if identifier is None else registry.get("regularizer", identifier)
