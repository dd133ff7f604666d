"""Series: the nodes of a recurrent layer that are one thing at every time step, such as a gate or a state."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial

from tinygraph.graph import Node, toposort
from tinygraph.nn.recurrent.unroll import Unrolled

#: A node for each time step.
Series = Sequence[Node]

#: The order in which the textbooks have gates and states; other names stand before them.
_ORDER = ("z", "r", "i", "f", "g", "o", "c", "h")


def states_of(unrolled: Unrolled) -> dict[str, Series]:
    """Return the states after each step, by the names of the scopes in which the cell makes them: h and c.

    A state that has none, or the same as another, is called by its number: ``state0``.
    """
    made_in = [
        {_below(unrolled.scope, t, node) for t, node in zip(unrolled.times, nodes, strict=True)}
        for nodes in zip(*unrolled.made, strict=True)
    ]
    names = [found.pop() if len(found) == 1 else "" for found in made_in]
    used = Counter(names)
    states = zip(*unrolled.states, strict=True)
    return {
        name if name and used[name] == 1 else f"state{number}": _by_time(unrolled, nodes)
        for number, (name, nodes) in enumerate(zip(names, states, strict=True))
    }


def series_of(unrolled: Unrolled) -> dict[str, Series]:
    """Return what the cell names at every step, gates and states, in the textbooks' order; and last the
    outputs, where they are none of these.

    The value of a name is the last node in its scope; a scope that holds states is that of a cell.
    """
    step = {f"t{t}": t for t in unrolled.times}
    named: dict[str, dict[int, Node]] = defaultdict(dict)
    inside = f"{unrolled.scope}/"
    for node in toposort([*unrolled.outputs, *(node for after in unrolled.made for node in after)]):
        first, _, name = node.scope.removeprefix(inside).partition("/")
        if name and first in step and node.inputs and node.scope.startswith(inside):
            named[name][step[first]] = node
    states = states_of(unrolled)
    cells = list(dict.fromkeys(name.rpartition("/")[0] for name in states))
    whole = {
        name: [at[t] for t in sorted(at)]
        for name, at in named.items()
        if len(at) == len(step) and name not in cells
    }
    series = whole | states
    outputs = _by_time(unrolled, unrolled.outputs)
    rest = {} if outputs in series.values() else {"output": outputs}
    return {name: series[name] for name in sorted(series, key=partial(_rank, cells))} | rest


def _below(scope: str, step: int, node: Node) -> str:
    """The scope of a node below a step's; "" outside of any."""
    path = f"{scope}/t{step}/"
    return node.scope.removeprefix(path) if node.inputs and node.scope.startswith(path) else ""


def _by_time(unrolled: Unrolled, nodes: Sequence[Node]) -> Series:
    return [node for _, node in sorted(zip(unrolled.times, nodes, strict=True), key=lambda pair: pair[0])]


def _rank(cells: Sequence[str], name: str) -> tuple[int, int]:
    """Where a name stands: with those of its cell, in their order."""
    cell, _, own = name.rpartition("/")
    return _place(cells, cell), _place(_ORDER, own)


def _place(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else -1
