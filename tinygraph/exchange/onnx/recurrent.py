"""Recurrent layers as one node of ONNX each, in either direction or both, with masks of any form.

ONNX lets a sample end early, and that is all it has of masks. So the steps that count are moved to the
front, each sample runs as long as it has any, and its outputs are spread out again: a masked step repeats the
one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tinygraph import ops
from tinygraph.exchange.onnx.cells import nameable
from tinygraph.exchange.onnx.traced import writes
from tinygraph.exchange.onnx.whole import order, recurrence, taken
from tinygraph.graph import Node
from tinygraph.nn.arguments import flat
from tinygraph.nn.checks import check_mask
from tinygraph.nn.masks import carry, chosen, truth, with_axes
from tinygraph.nn.recurrent.bidirectional import Bidirectional
from tinygraph.nn.recurrent.gru import GRU
from tinygraph.nn.recurrent.lstm import LSTM
from tinygraph.nn.recurrent.rnn import RNN
from tinygraph.nn.recurrent.simple import SimpleRNN
from tinygraph.nn.recurrent.unroll import time_first


@writes(LSTM, GRU, SimpleRNN, RNN)
def _(
    layer: RNN,
    x: Node,
    mask: Node | None = None,
    training: bool = False,
    initial_state: Any = None,
    constants: Any = None,
) -> Any:
    if not one_node([layer]) or constants is not None:
        return NotImplemented
    states = None if initial_state is None else [flat(initial_state)]
    ((output, *after),) = run([layer], x, mask, states)
    if layer.return_sequences and layer.go_backwards:
        output = ops.flip(output, 0 if layer.time_major else 1)
    results = [layer.typed(0, each) for each in (output, *after)]
    return results if layer.return_state else results[0]


@writes(Bidirectional)
def _(
    layer: Bidirectional,
    x: Node,
    mask: Node | None = None,
    training: bool = False,
    initial_state: Any = None,
) -> Any:
    pair = [layer.forward, layer.backward]
    if not one_node(pair) or layer.forward.go_backwards:
        return NotImplemented  # then each direction is a node
    states = None
    if initial_state is not None:
        given = flat(initial_state)
        states = [given[: len(given) // 2], given[len(given) // 2 :]]
    results = run(pair, x, mask, states)
    merged = layer._merged([layer.typed(0, output) for output, *_ in results])
    if layer.forward.return_sequences:
        merged = [carry(sequence, mask) for sequence in merged]
    after = [layer.typed(0, state) for _, *each in results for state in each]
    after = after if layer.forward.return_state else []
    return [*merged, *after] if len(merged) > 1 or after else merged[0]


def one_node(layers: Sequence[Any]) -> bool:
    """Whether one operator of ONNX can run what these layers, one for each direction, do."""
    first: Any = layers[0].cell
    return all(
        nameable(layer.cell)
        and type(layer) is type(layers[0])
        and (type(layer.cell), layer.cell.units) == (type(first), first.units)
        and getattr(layer.cell, "reset_after", None) == getattr(first, "reset_after", None)
        and layer.time_major == layers[0].time_major
        and layer.zero_output_for_mask == layers[0].zero_output_for_mask
        for layer in layers
    )


@dataclass
class Mask:
    """A mask (batch, time): which steps count, how many, and where the outputs of each row come to stand."""

    counts: Node
    number: Node
    steps: Node

    @classmethod
    def of(cls, mask: Node) -> Mask:
        """Read off a mask what recurrences need of it."""
        counts = truth(mask)
        return cls(counts, ops.sum(ops.cast(counts, dtype="int64"), axis=1), order(counts))

    def spread(self, sequence: Node, backwards: bool, zero: bool) -> Node:
        """The outputs (batch, time, units) of steps that count, each repeated until the next; 0 before."""
        ones = ops.cast(self.counts, dtype="int64")
        so_far = ops.cumsum(ones, axis=1)
        place = so_far - ones if backwards else so_far - 1
        there = self.counts if zero else (place < self.number[:, None] if backwards else place >= 0)
        inside = ops.maximum(ops.minimum(place, self.number[:, None] - 1), 0)
        return chosen(there, taken(sequence, inside), ops.zeros((), sequence.dtype))

    def last(self, output: Node, backwards: bool, zero: bool) -> Node:
        """The output of the last step: that of the last that counts; 0 if none does."""
        there = self.counts[:, 0 if backwards else -1] if zero else self.number > 0
        return chosen(there, output, ops.zeros((), output.dtype))


def run(
    layers: Sequence[Any], x: Node, mask: Node | None, states: Sequence[Sequence[Any]] | None
) -> list[list[Node]]:
    """Return for each layer its output and states; a sequence has the order of time.

    The layers run at once, each in its direction, in one node; ``states`` are those before the first step.
    """
    first = layers[0]
    x = first.cell.typed(0, x)
    found = None
    if mask is not None:
        check_mask(first, mask, x.shape[:2])
        found = Mask.of(time_first(truth(mask)) if first.time_major else mask)
        x = time_first(x) if first.time_major else x
        x = taken(chosen(found.counts, x, ops.zeros((), x.dtype)), found.steps)
    x = x if first.time_major and found is None else time_first(x)
    before = None
    if states is not None:
        before = [layer._initial(x[0], each) for layer, each in zip(layers, states, strict=True)]
    stacked = [ops.stack(each) for each in zip(*before, strict=True)] if before else []
    count = None if found is None else ops.cast(found.number, dtype="int32")
    cells, backwards = [layer.cell for layer in layers], [layer.go_backwards for layer in layers]
    sequences, *after = recurrence(x, count, stacked, cells, backwards)
    results = []
    for k, layer in enumerate(layers):
        states_k = [state[k] for state in after]
        results.append(one_direction(layer, sequences[:, k], states_k, found, before and before[k]))
    return results


def one_direction(
    layer: Any, sequence: Node, states: list[Node], mask: Mask | None, before: Sequence[Node] | None
) -> list[Node]:
    """The output and the states of one layer, from the sequence (time, batch, units) that ONNX gives."""
    how = (layer.go_backwards, layer.zero_output_for_mask)
    if mask is None:
        output = sequence if layer.time_major else time_first(sequence)
        return [output if layer.return_sequences else states[0], *states]
    if layer.return_sequences:
        output = mask.spread(time_first(sequence), *how)
        output = time_first(output) if layer.time_major else output
    else:
        output = mask.last(states[0], *how)
    any_ = with_axes(mask.number > 0, 2)
    kept = before or [ops.zeros((), states[0].dtype)] * len(states)
    return [output, *(ops.where(any_, new, old) for new, old in zip(states, kept, strict=True))]
