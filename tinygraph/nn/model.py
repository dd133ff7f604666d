"""`Model`: a graph of layers from inputs to outputs; it is a layer itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.graph import Graph, GraphError, Node, Shape
from tinygraph.nn import registry
from tinygraph.nn.layer import Layer
from tinygraph.nn.symbol import Call, Input, Symbol, calls_before, sample_shape
from tinygraph.nn.tracing import Trace
from tinygraph.nn.training import Trainable
from tinygraph.ops import Parameter, input

Symbols = Symbol | Sequence[Symbol] | Mapping[str, Symbol]


class Graphed(Trainable, Layer):
    """What `Model` and `Sequential` share: a layer graph, its weights, and its lowering to ops."""

    inputs: list[Symbol]
    outputs: list[Symbol]
    calls: list[Call]

    @property
    def layers(self) -> list[Layer]:
        """The layers, each once, in the order of Keras: from the inputs on, by distance to the outputs."""
        return _in_order(self.calls, self.outputs)

    @property
    def weights(self) -> list[Parameter]:
        """The parameter nodes of all layers: trainable and not, layer by layer."""
        return _unique(weight for layer in self.layers for weight in layer.weights)

    @property
    def trainable_weights(self) -> list[Parameter]:
        """The parameter nodes that training changes."""
        if not self.trainable:
            return []
        return _unique(weight for layer in self.layers for weight in layer.trainable_weights)

    @property
    def non_trainable_weights(self) -> list[Parameter]:
        """The parameter nodes that training leaves alone."""
        trained = set(self.trainable_weights)
        return [weight for weight in self.weights if weight not in trained]

    @property
    def several_inputs(self) -> bool:  # type: ignore[override]
        """Whether the model takes a list of inputs."""
        return len(self.inputs) > 1

    def call(self, x: Any, training: bool) -> Any:
        """Lower every layer in turn."""
        nodes = x if isinstance(x, list) else [x]
        values = dict(zip(self.inputs, nodes, strict=True))
        for call in self.calls:
            sources = [values[symbol] for symbol in call.inputs]
            arguments = {"training": training} | dict(call.arguments)
            result = call.layer.lower(sources if call.several else sources[0], **arguments)
            values.update(zip(call.outputs, result if isinstance(result, list) else [result], strict=True))
        results = [values[symbol] for symbol in self.outputs]
        return results if len(results) > 1 else results[0]

    def output_shape(self, shape: Any) -> Any:
        """The shapes of the outputs."""
        shapes: list[Any] = [symbol.shape for symbol in self.outputs]
        return shapes if len(shapes) > 1 else shapes[0]

    def trace(self, batch: int, training: bool = False) -> Graph:
        """Return the op graph for a batch of so many samples: every dimension is a number.

        >>> from tinygraph.nn import Sequential, Dense
        >>> Sequential([Dense(2, input_shape=(3,))]).trace(batch=4).count()
        {'add': 1, 'input': 1, 'matmul': 1, 'param': 2}
        """
        with Trace(training) as trace:
            results = self.lowered(self.input_nodes(batch), training)
        return Graph(results, trace.updates)

    def input_nodes(self, batch: int) -> list[Node]:
        """Return an input node for each input, for a batch of so many samples."""
        return [input(s.name, (batch, *s.shape), dtype=s.dtype) for s in self.inputs]

    def lowered(self, nodes: list[Node], training: bool) -> dict[str, Node]:
        """Return the outputs by name, as nodes, for the inputs as nodes; in the trace that is open."""
        result = self.call(nodes if len(nodes) > 1 else nodes[0], training)
        return dict(zip(self.output_names, result if isinstance(result, list) else [result], strict=True))

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs, after the layers that make them; numbered where one makes several."""
        used = Counter(symbol.name for symbol in self.outputs)
        seen: Counter[str] = Counter()
        names = []
        for symbol in self.outputs:
            seen[symbol.name] += 1
            names.append(symbol.name if used[symbol.name] == 1 else f"{symbol.name}_{seen[symbol.name] - 1}")
        return names

    def get_layer(self, name: str) -> Layer:
        """Return the layer of this name; raises ValueError with a suggestion."""
        names = {layer.name: layer for layer in self.layers}
        if name not in names:
            raise ValueError(f"{self.title}: no layer {name!r}{registry.did_you_mean(name, names)}.")
        return names[name]


