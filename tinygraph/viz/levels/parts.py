"""The parts of a time step: the gates and states that a cell has named, each by a scope of its own."""

from __future__ import annotations

from collections.abc import Iterable

from tinygraph.graph import Node
from tinygraph.viz.levels.scopes import part


def parts(step: Iterable[Node]) -> dict[str, Node]:
    """Return what a cell has named among the nodes of one step, which come in an order of running.

    The value of a part is the last node in its scope.

    >>> import tinygraph as tg
    >>> x = tg.input("x", (2, 3))
    >>> with tg.scope("rnn"), tg.scope("t0"):
    ...     with tg.scope("gate"):
    ...         gate = tg.sigmoid(2.0 * x)
    ...     y = gate * x
    >>> parts(tg.Graph({"y": y}).nodes) == {"gate": gate}
    True
    """
    return {name: node for node in step if (name := part(node.scope))}
