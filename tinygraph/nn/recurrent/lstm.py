"""The LSTM, unrolled: the textbook's step, written once for each time step in a scope of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape, scope
from tinygraph.nn import activations, registry
from tinygraph.nn.checks import flag, shown, whole_number
from tinygraph.nn.layer import Layer


@registry.register("layer")
class LSTM(Layer):
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
        return_sequences: return h of every step, not only of the last.
        return_state: return ``[output, h, c]`` with the states of the last step.

    Shapes: (batch, time, features) -> (batch, units), or (batch, time, units) with ``return_sequences``.
    Weights, with the gates in the order i, f, g, o: ``kernel`` (features, 4 units), ``recurrent_kernel``
    (units, 4 units), ``bias`` (4 units). As in Keras, `keras.layers.LSTM`.

    >>> import numpy as np
    >>> from tinygraph.nn import LSTM
    >>> [y.shape for y in LSTM(4, return_sequences=True, return_state=True)(np.ones((32, 10, 8)))]
    [(32, 10, 4), (32, 4), (32, 4)]
    """

    axes = ("time", "features")

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
        return_sequences: bool = False,
        return_state: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = whole_number(self.title, "units", units)
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias = flag(self.title, "use_bias", use_bias)
        self.kernel_initializer = registry.get("initializer", kernel_initializer)
        self.recurrent_initializer = registry.get("initializer", recurrent_initializer)
        self.bias_initializer = registry.get("initializer", bias_initializer)
        self.unit_forget_bias = flag(self.title, "unit_forget_bias", unit_forget_bias)
        self.return_sequences = flag(self.title, "return_sequences", return_sequences)
        self.return_state = flag(self.title, "return_state", return_state)

    def build(self, shape: Shape) -> None:
        """Make ``kernel``, ``recurrent_kernel`` and ``bias``."""
        gates = 4 * self.units
        self.kernel = self.add_weight("kernel", (shape[-1], gates), self.kernel_initializer)
        self.recurrent_kernel = self.add_weight(
            "recurrent_kernel", (self.units, gates), self.recurrent_initializer
        )
        if self.use_bias:
            self.bias = self.add_weight("bias", (gates,), self._initial_bias)
        self.fixed = {-1: shape[-1]}

    def _initial_bias(self, shape: Shape, dtype: Any) -> np.ndarray[Any, Any]:
        """The forget gate's block is 1 where asked for; the other blocks are the initializer's."""
        if not self.unit_forget_bias:
            return self.bias_initializer(shape, dtype=dtype)
        units = self.units
        before, after = (self.bias_initializer((n,), dtype=dtype) for n in (units, 2 * units))
        return np.concatenate([before, np.ones(units, dtype), after])

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """There is at least one time step."""
        super().check_inputs(shapes, several, batch)
        if shapes[0][0] == 0:
            raise GraphError(
                f"{self.title}: expected at least one time step, got {shown([*batch, *shapes[0]])}."
            )

    def call(self, x: Node, training: bool) -> Any:
        """Every step's h, or the last one's; with ``return_state`` the last h and c too."""
        h = c = ops.zeros((x.shape[0], self.units), dtype=x.dtype)
        sequence = []
        # Time first, so that a time step is one block of memory, and so is the stack of all.
        for t, x_t in enumerate(ops.transpose(x, axes=(1, 0, 2))):
            with scope(f"t{t}"):
                h, c = self.step(x_t, h, c)
            sequence.append(h)
        output = ops.transpose(ops.stack(sequence), axes=(1, 0, 2)) if self.return_sequences else h
        return [output, h, c] if self.return_state else output

    def step(self, x: Node, h: Node, c: Node) -> tuple[Node, Node]:
        """One step: the states (h, c) after x."""
        z = x @ self.kernel + h @ self.recurrent_kernel
        if self.use_bias:
            z = z + self.bias
        i, f, g, o = ops.split(z, 4, axis=1)
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        h = self.recurrent_activation(o) * self.activation(c)
        return h, c

    def output_shape(self, shape: Shape) -> Any:
        """(units,), or (time, units) with ``return_sequences``; then the states' (units,)."""
        state = (self.units,)
        output = (shape[0], self.units) if self.return_sequences else state
        return [output, state, state] if self.return_state else output
