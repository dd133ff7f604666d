"""The layer graph of a Functional model as plain data, and back.

A symbol is ``["input", k]``, or ``["call", k, n]``: result n of call k, one of the calls before those that
take it. A file may say anything here, so each reference is checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from tinygraph.graph import GraphError
from tinygraph.nn import registry, signatures
from tinygraph.nn.arguments import flat, plain_slots, read_slots
from tinygraph.nn.checks import flag
from tinygraph.nn.layer import Layer
from tinygraph.nn.symbol import Call, Input, Symbol, described
from tinygraph.saving.loading import brief

T = TypeVar("T")


def written(inputs: Sequence[Symbol], calls: Sequence[Call], outputs: Sequence[Symbol]) -> dict[str, Any]:
    """Return inputs, calls and outputs as plain data; layers are known by their names."""
    names: dict[Symbol, list[Any]] = {symbol: ["input", k] for k, symbol in enumerate(inputs)}
    for k, call in enumerate(calls):
        names |= {symbol: ["call", k, symbol.index] for symbol in call.outputs}
    return {
        "inputs": [described(symbol) for symbol in inputs],
        "calls": [
            {
                "layer": call.layer.name,
                "inputs": [names[s] for s in call.own],
                "several": call.several,
                "arguments": registry.plain(plain_slots(call.arguments)),
                "extra": [names[s] for s in call.extra],
            }
            for call in calls
        ],
        "outputs": [names[s] for s in outputs],
    }


def read(
    layers: Sequence[Layer],
    inputs: Sequence[Mapping[str, Any]],
    calls: Sequence[Mapping[str, Any]],
    outputs: Sequence[Any],
) -> tuple[list[Symbol], list[Symbol]]:
    """Call the layers as `written` says, and return the inputs and the outputs.

    Raises:
        GraphError: a symbol or a layer that there is not.
    """
    given = [Input(**each) for each in inputs]
    results: list[list[Symbol]] = []
    by_name: dict[str, Layer] = {}
    for layer in layers:
        if by_name.setdefault(layer.name, layer) is not layer:
            raise GraphError(f"two layers are named {layer.name!r}.")

    def symbol(key: Any) -> Symbol:
        match key:
            case ["input", k]:
                return at(given, k, key)
            case ["call", k, n]:
                return at(at(results, k, key), n, key)
        raise GraphError(f"expected a symbol, ['input', k] or ['call', k, n], got {brief(key)}.")

    for number, call in enumerate(calls):
        signatures.check_fields(f"call {number}", call, ("layer", "inputs", "several", "arguments", "extra"))
        if call["layer"] not in by_name:
            raise GraphError(f"call {number}: there is no layer {brief(call['layer'])}.")
        own, extra = ([symbol(key) for key in call[name]] for name in ("inputs", "extra"))
        several = flag(f"call {number}", "several", call["several"])
        if not own or (len(own) > 1 and not several):
            raise GraphError(
                f"call {number}: expected {'' if several else 'just '}one input, got {len(own)}."
            )
        arguments = read_slots(call["arguments"], extra)
        results.append(flat(by_name[call["layer"]](own if several else own[0], **arguments)))
    return given, [symbol(key) for key in outputs]


def at(values: Sequence[T], index: Any, key: Any) -> T:
    """Return the value at a place, which counts from 0 and is no other kind of number."""
    if type(index) is not int or not 0 <= index < len(values):
        raise GraphError(f"there is no symbol {brief(key)} before it is needed.")
    return values[index]
