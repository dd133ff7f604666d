"""`Graphed`: a graph of layers from inputs to outputs, which is a layer itself."""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.graph import Graph, GraphError, Node, Shape
from tinygraph.nn.arguments import flat, put_back
from tinygraph.nn.checks import shown, whole_number
from tinygraph.nn.data import by_name
from tinygraph.nn.layered import Layered
from tinygraph.nn.symbol import Call, Symbol
from tinygraph.nn.tracing import Trace
from tinygraph.ops import input

if TYPE_CHECKING:
    from tinygraph.viz.drawing import Drawing

Array = np.ndarray[Any, Any]


class Graphed(Layered):
    """What every model has: a layer graph, its weights, and its lowering to ops."""

    carries_mask = False  # its layers see to the masks
    inputs: list[Symbol]
    outputs: list[Symbol]
    calls: list[Call]
    #: what the outputs are called where they were given as a dict
    output_keys: list[str] | None = None

    @property
    def several_inputs(self) -> bool:  # type: ignore[override]
        """Whether the model takes a list of inputs."""
        return len(self.inputs) > 1

    def __call__(self, inputs: Any, *args: Any, training: bool | None = None, **arguments: Any) -> Any:
        """Apply the model as a layer; several inputs may also be given as a dict by name."""
        if isinstance(inputs, Mapping):
            given = by_name(inputs, [symbol.name for symbol in self.inputs], self.title)
            inputs = [given[symbol.name] for symbol in self.inputs]
            inputs = inputs if len(inputs) > 1 else inputs[0]
        return super().__call__(inputs, *args, training=training, **arguments)

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """The samples' shapes are those of the inputs that the model was made with."""
        super().check_inputs(shapes, several, batch)
        if self.inputs and len(shapes) != len(self.inputs):
            raise GraphError(f"{self.title}: expected {len(self.inputs)} inputs, got {len(shapes)}.")
        for index, (symbol, shape) in enumerate(zip(self.inputs, shapes, strict=bool(self.inputs))):
            if shape != symbol.shape:
                expected, came = shown(["batch", *symbol.shape]), shown([*batch, *shape])
                raise GraphError(f"{self.title}, input {index}: expected {expected}, got {came}.")

    def check_values(self, array: Array, what: str, index: int = 0) -> None:
        """What the layers say that the values reach, on their own or through layers that only move them."""
        if not self.inputs:
            return
        carrying = {self.inputs[index]}
        for call in self.calls:
            reached = [k for k, symbol in enumerate(call.inputs) if symbol in carrying]
            for k in reached:
                call.layer.check_values(array, what, k)
            if reached and call.layer.keeps_integers:
                carrying.update(call.outputs)

    def wanted(self, index: int) -> np.dtype:
        """The dtype of the `Input`."""
        return self.inputs[index].dtype if self.inputs else super().wanted(index)

    def call(self, x: Any, training: bool) -> Any:
        """Lower every layer in turn."""
        nodes = x if isinstance(x, list) else [x]
        values = dict(zip(self.inputs, nodes, strict=True))
        for call in self.calls:
            sources = [values[symbol] for symbol in call.own]
            extra = [values[symbol] for symbol in call.extra]
            arguments = {"training": training} | put_back(call.arguments, extra)
            result = call.layer.lower(sources if call.several else sources[0], **arguments)
            values.update(zip(call.outputs, flat(result), strict=True))
        results = [values[symbol] for symbol in self.outputs]
        return results if len(results) > 1 else results[0]

    def output_shape(self, shape: Any) -> Any:
        """The shapes of the outputs."""
        self._check_built()
        shapes: list[Any] = [symbol.shape for symbol in self.outputs]
        return shapes if len(shapes) > 1 else shapes[0]

    def trace(self, batch: int, training: bool = False) -> Graph:
        """Return the op graph for a batch of so many samples: every dimension is a number.

        >>> from tinygraph.nn import Sequential, Dense
        >>> Sequential([Dense(2, input_shape=(3,))]).trace(batch=4).count()
        {'add': 1, 'input': 1, 'matmul': 1, 'param': 2}
        """
        whole_number(f"{self.title}.trace", "batch", batch)
        self._check_built()
        with Trace(training) as trace:
            results = self.lowered(self.input_nodes(batch), training)
        return Graph(results, trace.updates)

    def _check_built(self) -> None:
        if not self.outputs:
            raise GraphError(f"{self.title}: its shapes are not known yet; call build(shape), or fit it.")

    @property
    def batch_size(self) -> int | None:
        """The size of the batch that an `Input` asks for."""
        return next((symbol.batch for symbol in self.inputs if symbol.batch is not None), None)

    def input_nodes(self, batch: int) -> list[Node]:
        """Return an input node for each input, for a batch of so many samples."""
        self.check_batch_size(batch)
        return [input(s.name, (batch, *s.shape), dtype=s.dtype) for s in self.inputs]

    def lowered(self, nodes: list[Node], training: bool) -> dict[str, Node]:
        """Return the outputs by name, as nodes, for the inputs as nodes; in the trace that is open."""
        result = self.call(nodes if len(nodes) > 1 else nodes[0], training)
        return dict(zip(self.output_names, result if isinstance(result, list) else [result], strict=True))

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs: the keys of the dict that they were given as, or those of the layers
        that make them, numbered where one makes several."""
        if self.output_keys is not None:
            return self.output_keys
        used = Counter(symbol.name for symbol in self.outputs)
        names: list[str] = []
        for symbol in self.outputs:
            numbered = (f"{symbol.name}_{k}" for k in itertools.count())
            names.append(
                symbol.name
                if used[symbol.name] == 1
                else next(name for name in numbered if name not in names and name not in used)
            )
        return names

    def summary(self, batch: int = 32) -> None:
        """Print the layers, where their parameters come from, and what ``batch`` samples take to predict."""
        from tinygraph.nn.summary import summary

        text = summary(self, whole_number(f"{self.title}.summary", "batch", batch))
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        print(text.encode(encoding, errors="replace").decode(encoding))

    def draw(self, level: str | None = None, **how: Any) -> Drawing:
        """Draw the model: its layers, or with ``level="unrolled"`` every time step; see `tg.draw`."""
        from tinygraph.viz.draw import draw

        return draw(self, level=level, **how)

    def _repr_svg_(self) -> str | None:
        from tinygraph.viz.notebook import picture

        return picture(self)
