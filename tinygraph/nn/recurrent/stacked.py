"""`StackedRNNCells`: several cells as one, each fed by the one before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.graph import GraphError, Node, Shape, scope
from tinygraph.nn import registry
from tinygraph.nn.arguments import flat
from tinygraph.nn.layer import Layer
from tinygraph.nn.recurrent.states import call_cell, masks_of, output_shape, state_shapes


@registry.register("layer")
class StackedRNNCells(Layer):
    """Several cells as one cell: the output of each is the input of the next.

    Args:
        cells: a list of cells.

    >>> import numpy as np
    >>> from tinygraph.nn import RNN, GRUCell, LSTMCell, StackedRNNCells
    >>> RNN(StackedRNNCells([LSTMCell(4), GRUCell(3)]))(np.ones((2, 5, 1))).shape
    (2, 3)
    """

    def __init__(self, cells: Sequence[Any], **kwargs: Any):
        super().__init__(**kwargs)
        if not isinstance(cells, (list, tuple)) or not cells:
            raise GraphError(f"{self.title}: expected a list of cells, got {cells!r}.")
        self.cells = [registry.get("layer", cell) for cell in cells]
        self.float = self.float if self.dtype else np.result_type(*(cell.float for cell in self.cells))

    @property
    def sublayers(self) -> list[Layer]:
        """The cells."""
        return self.cells

    @property
    def state_size(self) -> list[Shape]:
        """The states of all cells, one after another."""
        return [shape for cell in self.cells for shape in state_shapes(cell)]

    @property
    def output_size(self) -> Shape:
        """That of the last cell."""
        return output_shape(self.cells[-1])

    def nested(self, states: Sequence[Any]) -> list[list[Any]]:
        """Return the states of all cells as a list for each cell."""
        rest = list(states)
        return [[rest.pop(0) for _ in state_shapes(cell)] for cell in self.cells]

    def output_shape(self, shape: Shape) -> list[Any]:
        """That of the output, then those of the states."""
        return [self.output_size, self.state_size]

    def build(self, shape: Shape) -> None:
        """Build each cell for the outputs of the one before."""
        for cell in self.cells:
            cell.ensure_built(shape)
            shape = output_shape(cell)

    def masks(self, shape: Shape, dtype: np.dtype, training: bool) -> list[Any]:
        """The dropout masks of one sequence, for each cell."""
        drawn = []
        for cell in self.cells:
            drawn.append(masks_of(cell, shape, dtype, training))
            shape = (shape[0], *output_shape(cell))
        return drawn

    def call(
        self, x: Node, states: Sequence[Node], training: bool = False, masks: Any = None
    ) -> tuple[Node, list[Node]]:
        """One step of every cell."""
        after: list[Node] = []
        for k, (cell, own) in enumerate(zip(self.cells, self.nested(flat(states)), strict=True)):
            with scope(cell.name):
                x, new = call_cell(cell, x, own, training, masks[k] if masks else None)
            after += new
        return x, after