@registry.register("model")
class Model(Graphed):
    """A Functional model: from input symbols to output symbols, through any graph of layers.

    Args:
        inputs: a symbol, a list or a dict of symbols, made by `Input`.
        outputs: a symbol, a list or a dict of symbols that follow from them.

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
        self.calls = calls_before(self.outputs)
        self.built = True
        self._check_connected()
        _check_names(self, self.layers, self.inputs)

    def _check_connected(self) -> None:
        given = set(self.inputs)
        made = [symbol for symbol in self.inputs if symbol.call is not None]
        if made:
            raise GraphError(f"{self.title}: the input {made[0].name!r} is no Input but a layer's output.")
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
                    f"{self.title}: the graph is disconnected: no output follows from the Input {symbol.name!r}."
                )

    def get_config(self) -> dict[str, Any]:
        """Return layers and calls as plain data."""
        names = {symbol: ["input", k] for k, symbol in enumerate(self.inputs)}
        for k, call in enumerate(self.calls):
            names |= {symbol: ["call", k, symbol.index] for symbol in call.outputs}
        return {
            "name": self.name,
            "trainable": self.trainable,
            "inputs": [[s.name, list(s.shape), s.dtype.name] for s in self.inputs],
            "layers": [registry.serialize(layer) for layer in self.layers],
            "calls": [
                {
                    "layer": call.layer.name,
                    "inputs": [names[s] for s in call.inputs],
                    "several": call.several,
                    "arguments": registry.plain(call.arguments),
                }
                for call in self.calls
            ],
            "outputs": [names[s] for s in self.outputs],
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Model:
        """Make the model that `get_config` described, with fresh weights."""
        inputs = [Input(tuple(shape), name, dtype) for name, shape, dtype in config["inputs"]]
        layers = {entry["config"]["name"]: registry.deserialize(entry) for entry in config["layers"]}
        results: list[list[Symbol]] = []

        def symbol(key: Sequence[Any]) -> Symbol:
            return inputs[key[1]] if key[0] == "input" else results[key[1]][key[2]]

        for call in config["calls"]:
            sources = [symbol(key) for key in call["inputs"]]
            result = layers[call["layer"]](sources if call["several"] else sources[0], **call["arguments"])
            results.append(result if isinstance(result, list) else [result])
        outputs = [symbol(key) for key in config["outputs"]]
        return cls(inputs, outputs, name=config["name"], trainable=config["trainable"])


@registry.register("model")
class Sequential(Graphed):
    """Layers one after another. ``add`` returns the model, so that calls can be chained.

    Without an ``input_shape`` in the first layer it is built at the first ``fit``, or by ``build(shape)``.

    >>> from tinygraph.nn import Sequential, LSTM, Dense
    >>> model = Sequential().add(LSTM(64, input_shape=(10, 32))).add(Dense(10, activation="softmax"))
    >>> model.count_params()
    25482
    """

    def __init__(self, layers: Sequence[Any] | None = None, name: str | None = None, **kwargs: Any):
        super().__init__(name=name, **kwargs)
        self.stack: list[Layer] = []
        self.inputs, self.outputs, self.calls = [], [], []
        for layer in layers or []:
            self.add(layer)

    def add(self, layer: Any) -> Sequential:
        """Put a layer, or first of all an `Input`, at the end, and return the model.

        If the layer does not fit, the model stays as it was.
        """
        if isinstance(layer, Symbol):
            return self._begin(layer)
        if not isinstance(layer, Layer):
            raise TypeError(
                f"{self.title}: expected a layer to add, got {layer!r}; write Dense(8), not Dense."
            )
        _check_names(self, [*self.stack, layer], [])
        if not self.inputs and not self.stack and layer.input_shape is not None:
            self._begin(self._input(layer, layer.input_shape))
        if self.outputs:
            self._connect(layer)
        self.stack.append(layer)
        return self

    def build(self, shape: Any) -> None:
        """Make the weights for samples of ``shape``, the batch axis left out."""
        if not self.stack:
            raise GraphError(f"{self.title}: there is no layer to build; add one first.")
        if self.inputs:
            return
        self.inputs = [self._input(self.stack[0], sample_shape(shape, self.title))]
        self.outputs = list(self.inputs)
        try:
            for layer in self.stack:
                self._connect(layer)
        except ValueError:
            self.inputs, self.outputs, self.calls = [], [], []
            raise
        self.built = True

    def _begin(self, symbol: Symbol) -> Sequential:
        if self.inputs or self.stack or symbol.call is not None:
            raise GraphError(f"{self.title}: an Input can only come first.")
        self.inputs, self.outputs, self.built = [symbol], [symbol], True
        return self

    def _input(self, first: Layer, shape: Shape) -> Symbol:
        return Input(shape, dtype=first.input_dtype or first.dtype)

    def _connect(self, layer: Layer) -> None:
        source = self.outputs[0] if len(self.outputs) == 1 else self.outputs
        result = layer(source)
        self.outputs = result if isinstance(result, list) else [result]
        call = self.outputs[0].call
        assert call is not None
        self.calls.append(call)

    @property
    def layers(self) -> list[Layer]:
        """The layers in the order in which they were added."""
        return list(self.stack)

    @property
    def several_inputs(self) -> bool:  # type: ignore[override]
        """A Sequential model takes one input."""
        return False

    def get_config(self) -> dict[str, Any]:
        """Return the layers as plain data, and the input's shape where it is known."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "layers": [registry.serialize(layer) for layer in self.stack],
            "input": [[s.name, list(s.shape), s.dtype.name] for s in self.inputs],
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Sequential:
        """Make the model that `get_config` described, with fresh weights."""
        model = cls(name=config["name"], trainable=config["trainable"])
        for name, shape, dtype in config["input"]:
            model.add(Input(tuple(shape), name, dtype))
        for layer in config["layers"]:
            model.add(registry.deserialize(layer))
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


def _check_names(model: Layer, layers: Sequence[Layer], inputs: Sequence[Symbol]) -> None:
    names = Counter([layer.name for layer in dict.fromkeys(layers)])
    twice = [name for name, count in names.items() if count > 1]
    twice += [name for name, count in Counter(s.name for s in inputs).items() if count > 1]
    if twice or len(set(layers)) != len(layers):
        name = twice[0] if twice else Counter(layers).most_common(1)[0][0].name
        raise GraphError(f"{model.title}: two layers are named {name!r}; give one another name.")


def _in_order(calls: Sequence[Call], outputs: Sequence[Symbol]) -> list[Layer]:
    """The layers by their longest distance to an output, farthest first; then as they were called."""
    depth: dict[Call, int] = {}
    for call in reversed(calls):
        depth.setdefault(call, 0)
        for symbol in call.inputs:
            if symbol.call is not None:
                depth[symbol.call] = max(depth.get(symbol.call, 0), depth[call] + 1)
    farthest: dict[Layer, int] = {}
    for call in calls:
        farthest[call.layer] = max(farthest.get(call.layer, 0), depth[call])
    return sorted(farthest, key=lambda layer: -farthest[layer])


def _unique(weights: Any) -> list[Parameter]:
    return list(dict.fromkeys(weights))
