"""Operations that only ONNX has: what a layer becomes where it stays one node. They are never run here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.graph import Node, Shape
from tinygraph.nn.recurrent.cell import Cell


class Whole:
    """A kind of node that is known by its name alone; `tinygraph.exchange.onnx.emit` says what it becomes."""

    def __init__(self, name: str):
        self.name = name

    def __call__(
        self, inputs: Sequence[Node], shape: Shape, dtype: np.dtype | None = None, **attrs: Any
    ) -> Node:
        """Make one, of the dtype of its first input unless another is said."""
        return Node(self, tuple(inputs), attrs, shape, inputs[0].dtype if dtype is None else dtype)


recurrence_op, picked_op = Whole("recurrence"), Whole("picked")
order_op, taken_op = Whole("order"), Whole("taken")
conv_op, pool_op = Whole("conv"), Whole("pool")


def recurrence(
    x: Node, counts: Node | None, states: Sequence[Node], cells: Sequence[Cell], backwards: Sequence[bool]
) -> list[Node]:
    """Return what ONNX' RNN, GRU and LSTM give: Y (time, directions, batch, units), then the last states.

    Args:
        x: (time, batch, features).
        counts: how many steps of each sample count, from the first on; None for all.
        states: those before the first step, (directions, batch, units) each; none for zeros.
        cells: one for each direction.
        backwards: for each direction whether it runs from the last step to the first.
    """
    given = [x, *([] if counts is None else [counts]), *states]
    last = (len(cells), x.shape[1], cells[0].units)
    node = recurrence_op(
        given, (), cells=tuple(cells), backwards=tuple(backwards), counted=counts is not None
    )
    shapes = [(x.shape[0], *last), *[last] * len(cells[0].state_size)]
    return [picked_op([node], shape, x.dtype, index=index) for index, shape in enumerate(shapes)]


def order(mask: Node) -> Node:
    """For each row of a mask (batch, time), the steps that count in their order, then the others."""
    return order_op([mask], mask.shape, np.dtype("int64"))


def taken(x: Node, steps: Node) -> Node:
    """The steps of x, (batch, time, ...), that each row of ``steps``, (batch, time), names."""
    return taken_op([x, steps], (*steps.shape, *x.shape[2:]))
