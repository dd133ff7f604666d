"""Nadam."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygraph import ops
from tinygraph.defaults import floatx
from tinygraph.graph import Node
from tinygraph.nn.alignment import in_dtype
from tinygraph.nn.optimizers.adam import Moments
from tinygraph.nn.optimizers.base import Updated
from tinygraph.nn.registry import register
from tinygraph.ops import Parameter


@register("optimizer")
class Nadam(Moments):
    """`Adam` with Nesterov momentum (Dozat 2016): m̂ looks one step ahead.

    μ_t = β1 (1 - 0.96^t / 2), m̂ = μ_{t+1} m / (1 - μ_1 ... μ_{t+1}) + (1 - μ_t) g / (1 - μ_1 ... μ_t),
    v̂ = v / (1 - β2^t) and w <- w - α m̂ / (√v̂ + ε).

    Args:
        learning_rate, beta_1, beta_2, epsilon: see `Adam`.
        **kwargs: see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)
        self.momentum_product = self.state("momentum_product", 1.0, floatx())

    @property
    def variables(self) -> list[Parameter]:
        """All state, with the product of all μ so far."""
        first, *others = super().variables
        return [first, self.momentum_product, *others]

    def mu(self, step: Node) -> Node:
        """β1 (1 - 0.96^t / 2), the momentum of step t."""
        return self.beta_1 * (1.0 - 0.5 * 0.96**step)

    def shared_updates(self, step: Node) -> dict[Parameter, Node]:
        """Return the new values of the counter and of the product of all μ."""
        product = self.momentum_product * in_dtype(self.mu(step), self.momentum_product.dtype)
        return {self.momentum_product: product} | super().shared_updates(step)

    def coefficients(self, learning_rate: Node, step: Node) -> Sequence[Node]:
        """Return what m and g are multiplied by, and 1 - β2^t."""
        now, ahead = self.mu(step), self.mu(step + 1.0)
        product = self.momentum_product * now
        of_m = learning_rate * ahead / (1.0 - product * ahead)
        of_g = learning_rate * (1.0 - now) / (1.0 - product)
        return [of_m, of_g, 1.0 - self.beta_2**step]

    def update(self, w: Node, g: Node, slots: Mapping[str, Node], *coefficients: Node) -> Updated:
        """Return w - α m̂ / (√v̂ + ε)."""
        of_m, of_g, correction = coefficients
        m, v = self.momentum(g, slots), self.velocity(g, slots)
        step = (of_m * m + of_g * g) / (ops.sqrt(v / correction) + self.epsilon)
        return w - step, {"momentum": m, "velocity": v}
