"""`RNN`: a layer that runs a cell over time. Direction, states and masks stand here, for all cells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape, scope
from tinygraph.nn import registry
from tinygraph.nn.arguments import flat, mapped
from tinygraph.nn.checks import check_mask, flag
from tinygraph.nn.layer import Layer
from tinygraph.nn.masks import chosen, truth, with_axes
from tinygraph.nn.recurrent.stacked import StackedRNNCells
from tinygraph.nn.recurrent.stateful import LastingStates
from tinygraph.nn.recurrent.states import (
    call_cell,
    check_cell,
    masks_of,
    output_shape,
    state_shapes,
    states_first,
)
from tinygraph.nn.recurrent.unroll import time_first, unroll
from tinygraph.nn.tracing import current_trace


@registry.register("layer")
class RNN(Layer):
    """Runs a cell over time: output_t, states_t = cell(x_t, states_(t-1)), written out for every step.

    Args:
        cell: a cell, a list of cells to be stacked, or your own: a layer with ``state_size`` and
            ``call(inputs, states)``, which returns the output and a list of states. If it has
            ``get_initial_state(batch_size)``, that says the states before the first step. What it computes
            in a `tinygraph.scope`, such as ``with tg.scope("gate"):``, has that name in drawings.
        return_sequences: return the output of every step, not only of the last.
        return_state: return ``[output, *states]`` with the states after the last step.
        go_backwards: run from the last time step to the first; a returned sequence is in that order.
        stateful: begin each batch with the states that the batch before left, sample by sample; all
            batches are then of one size. `reset_states` sets the states back.
        unroll: accepted so that scripts for Keras run: every graph is unrolled here.
        zero_output_for_mask: output 0 at masked steps, instead of the output before.
        time_major: the inputs, the mask and a returned sequence have time first, then the batch. That is for
            calls on arrays and nodes; in a model axis 0 has the samples.

    A call takes ``initial_state``, a list of arrays, nodes or symbols; ``mask``, truth values (batch, time);
    and ``constants``, a list of values that the cell gets at every step.

    >>> import numpy as np
    >>> from tinygraph.nn import RNN, GRUCell, LSTMCell
    >>> RNN([LSTMCell(4), GRUCell(3)], return_sequences=True)(np.ones((2, 5, 1))).shape
    (2, 5, 3)
    """

    least_axes = 2

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        *,
        time_major: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.cell = StackedRNNCells(cell) if isinstance(cell, (list, tuple)) else registry.get("layer", cell)
        check_cell(self.title, self.cell)
        self.float = self.float if self.dtype else self.cell.float
        self.return_sequences = flag(self.title, "return_sequences", return_sequences)
        self.return_state = flag(self.title, "return_state", return_state)
        self.go_backwards = flag(self.title, "go_backwards", go_backwards)
        self.stateful = flag(self.title, "stateful", stateful)
        self.lasting = LastingStates(self.title, self.name, self.batch_size)
        self.zero_output_for_mask = flag(self.title, "zero_output_for_mask", zero_output_for_mask)
        self.unroll = flag(self.title, "unroll", unroll)
        self.time_major = flag(self.title, "time_major", time_major)
        self.carries_mask = self.return_sequences

    @property
    def sublayers(self) -> list[Layer]:
        """The cell."""
        return [self.cell]

    def _named(self, args: Sequence[Any]) -> dict[str, Any]:
        return super()._named(states_first(args))

    def build(self, shape: Shape) -> None:
        """Build the cell for one time step."""
        with scope(self.name):
            self.cell.ensure_built(shape[1:])
        self.fixed = {axis + 1: size for axis, size in enumerate(shape[1:])}

    def call(
        self,
        x: Node,
        mask: Node | None = None,
        training: bool = False,
        initial_state: Any = None,
        constants: Sequence[Node] | None = None,
    ) -> Any:
        """The output of every step, or of the last; with ``return_state`` the last states too."""
        if mask is not None:
            check_mask(self, mask, x.shape[:2])
        # Time first, so that a time step is one block of memory, and so is the stack of all.
        x = self._turned(self.cell.typed(0, x))
        if not x.shape[0]:
            raise GraphError(f"{self.title}: expected at least one time step, got none.")
        counts = None if mask is None else with_axes(self._turned(truth(mask)), 3)  # of the states, mostly
        if counts is not None:
            x = chosen(counts, x, ops.zeros((), x.dtype))  # or padding that is not finite spoils gradients
        steps, masks = list(x), None if counts is None else list(counts)
        drawn = masks_of(self.cell, steps[0].shape, x.dtype, training)
        step = partial(self._step, training=training, drawn=drawn, constants=constants)
        states = self._initial(steps[0], initial_state)
        unrolled = unroll(
            step, steps, states, masks, backwards=self.go_backwards, zero_output=self.zero_output_for_mask
        )
        current_trace().unrolled.append((self, unrolled))
        outputs, states = unrolled.outputs, list(unrolled.states[-1])
        if self.stateful:
            self.lasting.after(states)
        output = self._turned(ops.stack(outputs)) if self.return_sequences else outputs[-1]
        result = [output, *self._nested(states)] if self.return_state else output
        return mapped(partial(self.typed, 0), result)

    def _turned(self, x: Node) -> Node:
        """x, (batch, time, ...), with time first; and back."""
        return x if self.time_major else time_first(x)

    def _nested(self, states: list[Any]) -> list[Any]:
        """The states as the cell has them: a list for each of several cells."""
        return self.cell.nested(states) if isinstance(self.cell, StackedRNNCells) else states

    def _step(
        self, x: Node, states: list[Node], *, training: bool, drawn: Any, constants: Any
    ) -> tuple[Node, list[Node]]:
        return call_cell(self.cell, x, states, training, drawn, constants)

    def _initial(self, x: Node, given: Any) -> list[Node]:
        """The states before the step of inputs x: those given, those of the batch before, or zeros."""
        shapes = [(x.shape[0], *shape) for shape in state_shapes(self.cell)]
        kept = self.lasting.before(shapes, x.dtype) if self.stateful else None
        if given is None and kept is not None:
            return kept
        if given is None and hasattr(self.cell, "get_initial_state"):
            made = flat(self.cell.get_initial_state(batch_size=x.shape[0]))
            given = [state if isinstance(state, Node) else ops.constant(state) for state in made]
        if given is None:
            zeros = {shape: ops.zeros(shape, dtype=x.dtype) for shape in shapes}
            return [zeros[shape] for shape in shapes]
        states = flat(given)
        found = [state.shape if isinstance(state, Node) else type(state).__name__ for state in states]
        if found != shapes:
            expected, came = (", ".join(map(str, each)) for each in (shapes, found))
            raise GraphError(f"{self.title}: expected an initial_state of {expected}, got {came}.")
        return [s if s.dtype == x.dtype else ops.cast(s, dtype=x.dtype) for s in states]

    def trace(
        self,
        x: Any,
        mask: Any = None,
        training: bool = False,
        initial_state: Any = None,
        constants: Any = None,
    ) -> dict[str, Any]:
        """Return what the cell computes at every time step of ``x``: an array (batch, time, ...) by name.

        Cells name their gates and states: i, f, g, o, c, h of an LSTM, z, r, g, h of a GRU. A cell of your
        own does so by computing each in a scope, ``with tg.scope("gate"):``; a state without one is called
        ``state0``, and those of cells among several ``<cell>/h``. States are those after the step: where a
        mask is False, those before it, and gates see zeros. Time is that of ``x``, also with
        ``go_backwards``.

        Nothing is trained, and no state moves on. The arguments are those of a call.

        >>> import numpy as np
        >>> from tinygraph.nn import LSTM
        >>> found = LSTM(4).trace(np.ones((2, 5, 3)))
        >>> {name: array.shape for name, array in found.items() if name in "ch"}
        {'c': (2, 5, 4), 'h': (2, 5, 4)}
        >>> bool(np.allclose(found["h"], found["o"] * np.tanh(found["c"])))
        True
        """
        from tinygraph.viz.traces import trace

        given = {"mask": mask, "initial_state": initial_state, "constants": constants}
        found = trace(self, x, training, **{name: v for name, v in given.items() if v is not None})
        return found[self]

    def reset_states(self, states: Sequence[Any] | None = None) -> None:
        """Set the states of a stateful layer back to zero, or to ``states``, arrays (batch, ...)."""
        if not self.stateful:
            raise GraphError(f"{self.title}.reset_states: the layer is not stateful.")
        self.lasting.reset(states)

    reset_state = reset_states  # Keras 3 has this name

    def output_shape(self, shape: Shape) -> Any:
        """The output's shape, with time in front with ``return_sequences``; then those of the states."""
        self.ensure_built(shape)  # before that some cells do not know their states
        states, last = state_shapes(self.cell), output_shape(self.cell)
        output = (shape[0], *last) if self.return_sequences else last
        return [output, *self._nested(states)] if self.return_state else output

    def check_batch_sizes(self, sizes: Collection[int]) -> None:
        """Those of a stateful layer are all one."""
        if not self.stateful:
            super().check_batch_sizes(sizes)
        elif not self.time_major:
            self.lasting.check(sizes)

    def check_batch_size(self, size: int) -> None:
        """The states see to it, if they last: another size will do after a reset."""
        if not self.stateful:
            super().check_batch_size(size)
