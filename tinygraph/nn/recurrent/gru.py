"""The GRU: its cell, in both forms, and the layer that runs it over time."""

from __future__ import annotations

from typing import Any, ClassVar

from tinygraph import ops
from tinygraph.graph import Node, Shape, scope
from tinygraph.nn import activations, registry
from tinygraph.nn.checks import flag
from tinygraph.nn.recurrent.cell import Cell, Masks, dropped, named
from tinygraph.nn.recurrent.cell_rnn import CellRNN


@registry.register("layer")
class GRUCell(Cell):
    """One step of a GRU, for `RNN` and for use on its own: ``output, [h] = cell(x, [h])``.

    The arguments are those of `GRU` that say what a step computes.

    >>> import numpy as np
    >>> from tinygraph.nn import GRUCell
    >>> y, (h,) = GRUCell(4)(np.ones((2, 3)), states=[np.zeros((2, 4))])
    >>> y.shape
    (2, 4)
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ):
        initializers = (kernel_initializer, recurrent_initializer, bias_initializer)
        regularizers = (kernel_regularizer, recurrent_regularizer, bias_regularizer)
        constraints = (kernel_constraint, recurrent_constraint, bias_constraint)
        weights = (*initializers, *regularizers, *constraints)
        super().__init__(units, activation, use_bias, *weights, dropout, recurrent_dropout, seed, **kwargs)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = flag(self.title, "reset_after", reset_after)

    @property
    def bias_shape(self) -> Shape:
        """With ``reset_after`` the products with h have a bias of their own, in the second row."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def step(self, x: Node, states: list[Node], masks: Masks) -> tuple[Node, list[Node]]:
        """One step of the equations that `GRU` shows."""
        (h,) = states
        sigma = self.recurrent_activation
        a = self.product(x, self.kernel, masks[0])
        if self.use_bias:
            a = a + (self.bias[0] if self.reset_after else self.bias)
        a_z, a_r, a_g = ops.split(a, 3, axis=1)
        if self.reset_after:
            b = self.product(h, self.recurrent_kernel, masks[1])
            b_z, b_r, b_g = ops.split(b + self.bias[1] if self.use_bias else b, 3, axis=1)
            z, r = map(named, "zr", (sigma, sigma), (a_z + b_z, a_r + b_r))
            g = named("g", self.activation, a_g + r * b_g)
        else:
            two, last = ops.split(self.recurrent_kernel, [2 * self.units, self.units], axis=1)
            mask = masks[1]
            of_two, of_last = (mask, mask) if mask is None or mask.ndim == h.ndim else (mask[:2], mask[2])
            b_z, b_r = ops.split(self.product(h, two, of_two), 2, axis=1)
            z, r = map(named, "zr", (sigma, sigma), (a_z + b_z, a_r + b_r))
            g = named("g", self.activation, a_g + (r * dropped(h, of_last)) @ last)
        with scope("h"):
            h = z * h + (1.0 - z) * g
        return h, [h]


@registry.register("layer")
class GRU(CellRNN):
    """Gated recurrent unit (Cho et al. 2014).

        z, r = σ(split(x_t kernel + h_(t-1) recurrent_kernel + bias))
        g = tanh(x_t kernel_g + r (h_(t-1) recurrent_kernel_g))     with reset_after, as cuDNN
        g = tanh(x_t kernel_g + (r h_(t-1)) recurrent_kernel_g)     without, as in the paper
        h_t = z h_(t-1) + (1 - z) g

    Args:
        units: the number of units.
        activation: of g, tanh by default; None for none.
        recurrent_activation: of the gates z and r, the sigmoid σ by default.
        use_bias: whether the gates have a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights begin.
        dropout, recurrent_dropout, seed, implementation: as in `LSTM`; the path z h is not dropped.
        reset_after: whether r acts after the product with h, or before.
        use_cudnn: accepted, as in `LSTM`; every graph takes the same path.

    And those of `RNN`: ``return_sequences``, ``return_state`` and so on.

    Shapes: (batch, time, features) -> (batch, units), or (batch, time, units) with ``return_sequences``.
    Weights, in the order z, r, g: ``kernel`` (features, 3 units), ``recurrent_kernel`` (units, 3 units),
    ``bias`` (2, 3 units) with ``reset_after``, else (3 units). As in Keras, `keras.layers.GRU`.

    >>> import numpy as np
    >>> from tinygraph.nn import GRU
    >>> GRU(4)(np.ones((32, 10, 8))).shape
    (32, 4)
    """

    cell_class = GRUCell
    last: ClassVar = {"reset_after": True, "use_cudnn": "auto"}
