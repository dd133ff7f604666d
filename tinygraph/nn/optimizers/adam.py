"""Adam, AdamW, and the moments that they share with Adamax and Nadam."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.optimizers.base import Optimizer, Updated
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import register


class Moments(Optimizer):
    """What Adam and its relatives share: running means with the decays β1 and β2."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = number_in("[0, 1)", self, "beta_1", beta_1)
        self.beta_2 = number_in("[0, 1)", self, "beta_2", beta_2)
        self.epsilon = number_in("[0, inf)", self, "epsilon", epsilon)

    def slots(self) -> dict[str, float]:
        """The running means of the gradient and of its square."""
        return {"momentum": 0.0, "velocity": 0.0}

    def momentum(self, g: Node, slots: Mapping[str, Node]) -> Node:
        """m + (1 - β1) (g - m), the mean gradient."""
        return slots["momentum"] + (1.0 - self.beta_1) * (g - slots["momentum"])

    def velocity(self, g: Node, slots: Mapping[str, Node]) -> Node:
        """v + (1 - β2) (g² - v), the mean square of the gradient."""
        return slots["velocity"] + (1.0 - self.beta_2) * (g * g - slots["velocity"])


@register("optimizer")
class Adam(Moments):
    """Steps of the mean gradient, divided by the root of its mean square (Kingma and Ba 2015).

    m <- β1 m + (1 - β1) g, v <- β2 v + (1 - β2) g² and w <- w - α √(1 - β2^t) / (1 - β1^t) · m / (√v + ε):
    the means begin at 0, and the step size makes up for it, as in the end of the paper's section 2.

    Args:
        learning_rate: α, a number or a schedule.
        beta_1: β1, how much of the old mean gradient stays; in [0, 1).
        beta_2: β2, how much of the old mean square stays; in [0, 1).
        epsilon: ε, against division by 0.
        amsgrad: whether to divide by the largest v so far (Reddi, Kale and Kumar 2018).
        **kwargs: see `Optimizer`.

    >>> import tinygraph as tg
    >>> from tinygraph.nn.optimizers import Adam
    >>> w = tg.param("w", 1.0)
    >>> step = tg.compile(w * 1.0, updates=Adam(0.25).updates([w], tg.gradients(w * w, [w])))
    >>> [round(float(step()), 3) for _ in range(3)]
    [1.0, 0.75, 0.504]
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)
        self.amsgrad = amsgrad

    def slots(self) -> dict[str, float]:
        """The running means, and the largest mean square for amsgrad."""
        return super().slots() | ({"velocity_hat": 0.0} if self.amsgrad else {})

    def coefficients(self, learning_rate: Node, step: Node) -> Sequence[Node]:
        """Return the step size, α √(1 - β2^t) / (1 - β1^t)."""
        return [learning_rate * ops.sqrt(1.0 - self.beta_2**step) / (1.0 - self.beta_1**step)]

    def update(self, w: Node, g: Node, slots: Mapping[str, Node], *coefficients: Node) -> Updated:
        """Return w - step size · m / (√v + ε)."""
        (step_size,) = coefficients
        m, v = self.momentum(g, slots), self.velocity(g, slots)
        new = {"momentum": m, "velocity": v}
        if self.amsgrad:
            new["velocity_hat"] = v = ops.maximum(slots["velocity_hat"], v)
        return w - step_size * m / (ops.sqrt(v) + self.epsilon), new


@register("optimizer", "adamw")
class AdamW(Adam):
    """`Adam` with weight decay that goes past the moments (Loshchilov and Hutter 2019).

    Args:
        learning_rate: a number or a schedule.
        weight_decay: what fraction of each weight, times the learning rate, is taken off at every step.
        beta_1, beta_2, epsilon, amsgrad: see `Adam`.
        **kwargs: see `Optimizer`.

    >>> from tinygraph.nn.optimizers import AdamW
    >>> AdamW().weight_decay
    0.004
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ):
        number_in("[0, inf)", self, "weight_decay", weight_decay)
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **kwargs)
