"""Adagrad and Adadelta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.optimizers.base import Optimizer, Updated
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import register


@register("optimizer")
class Adagrad(Optimizer):
    """Steps that shrink where gradients were large (Duchi, Hazan and Singer 2011).

    a <- a + g² and w <- w - α g / √(a + ε).

    Args:
        learning_rate: α, a number or a schedule.
        initial_accumulator_value: a before the first step.
        epsilon: ε, against division by 0.
        **kwargs: see `Optimizer`.

    >>> from tinygraph.nn.optimizers import Adagrad
    >>> Adagrad(0.1).slots()
    {'accumulator': 0.1}
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, **kwargs)
        self.initial_accumulator_value = number_in(
            "[0, inf)", self, "initial_accumulator_value", initial_accumulator_value
        )
        self.epsilon = number_in("[0, inf)", self, "epsilon", epsilon)

    def slots(self) -> dict[str, float]:
        """The sum of squares."""
        return {"accumulator": self.initial_accumulator_value}

    def update(self, w: Node, g: Node, slots: Mapping[str, Node], *coefficients: Node) -> Updated:
        """Return w - α g / √(a + ε)."""
        (rate,) = coefficients
        a = slots["accumulator"] + g * g
        return w - rate * g / ops.sqrt(a + self.epsilon), {"accumulator": a}


@register("optimizer")
class Adadelta(Optimizer):
    """Steps as large as the last steps were, by the size of gradients (Zeiler 2012).

    a <- ρ a + (1 - ρ) g²; d = g √(b + ε) / √(a + ε); b <- ρ b + (1 - ρ) d²; w <- w - α d.

    Args:
        learning_rate: α, a number or a schedule; 1 is the paper's.
        rho: ρ, how much of the old means stays; in [0, 1).
        epsilon: ε, against division by 0; it also sets the size of the first steps.
        **kwargs: see `Optimizer`.

    >>> from tinygraph.nn.optimizers import Adadelta
    >>> list(Adadelta(1.0).slots())
    ['accumulated_grad', 'accumulated_delta_var']
    """

    def __init__(self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **kwargs: Any):
        super().__init__(learning_rate, **kwargs)
        self.rho = number_in("[0, 1)", self, "rho", rho)
        self.epsilon = number_in("[0, inf)", self, "epsilon", epsilon)

    def slots(self) -> dict[str, float]:
        """The mean squares of gradients and of steps."""
        return {"accumulated_grad": 0.0, "accumulated_delta_var": 0.0}

    def update(self, w: Node, g: Node, slots: Mapping[str, Node], *coefficients: Node) -> Updated:
        """Return w - α d."""
        (rate,) = coefficients
        rho, eps, b = self.rho, self.epsilon, slots["accumulated_delta_var"]
        a = rho * slots["accumulated_grad"] + (1.0 - rho) * (g * g)
        d = ops.sqrt(b + eps) * g / ops.sqrt(a + eps)
        b = rho * b + (1.0 - rho) * (d * d)
        return w - rate * d, {"accumulated_grad": a, "accumulated_delta_var": b}
