"""A layer called on symbols: one more call in the layer graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.graph import GraphError, Shape
from tinygraph.nn.arguments import mapped, put_back, taken_by
from tinygraph.nn.symbol import Call, Symbol
from tinygraph.nn.tracing import Trace
from tinygraph.ops import input

if TYPE_CHECKING:
    from tinygraph.nn.layer import Layer


def call_on_symbols(
    layer: Layer,
    values: list[Any],
    several: bool,
    training: bool | None,
    arguments: Mapping[str, Any],
    extra: list[Any],
) -> Any:
    """Return the symbols of the results, in lists as the results are; ``extra`` are those among arguments."""
    wrong = [value for value in values + extra if not isinstance(value, Symbol)]
    if wrong:
        raise GraphError(f"{layer.title}: expected symbols, got {type(wrong[0]).__name__} among them.")
    shapes = [symbol.shape for symbol in values]
    layer.check_inputs(shapes, several)
    layer.ensure_built(shapes if several else shapes[0])
    given = {**arguments} | ({} if training is None else {"training": training})
    call = Call(layer, values, several, given, extra)

    def symbol(form: tuple[Shape, np.dtype]) -> Symbol:
        call.outputs.append(Symbol(*form, layer.name, call, len(call.outputs)))
        return call.outputs[-1]

    return mapped(symbol, _forms(call))


def _forms(call: Call) -> Any:
    """Return the shape and the dtype of each result of ``call``, in lists as the results are."""
    from tinygraph.nn.layer import Layer

    layer, several = call.layer, call.several
    if type(layer).output_shape is Layer.output_shape:  # traced, with all that the call was given
        own, extra = (
            [input(s.name, (layer.batch_size or 1, *s.shape), dtype=s.dtype) for s in each]
            for each in (call.own, call.extra)
        )
        with Trace(training=False):
            result = layer.lower(own if several else own[0], **put_back(call.arguments, extra))
        return mapped(lambda node: (node.shape[1:], node.dtype), result)
    shapes = [symbol.shape for symbol in call.own]
    known = {n: call.arguments[n] for n in taken_by(layer.output_shape) if n in call.arguments}
    dtype = layer.output_dtype([symbol.dtype for symbol in call.own])
    found = layer.output_shape(shapes if several else shapes[0], **known)
    return mapped(lambda shape: (shape, dtype), found)
