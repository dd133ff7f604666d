"""How the weights of each layer stand in PyTorch: under which names, with which axes and order of gates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tinygraph import ops
from tinygraph.nn.layer import Layer
from tinygraph.nn.layers.batch_normalization import BatchNormalization
from tinygraph.nn.layers.convolution import Conv1D, Conv2D, Conv3D
from tinygraph.nn.layers.core import Dense, Embedding
from tinygraph.nn.layers.normalization import LayerNormalization
from tinygraph.nn.recurrent.bidirectional import Bidirectional
from tinygraph.nn.recurrent.gru import GRUCell
from tinygraph.nn.recurrent.lstm import LSTMCell
from tinygraph.nn.recurrent.rnn import RNN
from tinygraph.nn.recurrent.simple import SimpleRNNCell
from tinygraph.nn.recurrent.stacked import StackedRNNCells
from tinygraph.nn.recurrent.time_distributed import TimeDistributed
from tinygraph.nn.registry import name_of
from tinygraph.ops import Parameter

Array = np.ndarray[Any, Any]


class Entry(NamedTuple):
    """One weight here, and the arrays that it is in PyTorch: one, or two biases."""

    weight: Parameter
    names: tuple[str, ...]
    #: from the weight's value to PyTorch's arrays, and back
    there: Callable[[Array], Sequence[Array]]
    here: Callable[..., Array]


#: which of PyTorch's blocks each of our gates is: i, f, g, o of i, f, g, o and z, r, g of r, z, n
GATES: dict[type, tuple[int, ...]] = {LSTMCell: (0, 1, 2, 3), GRUCell: (1, 0, 2), SimpleRNNCell: (0,)}

#: our weights by PyTorch's names for them
NAMES: dict[type, dict[str, str]] = {
    **{kind: {"weight": "kernel", "bias": "bias"} for kind in (Dense, Conv1D, Conv2D, Conv3D)},
    Embedding: {"weight": "embeddings"},
    LayerNormalization: {"weight": "gamma", "bias": "beta"},
    BatchNormalization: {
        "weight": "gamma",
        "bias": "beta",
        "running_mean": "moving_mean",
        "running_var": "moving_variance",
    },
}
KNOWN = "LSTM, GRU, SimpleRNN, RNN of their cells, Bidirectional of these, TimeDistributed, " + ", ".join(
    kind.__name__ for kind in NAMES
)


def depth_of(layer: Layer) -> int:
    """How many layers of one recurrent module of PyTorch a layer is; 0 if it is no recurrent one."""
    return len(_rows(layer)) if isinstance(layer, (RNN, Bidirectional)) else 0


def entries_of(layers: Sequence[Layer]) -> Iterator[Entry]:
    """The weights of layers that are one module of PyTorch: several are one that has ``num_layers``.

    Raises:
        ValueError: layers that PyTorch does not have, or not as one module.
    """
    if all(map(depth_of, layers)):
        rows = [row for layer in layers for row in _rows(layer)]
        if len({(len(row), type(cell), getattr(cell, "units", 0)) for row in rows for cell in row}) > 1:
            titles = ", ".join(layer.title for layer in layers)
            raise ValueError(f"{titles}: one module of PyTorch has layers of one kind, size and direction.")
        for depth, row in enumerate(rows):
            for cell, direction in zip(row, ("", "_reverse"), strict=False):
                yield from _of_cell(cell, f"_l{depth}{direction}")
    elif len(layers) > 1:
        titles = ", ".join(layer.title for layer in layers)
        raise ValueError(f"{titles}: only recurrent layers can be one module of PyTorch together.")
    elif type(layers[0]) in GATES:
        yield from _of_cell(layers[0], "")
    else:
        yield from _of_layer(layers[0])


def _rows(layer: Layer) -> list[list[Any]]:
    """The cells of a recurrent layer: a row for each layer in PyTorch, a cell for each direction."""
    if isinstance(layer, Bidirectional):
        return [[layer.forward.cell, layer.backward.cell]]
    cell = layer.cell  # type: ignore[attr-defined]
    return [[each] for each in cell.cells] if isinstance(cell, StackedRNNCells) else [[cell]]


def _of_cell(cell: Any, end: str) -> Iterator[Entry]:
    """The weights of one cell; ``end`` is that of PyTorch's names, as in weight_ih_l0."""
    if type(cell) not in GATES:
        raise ValueError(f"{cell.title}: PyTorch has no such cell; there are LSTM, GRU and SimpleRNN.")
    _check_equations(cell)
    order = GATES[type(cell)]

    def there(columns: Array) -> Array:
        return np.ascontiguousarray(_reordered(columns, np.argsort(order)).T)

    def here(rows: Array) -> Array:
        return _reordered(rows.T, order)

    yield Entry(cell.kernel, (f"weight_ih{end}",), lambda kernel: [there(kernel)], here)
    yield Entry(cell.recurrent_kernel, (f"weight_hh{end}",), lambda kernel: [there(kernel)], here)
    if not cell.use_bias:
        return
    names = (f"bias_ih{end}", f"bias_hh{end}")
    if isinstance(cell, GRUCell):
        yield Entry(
            cell.bias, names, lambda b: [there(b[0]), there(b[1])], lambda *b: np.stack([*map(here, b)])
        )
    else:
        yield Entry(cell.bias, names, lambda b: [there(b), np.zeros_like(b)], lambda x, h: here(x) + here(h))


