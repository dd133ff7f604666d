"""Recurrent layers, and their cells: a layer of several cells is a chain of layers of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.exchange.script.functions import recurrent as functions
from tinygraph.exchange.script.layers.elementwise import activation_of
from tinygraph.exchange.script.layers.merging import wide
from tinygraph.exchange.script.layers.shape import channels_back, channels_last
from tinygraph.exchange.script.lines import Value
from tinygraph.exchange.script.own import changes_what_it_computes
from tinygraph.exchange.script.writer import Writer, array_of, writes
from tinygraph.nn.arguments import flat
from tinygraph.nn.layer import Layer
from tinygraph.nn.recurrent.conv_lstm import ConvLSTMCell
from tinygraph.nn.recurrent.gru import GRUCell
from tinygraph.nn.recurrent.lstm import LSTMCell
from tinygraph.nn.recurrent.rnn import RNN
from tinygraph.nn.recurrent.simple import SimpleRNNCell
from tinygraph.nn.recurrent.stacked import StackedRNNCells
from tinygraph.nn.recurrent.states import output_shape


@dataclass
class Run:
    """What a cell gave: the code of its outputs, of all steps, and its last states if they are wanted."""

    outputs: Any
    states: list[Value]


@writes(RNN)
def _(s: Writer, layer: RNN, x: Value, given: dict[str, Any]) -> Any:
    if given.get("constants"):
        raise s.refuse(layer, "is given constants, which no cell takes that a script knows.")
    s.stateful |= layer.stateful
    mask = s.truth(given.get("mask"))
    cells = layer.cell.cells if isinstance(layer.cell, StackedRNNCells) else [layer.cell]
    start = given.get("initial_state")
    initial = None if start is None else [s.typed(layer.cell, 0, state) for state in flat(start)]
    if layer.time_major:
        x, mask = (turned(s, "np.swapaxes({}, 0, 1)", value) for value in (x, mask))
    if layer.go_backwards:
        x, mask = (turned(s, "{}[:, ::-1]", value) for value in (x, mask))
    x = s.typed(layer.cell, 0, x)
    runs: list[Run] = []
    for cell in cells:
        own = None if initial is None else [initial.pop(0) for _ in cell.state_size]
        if runs:
            outputs = runs[-1].outputs
            x = outputs if isinstance(outputs, Value) else s.let(outputs, x)
        runs.append(run_cell(s, layer, cell, x, mask, own, layer.return_state))
    output = last_or_all(s, layer, runs[-1], x, mask, start is not None)
    if not layer.return_state:
        return s.typed(layer, 0, output)
    return [s.typed(layer, 0, value) for value in [output, *(state for run in runs for state in run.states)]]


def turned(s: Writer, code: str, value: Any) -> Any:
    """A sequence or its mask, if there is one, with its steps in another order."""
    return value and s.let(code.format(value), value, value.shape, name=value.name)


def run_cell(
    s: Writer,
    layer: Layer,
    cell: Any,
    x: Value,
    mask: Value | None,
    initial: list[Value] | None,
    with_states: bool,
) -> Run:
    """Write a cell's run over time."""
    kind = next((cls for cls in type(cell).__mro__ if cls in CELLS), None)
    if kind is None or changes_what_it_computes(cell) or hasattr(cell, "get_initial_state"):
        raise s.refuse(layer, f"has a cell of its own, {cell!r}, which cannot be written as a script.")
    how, form = options_of(s, layer, cell), getattr(cell, "data_format", "channels_last")
    x = channels_last(s, x, form, 2)
    if initial is not None:
        states = [channels_last(s, state, form) for state in initial]
        how["initial_state"] = states if len(states) > 1 else states[0]
    weights = s.weights(layer if cell.name == layer.name else cell, **arrays_of(cell))
    with_c = with_states and len(cell.state_size) > 1
    use = s.call(CELLS[kind], x, weights=weights, **how, mask=mask, return_cell=with_c or None)
    if not with_states and form == "channels_last":
        return Run(use, [])
    dtype = np.result_type(x.dtype, cell.float)
    y, c = s.value(None, dtype), [s.value(None, dtype, "c")] if with_c else []
    s.write([y, *c], use, x)
    y = channels_back(s, y, form, 2)
    return Run(y, [s.let(f"{y}[:, -1]", y, name="h"), *(channels_back(s, each, form) for each in c)])


def options_of(s: Writer, layer: Layer, cell: Any) -> dict[str, Any]:
    """What a cell's function is given beside arrays; None is for what is as by default."""
    how: dict[str, Any] = {"activation": activation_of(s, layer, cell.activation)}
    if not isinstance(cell, SimpleRNNCell):
        how["recurrent_activation"] = activation_of(s, layer, cell.recurrent_activation)
    if isinstance(cell, GRUCell):
        how["reset_after"] = None if cell.reset_after else False
    if isinstance(cell, ConvLSTMCell):
        how |= {"strides": cell.strides, "dilation": cell.dilation_rate}
        how["same"] = cell.padding == "same" or None
    return how


def last_or_all(s: Writer, layer: RNN, run: Run, x: Value, mask: Value | None, began: bool) -> Value:
    """The outputs of all steps, or of the last; 0 where a mask and the layer say so."""
    every = layer.return_sequences
    if run.states and not every:
        y = run.states[0]
    elif every and isinstance(run.outputs, Value):
        y = run.outputs
    else:
        y = s.let(run.outputs if every else f"{run.outputs}[:, -1]", x)
    if mask is not None and (layer.zero_output_for_mask or began):
        valid: Any = mask
        if not layer.zero_output_for_mask:  # the output is 0 before the first step that counts
            valid = s.let(f"np.logical_or.accumulate({mask}, axis=1)", mask, mask.shape, name="begun")
        if not every:
            valid = s.let(f"{valid}[:, -1]", valid, (), name="counts")
        rank = every + len(output_shape(layer.cell))
        y = s.let(f"np.where({wide(valid, rank)}, {y}, 0.0)", y)
    return s.let(f"np.swapaxes({y}, 0, 1)", y) if every and layer.time_major else y


def arrays_of(cell: Any) -> dict[str, Any]:
    """A cell's weights by the names that its function has for them."""
    arrays = {"kernel": cell.kernel, "recurrent_kernel": cell.recurrent_kernel}
    if not cell.use_bias:
        return arrays
    if isinstance(cell, GRUCell) and cell.reset_after:
        bias, recurrent_bias = array_of(cell.bias)
        return arrays | {"bias": bias, "recurrent_bias": recurrent_bias}
    return arrays | {"bias": cell.bias}


#: cell -> function that runs it
CELLS: dict[type, Any] = {
    ConvLSTMCell: functions.conv_lstm,
    LSTMCell: functions.lstm,
    GRUCell: functions.gru,
    SimpleRNNCell: functions.simple_rnn,
}


@writes(*CELLS, StackedRNNCells)
def _(s: Writer, layer: Any, x: Value, given: dict[str, Any]) -> list[Value]:
    """A cell by itself: a sequence of one step."""
    states, after = flat(given["states"]), []
    for cell in layer.cells if isinstance(layer, StackedRNNCells) else [layer]:
        own = [states.pop(0) for _ in cell.state_size]
        run = run_cell(s, layer, cell, s.let(f"{x}[:, None]", x), None, own, True)
        x = run.states[0]
        after += run.states
    return [x, *after]
