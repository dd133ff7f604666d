"""The LSTM: its cell, the textbook's step, and the layer that runs it over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from tinygraph import ops
from tinygraph.graph import Node, Shape, scope
from tinygraph.nn import activations, registry
from tinygraph.nn.checks import flag
from tinygraph.nn.recurrent.cell import Array, Cell, Masks, named
from tinygraph.nn.recurrent.cell_rnn import CellRNN


@registry.register("layer")
class LSTMCell(Cell):
    """One step of an LSTM, for `RNN` and for use on its own: ``output, [h, c] = cell(x, [h, c])``.

    The arguments are those of `LSTM` that say what a step computes.

    >>> import numpy as np
    >>> from tinygraph.nn import LSTMCell
    >>> y, (h, c) = LSTMCell(4)(np.ones((2, 3)), states=[np.zeros((2, 4)), np.zeros((2, 4))])
    >>> y.shape, c.shape
    ((2, 4), (2, 4))
    """

    gates = 4

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        *args: Any,
        **kwargs: Any,
    ):
        initializers = (kernel_initializer, recurrent_initializer, bias_initializer)
        super().__init__(units, activation, use_bias, *initializers, *args, **kwargs)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = flag(self.title, "unit_forget_bias", unit_forget_bias)

    @property
    def state_size(self) -> list[int]:
        """h and c."""
        return [self.units, self.units]

    def initial_bias(self, shape: Shape, dtype: Any) -> Array:
        """The forget gate's block is 1 where asked for; the other blocks are the initializer's."""
        if not self.unit_forget_bias:
            return super().initial_bias(shape, dtype)
        before, after = (super(LSTMCell, self).initial_bias((n * self.units,), dtype) for n in (1, 2))
        return np.concatenate([before, np.ones(self.units, dtype), after])

    def step(self, x: Node, states: list[Node], masks: Masks) -> tuple[Node, list[Node]]:
        """One step of the equations that `LSTM` shows."""
        h, c = states
        z = self.product(x, self.kernel, masks[0])
        z = (z + self.bias if self.use_bias else z) + self.product(h, self.recurrent_kernel, masks[1])
        return self.gated(ops.split(z, 4, axis=1), c)

    def gated(self, gates: Sequence[Node], c: Node) -> tuple[Node, list[Node]]:
        """The output h, and h and c as states, from the gates before their activations and the c before."""
        sigma, tanh = self.recurrent_activation, self.activation
        i, f, g, o = map(named, "ifgo", (sigma, sigma, tanh, sigma), gates)
        with scope("c"):
            c = f * c + i * g
        with scope("h"):
            h = o * tanh(c)
        return h, [h, c]


@registry.register("layer")
class LSTM(CellRNN):
    """Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000).

        i, f, g, o = split(x_t kernel + h_(t-1) recurrent_kernel + bias)
        c_t = σ(f) c_(t-1) + σ(i) tanh(g)
        h_t = σ(o) tanh(c_t)

    Args:
        units: the number of cells.
        activation: of g and of c, tanh by default; None for none.
        recurrent_activation: of the gates i, f and o, the sigmoid σ by default.
        use_bias: whether the gates have a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights begin.
        unit_forget_bias: whether the forget gate's bias begins at 1 (Jozefowicz et al. 2015).
        dropout: the fraction of the inputs that training drops, the same ones at every step.
        recurrent_dropout: likewise of h, for each gate others, before it meets ``recurrent_kernel``.
        seed: of dropout; by default one follows from `tinygraph.set_seed`.
        implementation: with 1 each gate drops inputs of its own even without recurrent dropout.
        use_cudnn: ``"auto"``, True or False: accepted so that scripts for Keras run; every graph takes the
            same path.

    And those of `RNN`: ``return_sequences``, ``return_state`` and so on.

    Shapes: (batch, time, features) -> (batch, units), or (batch, time, units) with ``return_sequences``.
    Weights, with the gates in the order i, f, g, o: ``kernel`` (features, 4 units), ``recurrent_kernel``
    (units, 4 units), ``bias`` (4 units). As in Keras, `keras.layers.LSTM`.

    >>> import numpy as np
    >>> from tinygraph.nn import LSTM
    >>> [y.shape for y in LSTM(4, return_sequences=True, return_state=True)(np.ones((32, 10, 8)))]
    [(32, 10, 4), (32, 4), (32, 4)]
    """

    cell_class = LSTMCell
    last: ClassVar = {"use_cudnn": "auto"}
