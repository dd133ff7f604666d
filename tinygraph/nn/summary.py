"""A model as a table of text: layers, shapes, parameters and how they come about, and what a run takes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from tinygraph.graph import Shape
from tinygraph.ops import Parameter
from tinygraph.plan import plan
from tinygraph.viz.levels.layers import layers
from tinygraph.viz.outline import Outline
from tinygraph.viz.rails import rails
from tinygraph.viz.text import visible

if TYPE_CHECKING:
    from tinygraph.nn.graphed import Graphed
    from tinygraph.nn.layer import Layer

#: How wide a table is at least, and up to where a long formula goes before it continues on the next line.
NARROW, WIDE = 60, 100


class Row(NamedTuple):
    """One line of the table, and the formula below it."""

    name: str
    shape: str
    parameters: str = ""
    trainable: str = ""
    sources: str = ""
    formula: str = ""


HEADINGS = Row("Layer (type)", "Output shape", "Parameters", "Trainable", "Connected to")


def summary(model: Graphed, batch: int = 32) -> str:
    """Return a table of a model's layers, in plain ASCII apart from names.

    Below each layer stands how its number of parameters comes about; below the table, what the op graph
    takes. In front of the layers of a model with branches stand their connections, as in the drawing of level
    ``"model"``: the value of each ``*`` runs down its rail to those that read it, which a column names too.
    A Sequential that is not built says how to build it.

    Args:
        model: a Model or Sequential.
        batch: the batch size for which the op graph is counted and planned.

    >>> from tinygraph.nn import Sequential, Dense, Input
    >>> print(summary(Sequential([Input((3,), name="x"), Dense(2, name="y")], name="small")))
    Sequential 'small'
    ------------------------------------------------------------
    Layer (type)  Output shape  Parameters  Trainable
    ------------------------------------------------------------
    x (Input)     (batch, 3)
    y (Dense)     (batch, 2)             8  yes
      kernel 3 x 2 + bias 2 = 8
    ------------------------------------------------------------
    Parameters: 8, of which 8 trainable and 0 not; 32 bytes.
    Graph for a batch of 32: 2 operations, 2 kernel calls, 256 bytes of buffers.
    """
    if not model.calls:
        return _unbuilt(model)
    outline = layers(model)
    rows = list(_rows(model, outline))
    branches = _has_branches(outline)
    columns = 5 if branches else 4
    drawn = [(f"{star} ", f"{below} ") if branches else ("", "") for star, below in rails(outline)]
    indent = len(drawn[0][0])
    widths = [max(len(row[column]) for row in (HEADINGS, *rows)) for column in range(columns)]
    table = max(NARROW, indent + sum(widths) + 2 * (columns - 1))
    longest = max(indent + len(row.formula) + 2 for row in rows)
    rule = "-" * max(table, min(longest, WIDE))
    lines = [_title(model), rule, " " * indent + _line(HEADINGS, widths), rule]
    for row, (star, below) in zip(rows, drawn, strict=True):
        lines.append(star + _line(row, widths))
        formula = textwrap.wrap(
            row.formula, len(rule) - indent, initial_indent="  ", subsequent_indent="    "
        )
        lines += [below + line for line in formula]
    return "\n".join([*lines, rule, _totals(model), _graph(model, batch)])


def _title(model: Graphed) -> str:
    return f"{type(model).__name__} '{visible(model.name)}'"


def _unbuilt(model: Graphed) -> str:
    """What there is to say of a model that has no shapes yet."""
    layers = model.layers
    if not layers:
        return f"{_title(model)} has no layers: add one."
    names = ", ".join(f"{visible(layer.name)} ({type(layer).__name__})" for layer in layers)
    axes = ", ".join(layers[0].axes or ("size", "..."))
    return (
        f"{_title(model)} is not built, so its shapes and parameters are not known yet.\n"
        f"Layers: {names}\n"
        f"Give the first layer input_shape=({axes}), or call build(({axes})); fit builds it too."
    )


def _rows(model: Graphed, outline: Outline) -> Iterator[Row]:
    """The boxes of the outline: inputs, then layers as they are called, the first use with its weights."""
    names = {box.id: visible(box.label) for box in outline.boxes}
    sources: dict[str, dict[str, None]] = {box.id: {} for box in outline.boxes}
    for edge in outline.edges:
        sources[edge.target][names[edge.source]] = None
    trained = set(model.trainable_weights)
    used: set[Layer] = set()
    callers = [*[None] * len(model.inputs), *(call.layer for call in model.calls)]
    for box, layer in zip(outline.boxes, callers, strict=True):
        row = Row(f"{names[box.id]} ({box.type or 'Input'})", box.shape, sources=", ".join(sources[box.id]))
        if layer is not None and layer.weights and layer in used:
            row = row._replace(parameters="shared")
        elif layer is not None and layer.weights:
            count = f"{layer.count_params():,}"
            trainable = _some_of([weight in trained for weight in layer.weights])
            row = row._replace(parameters=count, trainable=trainable, formula=_formula(layer.weights, count))
            used.add(layer)
        yield row


def _some_of(truths: Sequence[bool]) -> str:
    return "yes" if all(truths) else "partly" if any(truths) else "no"


def _formula(weights: Sequence[Parameter], count: str) -> str:
    """How a number of parameters comes about: ``kernel 3 x 2 + bias 2 = 8``."""
    return (
        " + ".join(f"{visible(weight.name)} {_product(weight.shape)}" for weight in weights) + f" = {count}"
    )


def _product(shape: Shape) -> str:
    return " x ".join(map(str, shape)) if shape else "1"


def _has_branches(outline: Outline) -> bool:
    """Whether the order of the rows does not say what is connected to what."""
    chain = [(one.id, other.id) for one, other in pairwise(outline.boxes)]
    return chain != [(edge.source, edge.target) for edge in outline.edges]


def _line(row: Row, widths: Sequence[int]) -> str:
    """One line: numbers to the right, all else to the left."""
    cells = [
        text.rjust(width) if column == 2 else text.ljust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=False))
    ]
    return "  ".join(cells).rstrip()


def _totals(model: Graphed) -> str:
    trained = sum(weight.size for weight in model.trainable_weights)
    fixed = sum(weight.size for weight in model.non_trainable_weights)
    size = sum(weight.size * weight.dtype.itemsize for weight in model.weights)
    kinds = f"{trained:,} trainable and {fixed:,} not"
    return f"Parameters: {trained + fixed:,}, of which {kinds}; {in_bytes(size)}."


def _graph(model: Graphed, batch: int) -> str:
    """What the op graph takes that predicts a batch."""
    graph = model.trace(batch)
    made = plan(graph)
    count = sum(bool(node.inputs) for node in graph.nodes)
    return (
        f"Graph for a batch of {batch}: {_several(count, 'operation')}, "
        f"{_several(made.calls, 'kernel call')}, {in_bytes(made.arena)} of buffers."
    )


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def in_bytes(size: float) -> str:
    """Return a number of bytes as people read it: ``1.5 KB``."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} bytes"
