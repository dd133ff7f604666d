"""`Sequential`: layers one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygraph.graph import GraphError, Shape
from tinygraph.nn import registry, signatures
from tinygraph.nn.arguments import flat
from tinygraph.nn.checks import flag
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.latest import building
from tinygraph.nn.layer import Layer
from tinygraph.nn.symbol import Input, Symbol, check_names, described, sample_shape
from tinygraph.nn.training import Trainable


@registry.register("model")
class Sequential(Trainable):
    """Layers one after another. ``add`` returns the model, so that calls can be chained; ``|`` is the same.

    Without an ``input_shape`` in the first layer it is built at the first ``fit``, or by ``build(shape)``.

    >>> from tinygraph.nn import Sequential, LSTM, Dense
    >>> model = Sequential().add(LSTM(64, input_shape=(10, 32))).add(Dense(10, activation="softmax"))
    >>> model.count_params()
    25482
    >>> piped = Sequential() | LSTM(64, input_shape=(10, 32)) | Dense(10, activation="softmax")
    >>> piped.count_params()
    25482
    """

    def __init__(self, layers: Sequence[Any] | None = None, name: str | None = None, **kwargs: Any):
        super().__init__(name=name, **kwargs)
        self.stack: list[Layer] = []
        self.inputs, self.outputs, self.calls = [], [], []
        if not isinstance(layers, (list, tuple, type(None))):
            raise TypeError(f"{self.title}: expected a list of layers, got {layers!r}.")
        for layer in layers or []:
            self.add(layer)

    def add(self, layer: Any) -> Sequential:
        """Put a layer, or first of all an `Input`, at the end, and return the model.

        If the layer does not fit, the model stays as it was.
        """
        if isinstance(layer, Symbol):
            return self._begin(layer)
        return self._extend([layer])

    def _extend(self, layers: Sequence[Any]) -> Sequential:
        """Put layers at the end, all of them or none."""
        for layer in layers:
            if not isinstance(layer, Layer):
                raise TypeError(
                    f"{self.title}: expected a layer to add, got {layer!r}; write Dense(8), not Dense."
                )
        check_names(self, [*self.stack, *layers], [])
        shape = self._known_shape(layers[0]) if layers else None
        if self.inputs:
            self._chain(layers)
        elif not self.stack and shape is not None:
            self._chain(layers, self._input(layers[0], shape))
        self.stack += layers
        return self

    def pop(self, rebuild: bool = True) -> Layer:
        """Take the last layer away, and return it. The others keep their weights.

        Args:
            rebuild: whether the model is ready at once; else `build`, the first `fit` or a call makes it so.

        Raises:
            ValueError: there is no layer.

        >>> from tinygraph.nn import Sequential, Dense
        >>> model = Sequential([Dense(4, input_shape=(3,)), Dense(2)])
        >>> model.pop().units, model.output_shape(None)
        (2, (4,))
        """
        if not self.stack:
            raise ValueError(f"{self.title}.pop: there is no layer to take away.")
        rebuild = flag(f"{self.title}.pop", "rebuild", rebuild)
        layer, start = self.stack.pop(), self.inputs
        self.inputs, self.outputs, self.calls, self.built = [], [], [], False
        self.forget_programs()
        if rebuild and start:
            self._chain(self.stack, start[0])
        return layer

    def __or__(self, layer: Any) -> Sequential:
        """``model | layer``: the layer added, a model as well."""
        return self.add(layer)

    def build(self, shape: Any) -> None:
        """Make the weights for samples of ``shape``, the batch axis left out."""
        if not self.stack:
            raise GraphError(f"{self.title}: there is no layer to build; add one first.")
        with building:
            if self.inputs:  # perhaps another thread was first
                return
            with self._whole_or_not_at_all():
                self._chain(self.stack, self._input(self.stack[0], sample_shape(shape, self.title)))

    def _unbuild(self) -> None:
        super()._unbuild()
        self.inputs, self.outputs, self.calls = [], [], []

    def _begin(self, symbol: Symbol) -> Sequential:
        if self.inputs or self.stack or symbol.call is not None:
            raise GraphError(f"{self.title}: an Input can only come first.")
        self._chain([], symbol)
        return self

    def _known_shape(self, first: Layer) -> Shape | None:
        """The shape of one sample, where the first layer or this model says it."""
        inner = first.inputs[0].shape if isinstance(first, Graphed) and first.inputs else None
        return first.input_shape or inner or self.input_shape

    def _input(self, first: Layer, shape: Shape) -> Symbol:
        inner = first.inputs[0].dtype.name if isinstance(first, Graphed) and first.inputs else None
        return Input(shape, dtype=inner or first.input_dtype or first.float.name)

    def _chain(self, layers: Sequence[Layer], start: Symbol | None = None) -> None:
        """Call the layers on the outputs, or from ``start`` on; the model changes only if all of them fit."""
        outputs, calls = ([start], []) if start is not None else (self.outputs, [*self.calls])
        for layer in layers:
            result = layer(outputs[0] if len(outputs) == 1 else outputs)
            outputs = flat(result)
            calls += (symbol.call for symbol in outputs[:1] if symbol.call is not None)
        self.outputs, self.calls, self.built = outputs, calls, True
        self.forget_programs()
        self.inputs = self.inputs if start is None else [start]  # last, as other threads look at it

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
            "input": [described(symbol) for symbol in self.inputs],
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Sequential:
        """Make the model that `get_config` described, with fresh weights."""
        signatures.check_fields(cls.__name__, config, ("name", "trainable", "layers", "input"))
        model = cls(name=config["name"], trainable=config["trainable"])
        for each in config["input"]:
            model.add(Input(**each))
        return model._extend([registry.deserialize(layer) for layer in config["layers"]])
