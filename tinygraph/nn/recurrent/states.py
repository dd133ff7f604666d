"""What cells of any kind have in common, your own included: states, a step, dropout's masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn.arguments import flat, taken_by
from tinygraph.nn.layer import Layer


def state_shapes(cell: Any) -> list[Shape]:
    """Return the shape of each state of one sample, from ``state_size``: a number, a shape or a list."""
    size = cell.state_size
    several = size if isinstance(size, list) else [size]
    return [tuple(each) if isinstance(each, tuple) else (int(each),) for each in several]


def output_shape(cell: Any) -> Shape:
    """Return the shape of the output of one sample: ``output_size``, or that of the first state."""
    size = getattr(cell, "output_size", None)
    if size is None:
        return state_shapes(cell)[0]
    return size if isinstance(size, tuple) else (int(size),)


def check_cell(owner: str, cell: Any) -> None:
    """Raise `GraphError` unless ``cell`` has what a cell needs."""
    if not isinstance(cell, Layer) or not hasattr(cell, "state_size"):
        lacks = "it has no state_size" if isinstance(cell, Layer) else "for it is no layer"
        raise GraphError(
            f"{owner}: {cell!r} is no cell, {lacks}. A cell is a layer with state_size and "
            "call(inputs, states)."
        )


def masks_of(cell: Any, shape: Shape, dtype: np.dtype, training: bool) -> Any:
    """Return the dropout masks of one sequence, where the cell draws any."""
    return cell.masks(shape, dtype, training) if hasattr(cell, "masks") else None


def call_cell(
    cell: Any, x: Node, states: Sequence[Node], training: bool, masks: Any = None, constants: Any = None
) -> tuple[Node, list[Node]]:
    """Return the output and states after one step, from a cell's ``call``, given what it takes."""
    offered = {"training": training, "masks": masks, "constants": constants}
    takes = taken_by(cell.call)
    given = {name: value for name, value in offered.items() if name in takes and value is not None}
    output, after = cell.call(x, list(states), **given)
    cell.penalize(output)
    after = list(after) if isinstance(after, (list, tuple)) else [after]
    if [s.shape for s in after] != [s.shape for s in states]:
        raise GraphError(
            f"{cell.title}: expected states of {[s.shape for s in states]} after a step, "
            f"got {[s.shape for s in after]}."
        )
    return output, after


def states_first(args: Sequence[Any]) -> Sequence[Any]:
    """Return arguments by position with those of Keras 3, whose first is a list of states, in order.

    There they are (initial_state, mask, training), in Keras 2 and here (mask, training, initial_state).
    """
    first = args[0] if args else None
    if not isinstance(first, (list, tuple)) or not all(hasattr(state, "shape") for state in flat(first)):
        return args
    states, mask, training, *others = (*args, None, None)
    return [mask, training, states, *others[: len(args) - 3]]
