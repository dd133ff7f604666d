"""The simple, fully connected recurrence (Elman 1990): its cell, and the layer that runs it over time."""

from __future__ import annotations

from typing import ClassVar

from tinygraph.graph import Node
from tinygraph.nn import registry
from tinygraph.nn.recurrent.cell import Cell, Masks, named
from tinygraph.nn.recurrent.cell_rnn import CellRNN


@registry.register("layer")
class SimpleRNNCell(Cell):
    """One step of a `SimpleRNN`, for `RNN` and for use on its own: ``output, [h] = cell(x, [h])``.

    The arguments are those of `SimpleRNN` that say what a step computes.

    >>> import numpy as np
    >>> from tinygraph.nn import SimpleRNNCell
    >>> y, (h,) = SimpleRNNCell(4)(np.ones((2, 3)), states=[np.zeros((2, 4))])
    >>> y.shape
    (2, 4)
    """

    def step(self, x: Node, states: list[Node], masks: Masks) -> tuple[Node, list[Node]]:
        """tanh(x kernel + h recurrent_kernel + bias)."""
        (h,) = states
        z = self.product(x, self.kernel, masks[0]) + self.product(h, self.recurrent_kernel, masks[1])
        h = named("h", self.activation, z + self.bias if self.use_bias else z)
        return h, [h]


@registry.register("layer")
class SimpleRNN(CellRNN):
    """The simple recurrence h_t = tanh(x_t kernel + h_(t-1) recurrent_kernel + bias) (Elman 1990).

    Args:
        units: the number of units.
        activation: tanh by default; None for none.
        use_bias: whether there is a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights begin.
        dropout, recurrent_dropout, seed: as in `LSTM`.
        implementation: accepted, as in `LSTM`; where there is one gate, 1 and 2 are the same.

    And those of `RNN`: ``return_sequences``, ``return_state`` and so on.

    Shapes: (batch, time, features) -> (batch, units), or (batch, time, units) with ``return_sequences``.
    Weights: ``kernel`` (features, units), ``recurrent_kernel`` (units, units), ``bias`` (units).

    >>> import numpy as np
    >>> from tinygraph.nn import SimpleRNN
    >>> SimpleRNN(4, return_sequences=True)(np.ones((32, 10, 8))).shape
    (32, 10, 4)
    """

    cell_class = SimpleRNNCell
    last: ClassVar = {"seed": None}
