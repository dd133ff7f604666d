"""RMSprop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.optimizers.base import Optimizer, Updated
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import register


@register("optimizer", "rmsprop")
class RMSprop(Optimizer):
    """Steps divided by the root of the mean square of gradients (Tieleman and Hinton 2012).

    v <- ρ v + (1 - ρ) g² and w <- w - α g / √(v + ε).

    Args:
        learning_rate: α, a number or a schedule.
        rho: ρ, how much of the old mean stays; in [0, 1).
        momentum: μ: m <- μ m + α g / √(v + ε) and w <- w - m; in [0, 1].
        epsilon: ε, against division by 0.
        centered: whether v less the square of the mean gradient is used: the variance (Graves 2013).
        **kwargs: see `Optimizer`.

    >>> from tinygraph.nn.optimizers import RMSprop
    >>> RMSprop(rho=0.95).get_config()["rho"]
    0.95
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, **kwargs)
        self.rho = number_in("[0, 1)", self, "rho", rho)
        self.momentum = number_in("[0, 1]", self, "momentum", momentum)
        self.epsilon = number_in("[0, inf)", self, "epsilon", epsilon)
        self.centered = centered

    def slots(self) -> dict[str, float]:
        """The mean square, and where they are used the last step and the mean gradient."""
        momentum = {"momentum": 0.0} if self.momentum else {}
        mean = {"average_gradient": 0.0} if self.centered else {}
        return {"velocity": 0.0} | momentum | mean

    def update(self, w: Node, g: Node, slots: Mapping[str, Node], *coefficients: Node) -> Updated:
        """Return w - α g / √(v + ε), or w - m."""
        (rate,) = coefficients
        v = self.rho * slots["velocity"] + (1.0 - self.rho) * (g * g)
        new = {"velocity": v}
        spread = v
        if self.centered:
            mean = self.rho * slots["average_gradient"] + (1.0 - self.rho) * g
            new["average_gradient"] = mean
            spread = v - mean * mean
        step = rate * g / ops.sqrt(spread + self.epsilon)
        if self.momentum:
            new["momentum"] = step = self.momentum * slots["momentum"] + step
        return w - step, new
