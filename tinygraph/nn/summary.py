"""The summary of a model as text: its layers, where their parameters come from, and the unrolled graph."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from tinygraph.nn.layer import Layer
from tinygraph.nn.symbol import Call, Symbol
from tinygraph.plan import plan

if TYPE_CHECKING:
    from tinygraph.nn.graphed import Graphed

HEADINGS = ("layer (type)", "output shape", "parameters", "trained")


def summary(model: Graphed, batch: int = 32) -> str:
    """Return a table of the layers, the totals, and what ``batch`` samples take to predict.

    >>> from tinygraph.nn import Dense, Sequential
    >>> print(summary(Sequential([Dense(2, input_shape=(3,), name="out")], name="small")))
    Sequential 'small'
    ────────────────────────────────────────────────────────────────
    layer (type)  output shape  parameters                 trained
    ────────────────────────────────────────────────────────────────
    out (Dense)   (batch, 2)    kernel 3 x 2 + bias 2 = 8  yes
    ────────────────────────────────────────────────────────────────
    8 parameters (32 bytes), 8 of them trained
    for a batch of 32: 5 nodes, 2 kernel calls, 256 bytes of buffers
    """
    rows = _rows(model)
    if not model.outputs:
        return _framed(model.title, rows, ["not built yet: call build(shape), or fit it"])
    count, trained = (sum(w.size for w in ws) for ws in (model.weights, model.trainable_weights))
    memory = sum(w.size * w.dtype.itemsize for w in model.weights)
    planned = plan(model.trace(batch))
    return _framed(
        model.title,
        rows,
        [
            f"{count:,} parameters ({in_bytes(memory)}), {trained:,} of them trained",
            f"for a batch of {batch}: {len(planned.schedule):,} nodes, {planned.calls:,} kernel calls, "
            f"{in_bytes(planned.arena)} of buffers",
        ],
    )


def _rows(model: Graphed) -> list[tuple[str, ...]]:
    """One row a layer; where a model branches, each says what it is connected to."""
    calls: dict[Layer, list[Call]] = {}
    for call in model.calls:
        calls.setdefault(call.layer, []).append(call)
    branches = any(call.inputs != before.outputs for before, call in pairwise(model.calls))
    rows: list[tuple[str, ...]] = [(*HEADINGS, "connected to") if branches else HEADINGS]
    for symbol in model.inputs if branches else []:
        rows.append((f"{symbol.name} (Input)", _shapes([symbol]), "", "", ""))
    for layer in model.layers:
        uses = calls.get(layer, [])
        row = (
            f"{layer.name} ({type(layer).__name__})",
            _shapes(uses[0].outputs) if uses else "?",
            parameters(layer),
            "" if not layer.weights else "yes" if layer.trainable else "no",
        )
        sources = " and ".join(", ".join(symbol.name for symbol in call.inputs) for call in uses)
        rows.append((*row, sources) if branches else row)
    return rows


def parameters(layer: Layer) -> str:
    """Return where the number of a layer's parameters comes from: ``kernel 3 x 2 + bias 2 = 8``."""
    terms = [f"{w.name} {' x '.join(map(str, w.shape)) or '1'}" for w in layer.weights]
    return f"{' + '.join(terms)} = {layer.count_params():,}" if terms else "0"


def _shapes(symbols: list[Symbol]) -> str:
    return ", ".join(f"({', '.join(map(str, ('batch', *symbol.shape)))})" for symbol in symbols)


def _framed(title: str, rows: list[tuple[str, ...]], closing: list[str]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)).rstrip() for row in rows]
    rule = "─" * max(map(len, [*lines, *closing]))
    return "\n".join([title, rule, lines[0], rule, *lines[1:], rule, *closing])


def in_bytes(size: int) -> str:
    """Return a number of bytes as people read it: ``99.5 KB``."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} bytes"
