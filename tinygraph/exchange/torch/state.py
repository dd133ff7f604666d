"""`load_state_dict` and `state_dict`: the weights of a model or layer as PyTorch names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.exchange.torch.forms import Entry
from tinygraph.exchange.torch.matching import Modules, check, in_order, named_entries, units_of
from tinygraph.nn.arrays import on_host
from tinygraph.nn.checks import array_problem
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.layer import Layer

Array = np.ndarray[Any, Any]
#: a count beside BatchNorm's running statistics, which nothing here has
_COUNT = "num_batches_tracked"


def state_dict(thing: Layer, modules: Modules | None = None) -> dict[str, Array]:
    """Return the weights of a model or layer as arrays, by the names that PyTorch has for them.

    In PyTorch: ``module.load_state_dict({name: torch.from_numpy(a) for name, a in arrays.items()})``.
    LSTM, GRU, SimpleRNN, Bidirectional, Dense, Embedding, the convolutions, LayerNormalization and
    BatchNormalization have a form there. The module must have the same options: ``eps`` is here ``epsilon``,
    1e-3 if not given; activations of layers are modules or functions of their own.

    Args:
        thing: a model whose layers are called as the modules are, ``{"lstm.weight_ih_l0": ...}``, or one
            layer, whose names have nothing in front.
        modules: PyTorch's name of each module -> the name of the layer here, or a list of the layers that
            are one recurrent module with ``num_layers``. A layer of a model in a model is ``"inner.dense"``.

    The one bias of an LSTM or SimpleRNN becomes ``bias_ih``, and ``bias_hh`` is 0; PyTorch adds both.

    Raises:
        ValueError: layers without weights yet, or without a form in PyTorch; ``modules`` that do not fit.

    >>> from tinygraph import nn
    >>> from tinygraph.exchange import torch
    >>> model = nn.Sequential([nn.LSTM(4, input_shape=(5, 3), name="lstm"), nn.Dense(1, name="head")])
    >>> {name: a.shape for name, a in torch.state_dict(model, {"rnn": "lstm", "fc": "head"}).items()}
    {'rnn.weight_ih_l0': (16, 3), 'rnn.weight_hh_l0': (16, 4), 'rnn.bias_ih_l0': (16,),
     'rnn.bias_hh_l0': (16,), 'fc.weight': (1, 4), 'fc.bias': (1,)}
    """
    units = units_of(thing)
    if modules is None:
        modules = {name: name for name in units} if isinstance(thing, Graphed) else {"": thing.name}
    return _arrays(named_entries(thing, units, modules))


def load_state_dict(thing: Layer, state_dict: Mapping[str, Any], modules: Modules | None = None) -> None:
    """Give a model or layer the weights of a PyTorch state dict, such as ``module.state_dict()``.

    Modules are taken for layers in order, a recurrent module with ``num_layers`` for as many layers. A
    parameter may be a tensor on any device, or an array, as of `safetensors.numpy.load_file`.

    Args:
        thing: a model, or one layer of it for the weights of one module.
        state_dict: the weights by PyTorch's names. ``num_batches_tracked`` of BatchNorm is left out.
        modules: where the order does not say it; see `state_dict`.

    The two biases of an LSTM or SimpleRNN are added up.

    Raises:
        ValueError: names that are missing or left over, weights of other shapes, layers that PyTorch does
            not have; the weights stay as they were.

    >>> from tinygraph import nn
    >>> from tinygraph.exchange import torch
    >>> layer = nn.Dense(2, input_shape=(3,)); layer.ensure_built((3,))
    >>> torch.load_state_dict(layer, {"weight": [[1, 2, 3], [4, 5, 6]], "bias": [0, 1]})
    >>> layer([[1.0, 0.0, 0.0]]).tolist()
    [[1.0, 5.0]]
    """
    if not isinstance(state_dict, Mapping) or not all(isinstance(name, str) for name in state_dict):
        raise TypeError(f"load_state_dict: expected arrays by name, got {type(state_dict).__name__}.")
    names = [name for name in state_dict if name.rpartition(".")[2] != _COUNT]
    given = {name: _array(state_dict[name], name) for name in names}
    units = units_of(thing)
    modules = in_order(thing, units, given) if modules is None else modules
    entries = named_entries(thing, units, modules)
    check(thing, given, _arrays(entries), modules)
    values = [(e.weight, e.here(*(given[name] for name in e.names))) for e in entries]
    for weight, value in values:
        weight.assign(value)


def _arrays(entries: Sequence[Entry]) -> dict[str, Array]:
    """What PyTorch would have: arrays by name."""
    return {
        name: array
        for entry in entries
        for name, array in zip(entry.names, entry.there(entry.weight.value), strict=True)
    }


def _array(value: Any, name: str) -> Array:
    """A tensor of PyTorch, or whatever else holds numbers, as an array."""
    if hasattr(value, "detach"):  # a tensor that is trained, on a device or in a type that NumPy has not
        value = value.detach().cpu()
        value = value.float() if "bfloat16" in str(value.dtype) else value
    array = on_host(value, f"load_state_dict: {name}")
    if problem := array_problem(array):
        raise ValueError(f"load_state_dict: {name}: expected numbers, got {problem}.")
    return array
