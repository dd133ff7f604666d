"""`Cell`: one step of a recurrence. What cells share stands here once: weights, gates and dropout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.defaults import next_seed
from tinygraph.graph import Node, Shape, scope
from tinygraph.nn import activations, constraints, registry, regularizers
from tinygraph.nn.checks import flag, whole_number
from tinygraph.nn.layer import Layer
from tinygraph.nn.ranges import number_in
from tinygraph.nn.recurrent.states import state_shapes
from tinygraph.nn.tracing import current_trace, next_stream

Array = np.ndarray[Any, Any]

#: The dropout masks of a sequence: of the inputs and of the recurrent state. None is for none; where each
#: gate has its own, they stand along a first axis.
Masks = tuple[Node | None, Node | None]


class Cell(Layer):
    """The base of cells with ``units``: ``call(inputs, states, masks)`` is one step.

    A subclass says how many ``gates`` its kernels have, what its states are (``state_size``) and what a
    step computes: the output and the states after it.
    """

    axes: tuple[str, ...] = ("features",)
    #: how many blocks of ``units`` columns the kernels have
    gates = 1
    #: the axes of the kernels before those of the inputs and the columns: that of a convolution has some
    window: Shape = ()

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
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
        seed: int | None = None,
        *,
        implementation: int = 2,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = whole_number(self.title, "units", units)
        self.activation = activations.get(activation)
        self.use_bias = flag(self.title, "use_bias", use_bias)
        self.kernel_initializer = registry.get("initializer", kernel_initializer)
        self.recurrent_initializer = registry.get("initializer", recurrent_initializer)
        self.bias_initializer = registry.get("initializer", bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = number_in("[0, 1]", self, "dropout", dropout)
        self.recurrent_dropout = number_in("[0, 1]", self, "recurrent_dropout", recurrent_dropout)
        if implementation not in (1, 2):
            raise ValueError(f"{self.title}: implementation must be 1 or 2, got {implementation!r}.")
        self.implementation = implementation
        self.seed = next_seed() if seed is None else whole_number(self.title, "seed", seed, least=0)
        with scope(self.name):
            self.drawn = ops.counter("drawn")

    @property
    def title(self) -> str:
        """As that of the layer which runs the cell: ``LSTM 'enc'``."""
        return f"{type(self).__name__.removesuffix('Cell')} {self.name!r}"

    @property
    def state_size(self) -> list[int]:
        """The size of each state of one sample."""
        return [self.units]

    def output_shape(self, shape: Shape) -> list[Any]:
        """That of the output, then those of the states."""
        states = state_shapes(self)
        return [states[0], states]

    def build(self, shape: Shape) -> None:
        """Make ``kernel``, ``recurrent_kernel`` and ``bias``."""
        columns = self.gates * self.units
        self.kernel = self.add_weight("kernel", (*self.window, shape[-1], columns))
        self.recurrent_kernel = self.add_weight(
            "recurrent_kernel",
            (*self.window, self.units, columns),
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight("bias", self.bias_shape, self.initial_bias)
        self.fixed = {-1: shape[-1]}

    @property
    def bias_shape(self) -> Shape:
        """One element for each column of the kernels."""
        return (self.gates * self.units,)

    def initial_bias(self, shape: Shape, dtype: Any) -> Array:
        """How the bias begins."""
        return np.asarray(self.bias_initializer(shape, dtype=dtype))

    def call(
        self, x: Node, states: Sequence[Node], training: bool = False, masks: Masks | None = None
    ) -> tuple[Node, list[Node]]:
        """One step. Without ``masks``, those of one sequence, dropout draws some for this step."""
        return self.step(x, list(states), masks or self.masks(x.shape, x.dtype, training))

    def step(self, x: Node, states: list[Node], masks: Masks) -> tuple[Node, list[Node]]:
        """The output for inputs x after ``states``, and the states then."""
        raise NotImplementedError(f"{type(self).__name__} must define step(self, x, states, masks).")

    def masks(self, shape: Shape, dtype: np.dtype, training: bool) -> Masks:
        """Draw the dropout masks of one sequence, for steps whose inputs have this shape and dtype.

        As in Keras: one mask of the inputs serves all gates, unless there is recurrent dropout or
        ``implementation`` is 1; then each gate has its own mask of the inputs and its own of the state.
        """
        if not training:
            return None, None
        each = self.gates > 1 and (self.recurrent_dropout > 0 or self.implementation == 1)
        gates = (self.gates,) if each else ()
        state = (shape[0], *state_shapes(self)[0])
        stream = 2 * next_stream(self.drawn)
        return (
            self._mask((*gates, *shape), self.dropout, stream, dtype, len(gates)),
            self._mask((*gates, *state), self.recurrent_dropout, stream + 1, dtype, len(gates)),
        )

    def _mask(self, shape: Shape, rate: float, stream: int, dtype: Any, axis: int) -> Node | None:
        """The mask of the samples, which are at ``axis``."""
        if not rate or (rate == 1.0 and self.gates > 1):  # as Keras: dropping all of it drops nothing
            return None
        how: dict[str, Any] = {"seed": self.seed, "stream": stream, "dtype": dtype}
        return ops.dropout_mask(self.drawn, shape, rate, rows=current_trace().rows, axis=axis, **how)

    def product(self, x: Node, kernel: Node, mask: Node | None) -> Node:
        """x kernel for all gates, with dropout's mask on x.

        Where each gate has a mask of its own there is a product for each, all of them in one call, so that
        h_(t-1) * mask is multiplied only with the gate's own columns of the kernel.
        """
        if mask is None or mask.ndim == x.ndim:
            return dropped(x, mask) @ kernel
        gates, (features, columns) = len(mask), kernel.shape
        blocks = ops.transpose(ops.reshape(kernel, shape=(features, gates, columns // gates)), axes=(1, 0, 2))
        parts = dropped(x, mask) @ blocks  # (gates, batch, units)
        return ops.reshape(ops.transpose(parts, axes=(1, 0, 2)), shape=(len(x), columns))


def named(name: str, activation: Callable[[Node], Node], z: Node) -> Node:
    """activation(z), in a scope of its name within the step, so that drawings know a gate by it.

    An activation that is none does not leave z outside of it. The slope of a sigmoid is made of y alone.
    """
    with scope(name):
        y = ops.sigmoid(z, slope_of_y=True) if activation is ops.sigmoid else activation(z)
        return y if y is not z else z.op(*z.inputs, **z.attrs)


def dropped(x: Node, mask: Node | None) -> Node:
    """x times a mask, where there is one."""
    return x if mask is None else x * mask
