"""The convolutional LSTM: its cell, and the layers that run it over sequences of signals, images, volumes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygraph import ops
from tinygraph.graph import Node, Shape
from tinygraph.nn import registry
from tinygraph.nn.checks import whole_number
from tinygraph.nn.layers.convolution import Convolving
from tinygraph.nn.recurrent.cell import Masks, dropped
from tinygraph.nn.recurrent.cell_rnn import CellRNN
from tinygraph.nn.recurrent.lstm import LSTMCell
from tinygraph.nn.spatial import from_channels_last, to_channels_last


class ConvLSTMCell(Convolving, LSTMCell):
    """An `LSTMCell` whose products are convolutions: the base of `ConvLSTM1DCell` and so on."""

    settled = ("units", "implementation")

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
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
        super().__init__(
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            whole_number(type(self).__name__.removesuffix("Cell"), "filters", filters),
            activation,
            recurrent_activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            unit_forget_bias,
            *args,
            implementation=1,  # each gate has its own masks, as in Keras
            **kwargs,
        )
        self.filters = self.units
        self.window = self.kernel_size
        self.state_shape: Shape = ()

    @property
    def state_size(self) -> list[Any]:
        """The shapes of h and c, which follow from that of the inputs: known once the cell is built."""
        return [self.state_shape, self.state_shape]

    def build(self, shape: Shape) -> None:
        """Make the weights, and find the shape of the states."""
        self.state_shape = self.convolved_shape(shape, self.filters)
        super().build((shape[self.channel_axis],))
        self.fixed = dict(enumerate(shape))

    def step(self, x: Node, states: list[Node], masks: Masks) -> tuple[Node, list[Node]]:
        """One step of the equations that `ConvLSTM2D` shows."""
        h, c = states
        z = gate_by_gate(self.convolved, x, self.kernel, masks[0])
        z = z + gate_by_gate(self._convolved_state, h, self.recurrent_kernel, masks[1])
        if self.use_bias:
            z = z + self.bias
        gates = ops.split(z, 4, axis=-1)
        return self.gated([from_channels_last(gate, self.data_format) for gate in gates], c)

    def _convolved_state(self, h: Node, kernel: Node) -> Node:
        return ops.conv(to_channels_last(h, self.data_format), kernel, padding="same")


def gate_by_gate(convolved: Callable[[Node, Node], Node], x: Node, kernel: Node, masks: Node | None) -> Node:
    """x * kernel for all gates, with dropout's masks on x; as `Cell.product`."""
    if masks is None or masks.ndim == x.ndim:
        return convolved(dropped(x, masks), kernel)
    filters = ops.split(kernel, len(masks), axis=-1)
    return ops.concat([convolved(x * mask, part) for mask, part in zip(masks, filters, strict=True)], axis=-1)


@registry.register("layer")
class ConvLSTM1DCell(ConvLSTMCell):
    """One step of a `ConvLSTM1D`, for `RNN` and for use on its own: ``output, [h, c] = cell(x, [h, c])``."""

    rank = 1


@registry.register("layer")
class ConvLSTM2DCell(ConvLSTMCell):
    """One step of a `ConvLSTM2D`, for `RNN` and for use on its own: ``output, [h, c] = cell(x, [h, c])``.

    >>> import numpy as np
    >>> from tinygraph.nn import ConvLSTM2DCell
    >>> x, h = np.ones((2, 8, 8, 1)), np.zeros((2, 6, 6, 4))
    >>> y, (h, c) = ConvLSTM2DCell(4, 3)(x, states=[h, h])
    >>> y.shape
    (2, 6, 6, 4)
    """

    rank = 2


@registry.register("layer")
class ConvLSTM3DCell(ConvLSTMCell):
    """One step of a `ConvLSTM3D`, for `RNN` and for use on its own: ``output, [h, c] = cell(x, [h, c])``."""

    rank = 3


@registry.register("layer")
class ConvLSTM1D(CellRNN):
    """An LSTM over sequences of signals. All is as in `ConvLSTM2D`, with one axis of space.

    Shapes: (batch, time, length, channels) -> (batch, new length, filters), or with time in front of it
    (batch, time, new length, filters) with ``return_sequences``.

    >>> import numpy as np
    >>> from tinygraph.nn import ConvLSTM1D
    >>> ConvLSTM1D(4, 3)(np.ones((2, 5, 8, 1))).shape
    (2, 6, 4)
    """

    cell_class = ConvLSTM1DCell


@registry.register("layer")
class ConvLSTM2D(CellRNN):
    """An LSTM over sequences of images: its products are convolutions (Shi et al. 2015).

        i, f, g, o = split(x_t * kernel + h_(t-1) * recurrent_kernel + bias)
        c_t = σ(f) c_(t-1) + σ(i) tanh(g)
        h_t = σ(o) tanh(c_t)

    As in Keras the gates do not see c, which they do in the paper.

    Args:
        filters: the number of filters of each gate, which are the channels of h and c.
        kernel_size, strides, padding, data_format, dilation_rate: of the convolution of the inputs, as in
            `Conv2D`. That of h has strides of 1, no dilation and padding "same", so that h keeps its shape.
        activation, recurrent_activation, use_bias, kernel_initializer, recurrent_initializer,
            bias_initializer, unit_forget_bias: as in `LSTM`.
        dropout, recurrent_dropout, seed: as in `LSTM`; each gate drops others.

    And those of `RNN`: ``return_sequences``, ``return_state`` and so on.

    Shapes: (batch, time, height, width, channels) -> (batch, new height, new width, filters), or with time in
    front with ``return_sequences``; with ``data_format="channels_first"`` the channels stand before the
    height. Weights, with the gates in the order i, f, g, o: ``kernel`` (kernel_size.., channels, 4 filters),
    ``recurrent_kernel`` (kernel_size.., filters, 4 filters), ``bias`` (4 filters). As in Keras,
    `keras.layers.ConvLSTM2D`.

    >>> import numpy as np
    >>> from tinygraph.nn import ConvLSTM2D
    >>> ConvLSTM2D(4, 3, padding="same", return_sequences=True)(np.ones((2, 5, 8, 8, 1))).shape
    (2, 5, 8, 8, 4)
    """

    cell_class = ConvLSTM2DCell


@registry.register("layer")
class ConvLSTM3D(CellRNN):
    """An LSTM over sequences of volumes. All is as in `ConvLSTM2D`, with three axes of space.

    Shapes: (batch, time, depth, height, width, channels) -> (batch, new depth, new height, new width,
    filters), or with time in front with ``return_sequences``.

    >>> import numpy as np
    >>> from tinygraph.nn import ConvLSTM3D
    >>> ConvLSTM3D(4, 2)(np.ones((2, 5, 4, 4, 4, 1))).shape
    (2, 3, 3, 3, 4)
    """

    cell_class = ConvLSTM3DCell
