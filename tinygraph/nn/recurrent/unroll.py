"""Unrolling: a step written once for each time step, and what a mask does to it, for all cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tinygraph import ops
from tinygraph.graph import Node, current_scope, scope
from tinygraph.nn.masks import chosen

Step = Callable[[Node, list[Node]], tuple[Node, list[Node]]]


@dataclass(frozen=True)
class Unrolled:
    """One use of a recurrent layer: the scope that its steps ``t0``, ``t1``, ... stand in, and the output of
    each step and the states after it, in the order of running."""

    layer: Any
    scope: str
    outputs: Sequence[Node]
    states: Sequence[Sequence[Node]]

    @property
    def times(self) -> range:
        """The time steps in the order of running."""
        return range(len(self.outputs))[:: -1 if self.layer.go_backwards else 1]


def name_within(step: str, node: Node) -> str:
    """The name of a node that was made in the scope ``step``, as in ``i`` or ``cell/i``; "" if it has none."""
    inside = bool(node.name) and node.label.startswith(f"{step}/")
    return node.label.removeprefix(f"{step}/") if inside else ""


def unroll(
    step: Step,
    inputs: Sequence[Node],
    states: list[Node],
    masks: Sequence[Node] | None = None,
    *,
    backwards: bool = False,
    zero_output: bool = False,
) -> tuple[list[Node], list[list[Node]]]:
    """Return the outputs of all steps, and the states after each, in the order of running.

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
    times = range(len(inputs))
    outputs: list[Node] = []
    after_each: list[list[Node]] = []
    for t in reversed(times) if backwards else times:
        with scope(f"t{t}"):
            output, after = step(inputs[t], states)
            if masks is None:
                states = after
            else:
                choice = cache(_choice(masks[t]))  # one for an output that is a state as well
                before = _nothing(output, states) if zero_output or not outputs else outputs[-1]
                output = choice(output, before)
                states = [choice(new, old) for new, old in zip(after, states, strict=True)]
        outputs.append(output)
        after_each.append(states)
    return outputs, after_each


def _choice(mask: Node) -> Callable[[Node, Node], Node]:
    """What chooses a step's value where the mask is True, under the value's name, else the one before."""
    step = current_scope()
    return lambda new, old: chosen(mask, new, old).named(name_within(step, new))


def _nothing(output: Node, states: Sequence[Node]) -> Node:
    """Zeros in place of an output: those that a state begins as, if one does, so that both stay one value."""
    zeros = (state for state in states if state.attrs.get("number") == 0)
    alike = (state for state in zeros if (state.shape, state.dtype) == (output.shape, output.dtype))
    return next(alike, ops.zeros((), output.dtype))


def time_first(x: Node) -> Node:
    """Swap the first two axes: (batch, time, ...) and (time, batch, ...)."""
    return ops.transpose(x, axes=(1, 0, *range(2, x.ndim)))
