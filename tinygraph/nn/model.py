"""`Model`: the Functional way, from symbols to symbols through any graph of layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygraph.graph import GraphError
from tinygraph.nn import registry, signatures
from tinygraph.nn.layer import Layer
from tinygraph.nn.layer_graph import read, written
from tinygraph.nn.symbol import Symbol, calls_before, check_names, in_order
from tinygraph.nn.training import Trainable

Symbols = Symbol | Sequence[Symbol] | Mapping[str, Symbol]


@registry.register("model")
class Model(Trainable):
    """A Functional model: from input symbols to output symbols, through any graph of layers.

    Args:
        inputs: a symbol, a list or a dict by name of symbols, made by `Input`.
        outputs: a symbol, a list or a dict of symbols that follow from them. A dict's keys name the
            outputs in losses, metrics and history, and `predict` returns a dict.

    Raises:
        GraphError: an output needs an input that is not given, an input serves no output, or two
            layers have one name.

    >>> from tinygraph.nn import Input, Model, LSTM, Dense, Concatenate
    >>> series, meta = Input((12, 1), name="series"), Input((3,), name="meta")
    >>> out = Dense(1)(Concatenate()([LSTM(8)(series), meta]))
    >>> Model([series, meta], out).output_shape(None)
    (1,)
    """

    def __init__(self, inputs: Symbols, outputs: Symbols, name: str | None = None, **kwargs: Any):
        super().__init__(name=name, **kwargs)
        self.inputs = _symbols(self, "inputs", inputs)
        self.outputs = _symbols(self, "outputs", outputs)
        self.output_keys = [str(key) for key in outputs] if isinstance(outputs, Mapping) else None
        self.calls = calls_before(self.outputs)
        # Keras takes the outputs of a dict by their sorted keys, and so come the layers and their weights.
        by_key = [outputs[key] for key in sorted(outputs)] if isinstance(outputs, Mapping) else self.outputs
        self._layers = in_order(self.calls, by_key)
        self.built = True
        self._check_connected(inputs if isinstance(inputs, Mapping) else {})
        check_names(self, self.layers, self.inputs)

    @property
    def layers(self) -> list[Layer]:
        """The layers, each once, in the order of Keras: the farthest from the outputs first."""
        return list(self._layers)

    def _check_connected(self, keys: Mapping[str, Symbol]) -> None:
        given = set(self.inputs)
        for symbol in self.inputs:
            if symbol.call is not None:
                raise GraphError(
                    f"{self.title}: expected inputs made by Input, got one made by {symbol.call.layer.title}."
                )
        for key, symbol in keys.items():
            if key != symbol.name:
                raise GraphError(
                    f"{self.title}: the Input under {key!r} is named {symbol.name!r}; use one name."
                )
        used = {s for call in self.calls for s in call.inputs} | set(self.outputs)
        for symbol in used:
            if symbol.call is None and symbol not in given:
                raise GraphError(
                    f"{self.title}: the outputs need the Input {symbol.name!r}, which is not among the "
                    f"inputs {', '.join(s.name for s in self.inputs)}; add it, or use one that is."
                )
        for symbol in self.inputs:
            if symbol not in used:
                raise GraphError(
                    f"{self.title}: the graph is disconnected: no output follows from the Input "
                    f"{symbol.name!r}. Connect it, or leave it out of the inputs."
                )

    def get_config(self) -> dict[str, Any]:
        """Return layers and calls as plain data."""
        keys = {"output_keys": self.output_keys} if self.output_keys else {}
        return keys | {
            "name": self.name,
            "trainable": self.trainable,
            "layers": [registry.serialize(layer) for layer in self.layers],
            **written(self.inputs, self.calls, self.outputs),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Model:
        """Make the model that `get_config` described, with fresh weights."""
        needed = ("name", "trainable", "inputs", "layers", "calls", "outputs")
        signatures.check_fields(cls.__name__, config, needed, ["output_keys"])
        layers: list[Layer] = [registry.deserialize(entry) for entry in config["layers"]]
        inputs, outputs = read(layers, config["inputs"], config["calls"], config["outputs"])
        named = dict(zip(config["output_keys"], outputs, strict=True)) if "output_keys" in config else outputs
        model = cls(inputs, named, name=config["name"], trainable=config["trainable"])
        used = {*model.layers}
        spare = [layer.title for layer in layers if layer not in used]
        if spare or len(model.calls) != len(config["calls"]):
            raise GraphError(f"{model.title}: no output needs {spare[0] if spare else 'one of the calls'}.")
        return model


def _symbols(model: Layer, what: str, given: Any) -> list[Symbol]:
    several = list(given.values()) if isinstance(given, Mapping) else given
    symbols = list(several) if isinstance(several, (list, tuple)) else [several]
    for symbol in symbols:
        if not isinstance(symbol, Symbol):
            raise GraphError(f"{model.title}: expected symbols as {what}, got {type(symbol).__name__}.")
    if not symbols or len(set(symbols)) != len(symbols):
        raise GraphError(f"{model.title}: expected one or more different symbols as {what}.")
    return symbols
