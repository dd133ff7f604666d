"""`Writer`: goes through a model's layers and notes the lines of ``predict``, the calls and the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinygraph.compile import compile
from tinygraph.exchange.script.code import as_code
from tinygraph.exchange.script.lines import Line, Use, Value, Weights, mentioned
from tinygraph.exchange.script.names import path_part, unlike
from tinygraph.exchange.script.own import changes_what_it_computes
from tinygraph.graph import Node
from tinygraph.nn.arguments import flat, put_back
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.layer import Layer
from tinygraph.nn.registry import snake_case
from tinygraph.ops import Parameter

Array = np.ndarray[Any, Any]

#: writes the call of a layer: ``(writer, layer, inputs, arguments) -> value or list of values``
LayerWriter = Callable[["Writer", Any, Any, dict[str, Any]], Any]

#: layer class -> how it is written
WRITERS: dict[type, LayerWriter] = {}


def writes(*classes: type) -> Callable[[LayerWriter], LayerWriter]:
    """Declare how layers of these classes, and of classes made of them, are written."""

    def declare(function: LayerWriter) -> LayerWriter:
        WRITERS.update(dict.fromkeys(classes, function))
        return function

    return declare


class Writer:
    """What a script is made of, as it is found layer by layer.

    ``owner`` is who messages name.
    """

    def __init__(self, owner: str):
        self.owner = owner
        self.lines: list[Line] = []
        self.arrays: dict[str, Array] = {}
        self.known: dict[int, Value | Use] = {}
        self.paths: dict[Layer, str] = {}
        self.within: list[str] = []
        #: how comments call the first axis
        self.batch = "batch"
        #: what values of their own are called
        self.own = "h"
        self.stateful = False
        #: masks that are made of several, by their code
        self.joined: dict[str, Value] = {}

    # What the writers of layers use.

    def value(self, shape: Any, dtype: Any, name: str | None = None, mask: Value | None = None) -> Value:
        """Return a new value; ``shape`` is that of a sample, or None if it is not worth a comment."""
        made = Value(
            None if shape is None else tuple(shape), np.dtype(dtype), name, mask, self.batch, self.own
        )
        self.known[made.number] = made
        return made

    def let(
        self,
        code: Any,
        like: Value,
        shape: Any = None,
        dtype: Any = None,
        name: str | None = None,
        joins: bool = False,
    ) -> Value:
        """Write ``value = code`` and return the value; what is not said is as in ``like``.

        It takes the place of ``like``, unless it ``joins`` several values.
        """
        value = self.value(shape, like.dtype if dtype is None else dtype, name)
        self.write([value], code, None if joins else like)
        return value

    def write(self, targets: list[Value], code: Any, main: Value | None) -> None:
        """Write a line for these values; ``main`` is the one whose place the first takes."""
        reads = [thing for thing in mentioned(str(code), self.known) if isinstance(thing, Value)]
        self.lines.append(Line(targets, str(code), main, reads))

    def call(
        self, function: Callable[..., Any], *values: Any, weights: Weights | None = None, **options: Any
    ) -> Use:
        """Return a call of one of the `functions`, for use in code; an option of None is left out."""
        texts = {name: as_code(value) for name, value in options.items() if value is not None}
        use = Use(function, [str(value) for value in values], weights, texts)
        self.known[use.number] = use
        return use

    def weights(self, layer: Layer, **arrays: Any) -> Weights:
        """Store arrays under the layer's name; those that are None are left out."""
        path = self.path(layer)
        named = {name: array_of(array) for name, array in arrays.items() if array is not None}
        self.arrays |= {f"{path}/{name}": array for name, array in named.items()}
        return Weights(path, list(named))

    def typed(self, layer: Layer, index: int, value: Value) -> Value:
        """Return an input in the dtype that the layer wants, as `Layer.typed`."""
        whole, wanted = value.dtype.kind != "f", layer.wanted(index)
        if value.dtype == wanted or (whole and (layer.keeps_integers or wanted.kind == value.dtype.kind)):
            return value
        cast = self.let(f"{value}.astype(np.{wanted.name})", value, dtype=wanted)
        cast.shape, cast.mask, cast.name = value.shape, value.mask, None
        return cast

    def truth(self, mask: Value | None) -> Value | None:
        """Return a mask as truth values."""
        if mask is None or mask.dtype.kind == "b":
            return mask
        return self.let(f"{mask} != 0", mask, mask.shape, bool, "mask")

    def refuse(self, layer: Layer, why: str) -> ValueError:
        """Return the error that says why a layer cannot be written."""
        return ValueError(f"{self.owner}: {layer.title} {why}")

    # Going through layers.

    def lower(self, layer: Layer, x: Any, **arguments: Any) -> Any:
        """Write the use of a layer on a value or a list of them; return its results, in a list if several."""
        with self._inside(layer):
            inputs = [self.typed(layer, k, value) for k, value in enumerate(flat(x))]
            shapes = [value.shape for value in inputs]
            layer.ensure_built(shapes if isinstance(x, list) else shapes[0])
            if layer.takes("mask") and arguments.get("mask") is None:
                arguments["mask"] = inputs[0].mask
            results = self._writer(layer)(
                self, layer, inputs if isinstance(x, list) else inputs[0], arguments
            )
        if isinstance(layer, Graphed):
            return results
        first = flat(results)[0]
        if layer.carries_mask and first.mask is None:
            given = arguments.get("mask")
            first.mask = given if isinstance(given, Value) else inputs[0].mask
        return results

    def model(self, model: Graphed, inputs: Sequence[Value]) -> list[Value]:
        """Write all layers of a model, and return its outputs."""
        values = dict(zip(model.inputs, inputs, strict=True))
        for call in model.calls:
            own, extra = ([values[symbol] for symbol in each] for each in (call.own, call.extra))
            arguments = {n: v for n, v in put_back(call.arguments, extra).items() if n != "training"}
            self._check_training(call.layer, call.arguments)
            results = flat(self.lower(call.layer, own if call.several else own[0], **arguments))
            for symbol, value in zip(call.outputs, results, strict=True):
                value.shape = symbol.shape
                values[symbol] = value
        return [values[symbol] for symbol in model.outputs]

    def _check_training(self, layer: Layer, arguments: Mapping[str, Any]) -> None:
        if arguments.get("training"):
            raise self.refuse(
                layer, "is called with training=True, which a script cannot do; call it without."
            )

    def _writer(self, layer: Layer) -> LayerWriter:
        found = next((WRITERS[cls] for cls in type(layer).__mro__ if cls in WRITERS), None)
        if found is None or changes_what_it_computes(layer):
            name = type(layer).__name__
            why = f"cannot be written as a script: there is no NumPy function for the class {name}."
            raise self.refuse(layer, why)
        return found

    def path(self, layer: Layer) -> str:
        """Return what the layer's arrays are stored under: its name, after those of what it stands in."""
        if layer not in self.paths:
            name = path_part(layer.name)
            within = self.within[:-1] if self.within and self.within[-1] == name else self.within
            self.paths[layer] = unlike("/".join([*within, name]), set(self.paths.values()))
        return self.paths[layer]

    @contextmanager
    def _inside(self, layer: Layer) -> Iterator[None]:
        self.within.append(path_part(layer.name))
        before, given = self.own, not layer.name.startswith(snake_case(type(layer).__name__))
        self.own = layer.name if given else "h"
        try:
            yield
        finally:
            self.within.pop()
            self.own = before


def array_of(weight: Any) -> Array:
    """Return the value of a weight or a constant, or an array as it is."""
    if isinstance(weight, Parameter):
        return weight.value
    return np.asarray(compile(weight)() if isinstance(weight, Node) else weight)
