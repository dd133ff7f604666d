"""A model as a table of text: layers, shapes, parameters and how they come about, and what a run takes."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tinygraph.graph import Shape
from tinygraph.ops import Parameter
from tinygraph.plan import plan
from tinygraph.viz.text import visible

if TYPE_CHECKING:
    from tinygraph.nn.graphed import Graphed
    from tinygraph.nn.layer import Layer
    from tinygraph.nn.symbol import Symbol

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
    takes. A model with branches has a column for what each layer is connected to. A Sequential that is not
    built says how to build it.

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
    rows = list(_rows(model))
    columns = 5 if _has_branches(model) else 4
    widths = [max(len(row[column]) for row in (HEADINGS, *rows)) for column in range(columns)]
    table = max(NARROW, sum(widths) + 2 * (columns - 1))
    longest = max(len(row.formula) + 2 for row in rows)
    rule = "-" * max(table, min(longest, WIDE))
    lines = [_title(model), rule, _line(HEADINGS, widths), rule]
    for row in rows:
        lines.append(_line(row, widths))
        lines += textwrap.wrap(row.formula, len(rule), initial_indent="  ", subsequent_indent="    ")
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


def _rows(model: Graphed) -> Iterator[Row]:
    """The inputs, then the layers as they are called; the second use of a layer shares its weights."""
    names = {symbol: visible(symbol.name) for symbol in model.inputs}
    for symbol in model.inputs:
        yield Row(f"{names[symbol]} (Input)", _shapes([symbol]))
    trained = set(model.trainable_weights)
    uses: Counter[Layer] = Counter()
    for call in model.calls:
        layer, use = call.layer, uses[call.layer]
        name = visible(layer.name) + (f":{use}" if use else "")
        sources = ", ".join(dict.fromkeys(names[symbol] for symbol in call.inputs))
        row = Row(f"{name} ({type(layer).__name__})", _shapes(call.outputs), sources=sources)
        weights = layer.weights
        if weights and use:
            row = row._replace(parameters="shared")
        elif weights:
            count = f"{layer.count_params():,}"
            trainable = _some_of([weight in trained for weight in weights])
            row = row._replace(parameters=count, trainable=trainable, formula=_formula(weights, count))
        yield row
        names |= dict.fromkeys(call.outputs, name)
        uses[layer] += 1


def _shapes(symbols: Sequence[Symbol]) -> str:
    return ", ".join(f"({', '.join(map(str, ('batch', *symbol.shape)))})" for symbol in symbols)


def _some_of(truths: Sequence[bool]) -> str:
    return "yes" if all(truths) else "partly" if any(truths) else "no"


def _formula(weights: Sequence[Parameter], count: str) -> str:
    """How a number of parameters comes about: ``kernel 3 x 2 + bias 2 = 8``."""
    return (
        " + ".join(f"{visible(weight.name)} {_product(weight.shape)}" for weight in weights) + f" = {count}"
    )


def _product(shape: Shape) -> str:
    return " x ".join(map(str, shape)) if shape else "1"


def _has_branches(model: Graphed) -> bool:
    """Whether the order of the rows does not say what is connected to what."""
    read = Counter(symbol for call in model.calls for symbol in call.inputs)
    several = any(len(call.inputs) > 1 or len(call.outputs) > 1 for call in model.calls)
    return several or len(model.inputs) > 1 or any(times > 1 for times in read.values())


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
