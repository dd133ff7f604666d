"""Cells as ONNX has them: which activations it can name, and its order of gates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.nn.recurrent.cell import Cell
from tinygraph.nn.recurrent.gru import GRUCell
from tinygraph.nn.recurrent.lstm import LSTMCell
from tinygraph.nn.recurrent.simple import SimpleRNNCell

Array = np.ndarray[Any, Any]

#: activation -> its name in ONNX, alpha and beta where it has them. Softplus is not here: that of
#: onnxruntime's recurrences is infinite from 89 on.
ACTIVATIONS: dict[Any, tuple[str, float | None, float | None]] = {
    ops.tanh: ("Tanh", None, None),
    ops.sigmoid: ("Sigmoid", None, None),
    ops.relu: ("Relu", None, None),
    ops.linear: ("Affine", 1.0, 0.0),
    ops.hard_sigmoid: ("HardSigmoid", 1.0 / 6.0, 0.5),
    ops.leaky_relu: ("LeakyRelu", 0.2, None),
    ops.elu: ("Elu", 1.0, None),
    ops.softsign: ("Softsign", None, None),
}

#: cell -> ONNX' operator, and where its blocks of gates stand among ours
OPERATORS: dict[type[Cell], tuple[str, Sequence[int]]] = {
    LSTMCell: ("LSTM", (0, 3, 1, 2)),  # i, f, g, o -> i, o, f, c
    GRUCell: ("GRU", (0, 1, 2)),  # z, r, g: the same
    SimpleRNNCell: ("RNN", (0,)),
}


def activations_of(cell: Any) -> list[Any]:
    """The activations in ONNX' order: those of gates, then that of what enters, for an LSTM that of c too."""
    counts = {LSTMCell: 2, GRUCell: 1, SimpleRNNCell: 1}[type(cell)]
    gates = [cell.recurrent_activation] if cell.gates > 1 else []
    return [*gates, *[cell.activation] * counts]


def nameable(cell: Any) -> bool:
    """Whether an operator of ONNX computes what the cell does, in a dtype that runtimes have it in."""
    if type(cell) not in OPERATORS or cell.float != np.float32:
        return False
    return all(_hashable(each) and each in ACTIVATIONS for each in activations_of(cell))


def _hashable(thing: Any) -> bool:
    return type(thing).__hash__ is not None


def activation_attributes(cells: Sequence[Cell]) -> dict[str, list[Any]]:
    """The attributes ``activations``, and alpha and beta of those that have them, in order."""
    each = [ACTIVATIONS[activation] for cell in cells for activation in activations_of(cell)]
    alphas, betas = (
        [value for value in values if value is not None] for values in [*zip(*each, strict=True)][1:]
    )
    found: dict[str, list[Any]] = {"activations": [name for name, *_ in each]}
    return (
        found
        | ({"activation_alpha": alphas} if alphas else {})
        | ({"activation_beta": betas} if betas else {})
    )


def weights_of(cells: Sequence[Any]) -> dict[str, Array]:
    """W (directions, gates units, features), R (directions, gates units, units) and B, of x then of h."""
    found = {
        "W": np.stack([_rows(cell, cell.kernel.value) for cell in cells]),
        "R": np.stack([_rows(cell, cell.recurrent_kernel.value) for cell in cells]),
    }
    if any(cell.use_bias for cell in cells):
        found["B"] = np.stack([_biases(cell) for cell in cells])
    return found


def _rows(cell: Any, columns: Array) -> Array:
    """(n, gates units) with the gates in our order as (gates units, n) in that of ONNX."""
    blocks = np.split(columns, cell.gates, axis=-1)
    return np.concatenate([blocks[k] for k in OPERATORS[type(cell)][1]], axis=-1).T


def _biases(cell: Any) -> Array:
    columns = cell.gates * cell.units
    both = np.zeros((2, columns), cell.float)
    if cell.use_bias:
        both[: cell.bias.value.size // columns] = cell.bias.value.reshape(-1, columns)
    return np.concatenate([_rows(cell, row) for row in both], axis=-1)
