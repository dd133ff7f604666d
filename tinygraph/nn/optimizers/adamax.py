"""Adamax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.optimizers.adam import Moments
from tinygraph.nn.optimizers.base import Updated
from tinygraph.nn.registry import register


@register("optimizer")
class Adamax(Moments):
    """`Adam` with the largest gradient in place of the mean square (Kingma and Ba 2015, section 7.1).

    m <- β1 m + (1 - β1) g, u <- max(β2 u, |g|) and w <- w - α / (1 - β1^t) · m / (u + ε).

    Args:
        learning_rate, beta_1, beta_2, epsilon: see `Adam`.
        **kwargs: see `Optimizer`.
    """

    def slots(self) -> dict[str, float]:
        """The mean gradient and the largest one, which fades."""
        return {"momentum": 0.0, "norm": 0.0}

    def coefficients(self, learning_rate: Node, step: Node) -> Sequence[Node]:
        """Return the step size, α / (1 - β1^t)."""
        return [learning_rate / (1.0 - self.beta_1**step)]

    def update(self, w: Node, g: Node, slots: Mapping[str, Node], *coefficients: Node) -> Updated:
        """Return w - step size · m / (u + ε)."""
        (step_size,) = coefficients
        m = self.momentum(g, slots)
        u = ops.maximum(self.beta_2 * slots["norm"], abs(g))
        return w - step_size * m / (u + self.epsilon), {"momentum": m, "norm": u}