def _reordered(columns: Array, order: Any) -> Array:
    """The gates' blocks of columns in another order."""
    blocks = np.split(columns, len(order), axis=-1)
    return np.concatenate([blocks[k] for k in order], axis=-1)


def _check_equations(cell: Any) -> None:
    """PyTorch's cells have one form: raise ValueError for another."""
    wanted: dict[str, tuple[Any, ...]] = {"activation": (ops.tanh,)}
    if isinstance(cell, SimpleRNNCell):
        wanted["activation"] = (ops.tanh, ops.relu)
    else:
        wanted["recurrent_activation"] = (ops.sigmoid,)
    if isinstance(cell, GRUCell):
        wanted["reset_after"] = (True,)
    for name, values in wanted.items():
        if (value := getattr(cell, name)) not in values:
            came, known = (name_of(v) if callable(v) else str(v) for v in (value, values[0]))
            raise ValueError(f"{cell.title}: PyTorch has no {name} {came} here; it has {known}.")


def _of_layer(layer: Layer) -> Iterator[Entry]:
    """The weights of a layer that is no recurrent one."""
    while isinstance(layer, TimeDistributed):
        layer = layer.layer
    if type(layer) not in NAMES:
        raise ValueError(f"{layer.title}: its weights have no form in PyTorch; there are {KNOWN}.")
    _check_affine(layer)
    for name, ours in NAMES[type(layer)].items():
        weight = getattr(layer, ours, None)
        if weight is not None:
            axes = _axes(weight.ndim) if ours == "kernel" else tuple(range(weight.ndim))
            yield Entry(
                weight, (name,), partial(_transposed, axes), partial(np.transpose, axes=np.argsort(axes))
            )


def _axes(count: int) -> tuple[int, ...]:
    """Where PyTorch takes each axis of a kernel from: outputs, inputs, then those of space."""
    return (count - 1, count - 2, *range(count - 2))


def _transposed(axes: Sequence[int], value: Array) -> list[Array]:
    return [np.ascontiguousarray(value.transpose(axes))]


def _check_affine(layer: Any) -> None:
    """Raise ValueError for a normalization that PyTorch does not have."""
    both = getattr(layer, "center", False) == getattr(layer, "scale", False)
    if isinstance(layer, LayerNormalization) and layer.rms_scaling:
        raise ValueError(f"{layer.title}: PyTorch has no rms_scaling of this form.")
    if not both and (layer.center or isinstance(layer, BatchNormalization)):
        raise ValueError(
            f"{layer.title}: PyTorch has weight and bias or neither; give scale and center alike."
        )
