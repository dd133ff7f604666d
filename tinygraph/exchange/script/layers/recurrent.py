"""Recurrent layers, and their cells: a layer of several cells is a chain of layers of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinygraph.exchange.script.functions import recurrent as functions
from tinygraph.exchange.script.layers.elementwise import activation_of
from tinygraph.exchange.script.layers.merging import wide
from tinygraph.exchange.script.layers.shape import channels_back, channels_last
from tinygraph.exchange.script.lines import Value
from tinygraph.exchange.script.writer import Writer, array_of, writes
from tinygraph.nn.arguments import flat
from tinygraph.nn.layer import Layer
from tinygraph.nn.recurrent.conv_lstm import ConvLSTMCell
from tinygraph.nn.recurrent.gru import GRUCell
from tinygraph.nn.recurrent.lstm import LSTMCell
from tinygraph.nn.recurrent.rnn import RNN
from tinygraph.nn.recurrent.simple import SimpleRNNCell
from tinygraph.nn.recurrent.stacked import StackedRNNCells


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
        x, mask = (v and s.let(f"np.swapaxes({v}, 0, 1)", v, v.shape, name=v.name) for v in (x, mask))
    if layer.go_backwards:
        x, mask = (v and s.let(f"{v}[:, ::-1]", v, v.shape, name=v.name) for v in (x, mask))
    x, runs = s.typed(layer.cell, 0, x), []
    for k, cell in enumerate(cells):
        own = None if initial is None else [initial.pop(0) for _ in cell.state_size]
        if runs:
            x = s.let(runs[-1].outputs, x)
        runs.append(run_cell(s, layer, cell, s.typed(cell, 0, x), mask, own, layer.return_state))
    output = last_or_all(s, layer, runs[-1], x, mask, start is not None)
    if not layer.return_state:
        return s.typed(layer, 0, output)
    return [s.typed(layer, 0, value) for value in [output, *(state for run in runs for state in run.states)]]


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
    kind = (
        next((cls for cls in CELLS if type(cell) is cls or type(cell).step is cls.step), None)
        if hasattr(type(cell), "step")
        else None
    )
    if kind is None:
        raise s.refuse(layer, f"has a cell of its own, {cell!r}, which cannot be written as a script.")
    weights = s.weights(layer if cell.name == layer.name else cell, **arrays_of(cell))
    how: dict[str, Any] = {"mask": mask, "activation": activation_of(s, layer, cell.activation)}
    if kind is not SimpleRNNCell:
        how["recurrent_activation"] = activation_of(s, layer, cell.recurrent_activation)
    form = getattr(cell, "data_format", "channels_last")
    if kind is ConvLSTMCell:
        x = channels_last(s, x, form, 2)
        how |= {"strides": cell.strides, "dilation": cell.dilation_rate}
        how["same"] = True if cell.padding == "same" else None
        initial = initial and [channels_last(s, state, form) for state in initial]
    if kind is GRUCell and not cell.reset_after:
        how["reset_after"] = False
    if initial is not None:
        how["initial_state"] = initial if len(initial) > 1 else initial[0]
    two = len(cell.state_size) == 2 and with_states
    use = s.call(CELLS[kind], x, weights=weights, **how, return_cell=True if two else None)
    if form == "channels_first":
        return _channels_first(s, use, x, two, form)
    if not with_states:
        return Run(use, [])
    y = s.value(None, x.dtype)
    c = [s.value(None, x.dtype, "c")] if two else []
    s.write([y, *c], use, x)
    return Run(y, [s.let(f"{y}[:, -1]", y, name="h"), *c])


def _channels_first(s: Writer, use: Any, x: Value, two: bool, form: str) -> Run:
    """The outputs and states of a cell whose channels stand first, in its format."""
    y = s.value(None, x.dtype)
    c = [s.value(None, x.dtype, "c")] if two else []
    s.write([y, *c], use, x)
    y = channels_back(s, y, form, 2)
    return Run(y, [s.let(f"{y}[:, -1]", y, name="h"), *(channels_back(s, each, form) for each in c)])


def last_or_all(s: Writer, layer: RNN, run: Run, x: Value, mask: Value | None, began: bool) -> Value:
    """The outputs of all steps, or of the last; 0 where a mask and the layer say so."""
    all_steps = layer.return_sequences
    rank = len(layer.output_shape(layer.built_shape)[0] if layer.return_state else ()) or len(_shape(layer))
    if all_steps:
        y = run.outputs if isinstance(run.outputs, Value) else s.let(run.outputs, x)
    elif run.states:
        y = run.states[0]
    else:
        y = s.let(f"{run.outputs}[:, -1]", x)
    if mask is not None and (layer.zero_output_for_mask or began):
        valid: Any = mask
        if not layer.zero_output_for_mask:  # the output is 0 before the first step that counts
            valid = s.let(f"np.logical_or.accumulate({mask}, axis=1)", mask, mask.shape, name="begun")
        if not all_steps:
            valid = s.let(f"{valid}[:, -1]", valid, (), name="counts")
        y = s.let(f"np.where({wide(valid, rank)}, {y}, 0.0)", y)
    if all_steps and layer.time_major:
        y = s.let(f"np.swapaxes({y}, 0, 1)", y)
    return y


def _shape(layer: RNN) -> Any:
    shape = layer.output_shape(layer.built_shape)
    return shape[0] if isinstance(shape, list) else shape


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
        own = [s.typed(cell, 0, states.pop(0)) for _ in cell.state_size]
        step = s.let(f"{x}[:, None]", x)
        run = run_cell(s, layer, cell, s.typed(cell, 0, step), None, own, True)
        x = run.states[0]
        after += run.states
    return [s.typed(layer, 0, x), *after]
