"""What is made of layers: Bidirectional, TimeDistributed, and models within models."""

from __future__ import annotations

from typing import Any

from tinygraph.exchange.script.lines import Value
from tinygraph.exchange.script.writer import Writer, writes
from tinygraph.nn.arguments import flat
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.layers.core import Activation, Dense
from tinygraph.nn.recurrent.bidirectional import Bidirectional
from tinygraph.nn.recurrent.time_distributed import TimeDistributed

MERGED = {
    "concat": "np.concatenate([{0}, {1}], axis=-1)",
    "sum": "{0} + {1}",
    "mul": "{0} * {1}",
    "ave": "({0} + {1}) / 2.0",
}


@writes(Graphed)
def _(s: Writer, layer: Graphed, x: Any, given: dict[str, Any]) -> Any:
    results = s.model(layer, x if isinstance(x, list) else [x])
    return results if len(results) > 1 else results[0]


@writes(Bidirectional)
def _(s: Writer, layer: Bidirectional, x: Value, given: dict[str, Any]) -> Any:
    mask, start = s.truth(given.get("mask")), given.get("initial_state")
    states: list[Any] = [None, None]
    if start is not None:
        half = len(flat(start)) // 2
        states = [flat(start)[:half], flat(start)[half:]]
    results = []
    for each, own in zip((layer.forward, layer.backward), states, strict=True):
        found = flat(s.lower(each, x, mask=mask, initial_state=own))
        results.append([s.typed(layer, 0, value) for value in found])
    (forward, *after), (backward, *after_backward) = results
    forward.name, backward.name = forward.name or "forward", backward.name or "backward"
    sequences = layer.forward.return_sequences
    if sequences:
        axis = ":, ::-1" if not layer.forward.time_major else "::-1"
        backward = s.let(f"{backward}[{axis}]", backward, name="backward")
    if layer.merge_mode is None:
        merged = [forward, backward]
        forward.mask = backward.mask = None
    else:
        merged = [s.let(MERGED[layer.merge_mode].format(forward, backward), x, dtype=layer.float)]
    for value in merged:
        value.mask = mask if sequences else None
    found = [*merged, *after, *after_backward]
    return found if len(found) > 1 else found[0]


@writes(TimeDistributed)
def _(s: Writer, layer: TimeDistributed, x: Value, given: dict[str, Any]) -> Value:
    shape, mask = x.shape or (), given.get("mask")
    inner = layer.layer
    if type(inner) in (Dense, Activation):  # these see the last axis only, or single elements
        return s.typed(layer, 0, s.lower(inner, x))
    steps = s.let(f"{x}.shape[1]", x, name="steps")
    rows, batch = s.let(f"{x}.reshape(-1, *{x}.shape[2:])", x, shape[1:]), s.batch
    s.batch = f"{batch} * {shape[0]}"
    arguments = {}
    if mask is not None and inner.takes("mask"):
        arguments["mask"] = s.let(
            f"{mask}.reshape(-1, *{mask}.shape[2:])", mask, (mask.shape or ())[1:], name="mask"
        )
    y = s.lower(inner, rows, **arguments)
    s.batch = batch
    return s.typed(layer, 0, s.let(f"{y}.reshape(-1, {steps}, *{y}.shape[1:])", y))
