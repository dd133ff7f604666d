"""Models as Keras describes them: layers in a row, or layers with the calls that join them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygraph.exchange.keras import tensors
from tinygraph.exchange.keras.descriptions import described, described_layer
from tinygraph.nn.arguments import mapped, put_back
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.layer import Layer
from tinygraph.nn.layers.multi_head_attention import MultiHeadAttention
from tinygraph.nn.model import Model
from tinygraph.nn.sequential import Sequential
from tinygraph.nn.symbol import Call, Symbol

SEQUENTIAL: Mapping[str, Any] = {"module": "keras", "class_name": "Sequential", "registered_name": None}
FUNCTIONAL: Mapping[str, Any] = {
    "module": "keras.src.models.functional",
    "class_name": "Functional",
    "registered_name": "Functional",
}


def described_model(model: Graphed) -> dict[str, Any]:
    """Return the description of a model whose shapes are known."""
    model._check_built()
    if isinstance(model, Sequential):
        entry, config = SEQUENTIAL, sequential_config(model)
    else:
        entry, config = FUNCTIONAL, Graph(model).config()
    if type(model) in (Sequential, Model):
        return {**entry, "config": config}
    return described(type(model).__name__, None, config)


def sequential_config(model: Sequential) -> dict[str, Any]:
    """Return what Keras makes a Sequential model from."""
    (start,) = model.inputs
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": [described_input(start, batch_of(model)), *map(described_layer, model.layers)],
        "build_input_shape": batched(start, batch_of(model)),
    }


def batch_of(model: Graphed) -> int | None:
    """Return the size of batch that an input or a layer is made for; Keras has it at the inputs alone.

    Raises:
        ValueError: there is none, and a stateful layer, which Keras takes only with one.
    """
    size = model.batch_size or next((layer.batch_size for layer in model.family if layer.batch_size), None)
    kept = next((layer for layer in model.family if getattr(layer, "stateful", False)), None)
    if size is None and kept is not None:
        raise ValueError(
            f"{model.title}: {kept.title} is stateful, which Keras takes only for batches of one size; give "
            "the Input a batch_size, or save as .tiny."
        )
    return size


def described_input(symbol: Symbol, batch: int | None) -> dict[str, Any]:
    """Return the layer that an `Input` is in Keras."""
    config = {"batch_shape": batched(symbol, batch), "dtype": symbol.dtype.name, "name": symbol.name}
    return described("InputLayer", "layer", config) | {"module": "keras.layers", "registered_name": None}


def batched(symbol: Symbol, batch: int | None) -> list[int | None]:
    """Return the shape with the batch in front."""
    return [batch, *symbol.shape]


class Graph:
    """The calls of a model, by layer, as Keras counts them."""

    def __init__(self, model: Graphed):
        self.model, self.batch = model, batch_of(model)
        taken = {symbol.name for symbol in model.inputs} & {layer.name for layer in model.layers}
        if taken:
            raise ValueError(
                f"{model.title}: an Input and a layer are both named {min(taken)!r}, and Keras wants a name "
                "for each; give one another name."
            )
        #: where each symbol comes from
        self.tensors = {symbol: (symbol.name, 0, 0) for symbol in model.inputs}
        self.calls: dict[Layer, list[dict[str, Any]]] = {layer: [] for layer in model.layers}
        for call in model.calls:
            number = len(self.calls[call.layer])
            self.tensors |= {symbol: (call.layer.name, number, symbol.index) for symbol in call.outputs}
            self.calls[call.layer].append(self._arguments(call))

    def config(self) -> dict[str, Any]:
        """Return what Keras makes a Functional model from."""
        layers = [described_input(symbol, self.batch) | {"inbound_nodes": []} for symbol in self.model.inputs]
        layers += [described_layer(layer) | {"inbound_nodes": calls} for layer, calls in self.calls.items()]
        ends = [self._end(symbol) for symbol in self.model.outputs]
        keys = self.model.output_keys
        return {
            "name": self.model.name,
            "trainable": self.model.trainable,
            "layers": [{**entry, "name": entry["config"]["name"]} for entry in layers],
            "input_layers": _one_or_list([self._end(symbol) for symbol in self.model.inputs]),
            "output_layers": _one_or_list(ends) if keys is None else dict(zip(keys, ends, strict=True)),
        }

    def _arguments(self, call: Call) -> dict[str, Any]:
        """Return the arguments of a call."""
        own = [self._tensor(symbol) for symbol in call.own]
        apart = isinstance(call.layer, MultiHeadAttention)
        args = own if apart else [own if call.several else own[0]]
        given = put_back(call.arguments, call.extra)
        if "training" in given:
            raise ValueError(
                f"{call.layer.title}: called with training={given['training']!r}, which Keras does not keep "
                "to; call it without, or save as .tiny."
            )
        kwargs = {name: mapped(self._tensor, value) for name, value in given.items() if value is not None}
        return {"args": args, "kwargs": kwargs}

    def _tensor(self, value: Any) -> Any:
        if not isinstance(value, Symbol):
            return value
        return tensors.described(self.tensors[value], batched(value, self.batch), value.dtype.name)

    def _end(self, symbol: Symbol) -> list[Any]:
        """Return an input or an output; there Keras counts the calls of a Functional model from 1."""
        name, call, index = self.tensors[symbol]
        functional = symbol.call is not None and isinstance(symbol.call.layer, Model)
        return [name, call + functional, index]


def _one_or_list(ends: Sequence[Any]) -> Any:
    return ends[0] if len(ends) == 1 else list(ends)
