"""Unrolling: a step written once for each time step, and what a mask does to it, for all cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

from tinygraph import ops
from tinygraph.graph import Node, current_scope, scope
from tinygraph.nn.masks import chosen

Step = Callable[[Node, list[Node]], tuple[Node, list[Node]]]


@dataclass(frozen=True)
class Unrolled:
    """What all time steps gave, in the order of running; step t stands in the scope ``t<t>`` of ``scope``."""

    scope: str
    times: Sequence[int]
    outputs: Sequence[Node]
    #: the states after each step
    states: Sequence[Sequence[Node]]
    #: the same as the cell made them: where a mask is False the states are other ones
    made: Sequence[Sequence[Node]]


def unroll(
    step: Step,
    inputs: Sequence[Node],
    states: list[Node],
    masks: Sequence[Node] | None = None,
    *,
    backwards: bool = False,
    zero_output: bool = False,
) -> Unrolled:
    """Return the outputs of all steps, and the states after each.

    Where a mask is False the step does not count: the states stay, and the output is the one before it (0 at
    first), or always 0 with ``zero_output``.

    Args:
        step: ``step(x_t, states)`` gives the output and the next states.
        inputs: x_t of each time step, each with the batch as first axis.
        states: those before the first step.
        masks: for each time step the truth values (batch, 1) of which samples it counts for.
        backwards: run from the last time step to the first.
        zero_output: what the output is where a step does not count.
    """
    times = range(len(inputs))[:: -1 if backwards else 1]
    outputs: list[Node] = []
    after_each: list[list[Node]] = []
    made: list[list[Node]] = []
    for t in times:
        with scope(f"t{t}"):
            output, after = step(inputs[t], states)
            if masks is None:
                states = after
            else:
                choice = cache(partial(chosen, masks[t]))  # one for an output that is a state as well
                before = _nothing(output, states) if zero_output or not outputs else outputs[-1]
                output = choice(output, before)
                states = [choice(new, old) for new, old in zip(after, states, strict=True)]
        outputs.append(output)
        after_each.append(states)
        made.append(after)
    return Unrolled(current_scope(), times, outputs, after_each, made)


def _nothing(output: Node, states: Sequence[Node]) -> Node:
    """Zeros in place of an output: those that a state begins as, if one does, so that both stay one value."""
    zeros = (state for state in states if state.attrs.get("number") == 0)
    alike = (state for state in zeros if (state.shape, state.dtype) == (output.shape, output.dtype))
    return next(alike, ops.zeros((), output.dtype))


def time_first(x: Node) -> Node:
    """Swap the first two axes: (batch, time, ...) and (time, batch, ...)."""
    return ops.transpose(x, axes=(1, 0, *range(2, x.ndim)))
