"""The level ``model``: one box for each use of a layer, as in the layer graph of a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tinygraph.graph import Graph
from tinygraph.viz.outline import Box, Edge, Outline
from tinygraph.viz.text import shape_text

if TYPE_CHECKING:
    from tinygraph.nn.layer import Layer
    from tinygraph.nn.step_nodes import TrainingStep
    from tinygraph.nn.symbol import Call, Symbol


class Layered(Protocol):
    """What an outline of the layers needs of a Model or Sequential."""

    name: str
    inputs: list[Symbol]
    outputs: list[Symbol]
    calls: list[Call]

    @property
    def layers(self) -> list[Layer]:
        """The layers, each once."""

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs."""


@runtime_checkable
class LayerGraph(Layered, Protocol):
    """What a drawing needs of it at any level."""

    @property
    def batch_size(self) -> int | None:
        """The only size of batch that the model takes, if there is one."""

    @property
    def compiled(self) -> bool:
        """Whether it has been said what to train by."""

    @property
    def family(self) -> Sequence[Layer]:
        """Itself, its layers and all that are in those."""

    def trace(self, batch: int, training: bool = False) -> Graph:
        """Return the op graph for a batch of so many samples."""

    def training_step(self, batch: int) -> TrainingStep:
        """Return the nodes of one step of training, if the model is compiled."""


def layers(model: Layered, *, title: str = "") -> Outline:
    """Return the outline of a model's layers: name, type, shape of a result and number of parameters."""
    ids = {symbol: f"b{number}" for number, symbol in enumerate(model.inputs)}
    boxes = [
        Box(ids[s], s.name, "input", shape=_shape([s]), dtype=s.dtype.name, outputs=_given_out(model, [s]))
        for s in model.inputs
    ]
    edges: list[Edge] = []
    uses: Counter[Layer] = Counter()
    again = Counter(call.layer for call in model.calls)
    for call in model.calls:
        id = f"b{len(boxes)}"
        given_out = _given_out(model, call.outputs)
        boxes.append(_box(id, call, uses[call.layer], given_out, shared=again[call.layer] > 1))
        edges += [Edge(ids[source], id) for source in dict.fromkeys(call.inputs)]
        ids |= dict.fromkeys(call.outputs, id)
        uses[call.layer] += 1
    return Outline("model", title, tuple(boxes), tuple(edges))


def _box(id: str, call: Call, use: int, outputs: tuple[str, ...], *, shared: bool) -> Box:
    """The box of a call. The second and further uses of a layer say whose weights they share."""
    layer = call.layer
    count = layer.count_params()
    note = f"{count:,} parameter{'s' * (count != 1)}" if count else ""
    if count and use:
        note = f"shares the weights of {layer.name}"
    return Box(
        id,
        f"{layer.name}:{use}" if use else layer.name,
        "layer",
        type=type(layer).__name__,
        shape=_shape(call.outputs),
        dtype=call.outputs[0].dtype.name,
        note=note,
        outputs=outputs,
        shared=shared and count > 0,
    )


def _shape(symbols: Sequence[Symbol]) -> str:
    return ", ".join(shape_text(("batch", *symbol.shape)) for symbol in symbols)


def _given_out(model: Layered, symbols: Sequence[Symbol]) -> tuple[str, ...]:
    names = zip(model.outputs, said_outputs(model), strict=True)
    return tuple(name for symbol, name in names if symbol in symbols)


def said_outputs(model: Layered) -> list[str]:
    """Return what drawings call a model's outputs: by their layers' names where there are several."""
    names = model.output_names
    return [f"output {name}" for name in names] if len(names) > 1 else ["output"]
