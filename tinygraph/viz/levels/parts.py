"""The parts of a time step: the gates and states that a cell has named, each by a scope of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from tinygraph.graph import Node
from tinygraph.viz.levels.scopes import part, without_use
from tinygraph.viz.text import subscript


def parts(step: Iterable[Node]) -> dict[str, Node]:
    """Return what a cell has named among the nodes of one step, which come in an order of running.

    The value of a part is the last node in its scope. A scope around others, as that of one of several
    cells, is no part.

    >>> import tinygraph as tg
    >>> x = tg.input("x", (2, 3))
    >>> with tg.scope("rnn"), tg.scope("t0"):
    ...     with tg.scope("gate"):
    ...         gate = tg.sigmoid(2.0 * x)
    ...     y = gate * x
    >>> parts(tg.Graph({"y": y}).nodes) == {"gate": gate}
    True
    """
    found = {name: node for node in step if (name := part(node.scope))}
    outer = {name[:end] for name in found for end, letter in enumerate(name) if letter == "/"}
    return {name: node for name, node in found.items() if name not in outer}


def shown_parts(names: Collection[str], step: int) -> dict[str, str]:
    """Return how drawings write parts of a step: by the last of their scopes, if that tells them apart.

    >>> shown_parts(["lstm/h", "lstm/c", "gru/h"], 3)
    {'lstm/h': 'lstm/h₃', 'lstm/c': 'c₃', 'gru/h': 'gru/h₃'}
    """
    last = {name: without_use(name.rpartition("/")[2]) for name in names}
    used = Counter(last.values())
    return {name: (last[name] if used[last[name]] == 1 else name) + subscript(step) for name in names}
