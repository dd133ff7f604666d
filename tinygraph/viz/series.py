"""Series: the nodes of a recurrent layer that are one thing at every time step, such as a gate or a state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tinygraph.graph import Node, toposort
from tinygraph.nn.recurrent.unroll import Unrolled, name_within

#: A node for each time step.
Series = Sequence[Node]

#: The order in which the textbooks have gates and states; other names stand before them.
_ORDER = ("z", "r", "i", "f", "g", "o", "c", "h")


def states_of(unrolled: Unrolled) -> dict[str, Series]:
    """Return the states after each step, by the names that the cell gives them: h, or h and c.

    A state that the cell gives no name, or one to two of them, is called by its number: ``state0``.
    """
    columns = [_by_time(unrolled, column) for column in zip(*unrolled.states, strict=True)]
    names = [{name_within(f"{unrolled.scope}/t{t}", node) for t, node in enumerate(c)} for c in columns]
    only = [found.pop() if len(found) == 1 else "" for found in names]
    used = Counter(only)
    return {
        name if name and used[name] == 1 else f"state{number}": column
        for number, (name, column) in enumerate(zip(only, columns, strict=True))
    }


def series_of(unrolled: Unrolled) -> dict[str, Series]:
    """Return what the cell names at every step, gates and states, in the textbooks' order; and last the
    outputs, where they are none of these."""
    states = states_of(unrolled)
    outputs = _by_time(unrolled, unrolled.outputs)
    steps = [f"{unrolled.scope}/t{t}/" for t in range(len(outputs))]
    time = {step: t for t, step in enumerate(steps)}
    found: dict[str, dict[int, Node]] = {}
    for node in toposort([*outputs, *(node for after in unrolled.states for node in after)]):
        if node.name and node.inputs and (t := _step_in(unrolled.scope, node, time)) is not None:
            found.setdefault(node.label.removeprefix(steps[t]), {})[t] = node
    whole = {name: [at[t] for t in sorted(at)] for name, at in found.items() if len(at) == len(steps)}
    series = whole | states
    rest = {} if outputs in series.values() else {"output": outputs}
    return {name: series[name] for name in sorted(series, key=_rank)} | rest


def _rank(name: str) -> tuple[str, int]:
    """Where a name stands: with those of its cell."""
    cell, _, own = name.rpartition("/")
    return cell, _ORDER.index(own) if own in _ORDER else -1


def _by_time(unrolled: Unrolled, nodes: Sequence[Node]) -> Series:
    """Nodes in the order of running, by time."""
    return list(nodes)[:: unrolled.times.step]


def _step_in(scope: str, node: Node, time: Mapping[str, int]) -> int | None:
    """The time step of the layer in ``scope`` that a node stands in."""
    if not node.scope.startswith(f"{scope}/t"):
        return None
    step = node.scope.removeprefix(f"{scope}/").partition("/")[0]
    return time.get(f"{scope}/{step}/")
