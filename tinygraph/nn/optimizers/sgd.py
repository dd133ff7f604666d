"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinygraph.graph import Node
from tinygraph.nn.checks import flag
from tinygraph.nn.optimizers.base import Optimizer, Updated
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import register


@register("optimizer")
class SGD(Optimizer):
    """Gradient descent, w <- w - α g, or with momentum μ, m <- μ m - α g and w <- w + m.

    Args:
        learning_rate: α, a number or a schedule.
        momentum: μ, how much of the last step goes into the next one (Polyak 1964); in [0, 1].
        nesterov: whether w <- w + μ m - α g instead: the step looks ahead (Nesterov 1983).
        **kwargs: see `Optimizer`.

    >>> import tinygraph as tg
    >>> from tinygraph.nn.optimizers import SGD
    >>> w = tg.param("w", 1.0)
    >>> step = tg.compile(w * 1.0, updates=SGD(0.25).updates([w], tg.gradients(w * w, [w])))
    >>> [float(step()) for _ in range(3)]
    [1.0, 0.5, 0.25]
    """

    def __init__(
        self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, **kwargs: Any
    ):
        super().__init__(learning_rate, **kwargs)
        self.momentum = number_in("[0, 1]", self, "momentum", momentum)
        self.nesterov = flag("SGD", "nesterov", nesterov)

    def slots(self) -> dict[str, float]:
        """The last step, with momentum."""
        return {"momentum": 0.0} if self.momentum else {}

    def update(self, w: Node, g: Node, slots: Mapping[str, Node], *coefficients: Node) -> Updated:
        """Return w - α g, or w + m, or w + μ m - α g."""
        (rate,) = coefficients
        if not self.momentum:
            return w - rate * g, {}
        step = rate * g
        m = self.momentum * slots["momentum"] - step
        return w + (self.momentum * m - step if self.nesterov else m), {"momentum": m}
