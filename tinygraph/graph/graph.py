"""`Graph`: named output nodes, and the new values of its parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

from tinygraph.graph.errors import GraphError
from tinygraph.graph.node import Node
from tinygraph.graph.order import rebuilt, toposort


@dataclass(frozen=True, eq=False)
class Graph:
    """Named outputs, and ``updates``: the node whose value each parameter takes after a run.

    >>> import tinygraph as tg
    >>> x = tg.input("x", (2, 3))
    >>> graph = tg.Graph({"y": tg.tanh(x) * 2.0})
    >>> graph.count()
    {'constant': 1, 'input': 1, 'multiply': 1, 'tanh': 1}
    """

    outputs: Mapping[str, Node]
    updates: Mapping[Any, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what in (self.outputs, self.updates):
            if not isinstance(what, Mapping):
                raise GraphError(
                    f"Graph: expected nodes by name, {{'y': node}}, and updates by parameter, got "
                    f"{type(what).__name__}."
                )
        # Copies: whoever still holds the given dicts cannot change the graph through them.
        object.__setattr__(self, "outputs", dict(self.outputs))
        object.__setattr__(self, "updates", dict(self.updates))

    @cached_property
    def roots(self) -> Sequence[Node]:
        """The outputs, then the new values of the parameters."""
        return (*self.outputs.values(), *self.updates.values())

    @cached_property
    def nodes(self) -> list[Node]:
        """Every node in an order in which it can be run."""
        return toposort(self.roots)

    @cached_property
    def leaves(self) -> list[Node]:
        """The nodes without inputs: inputs, parameters and constants, updated parameters included."""
        used = dict.fromkeys(node for node in self.nodes if not node.inputs)
        return list(used | dict.fromkeys(self.updates))

    @cached_property
    def inputs(self) -> list[Node]:
        """The leaves that are fed at each run."""
        return [leaf for leaf in self.leaves if leaf.op.fed]

    @cached_property
    def uses(self) -> Counter[Node]:
        """How often each node is an input of another, an output or an update."""
        return Counter(chain(self.roots, *(node.inputs for node in self.nodes)))

    def count(self) -> dict[str, int]:
        """Return how often each operation is used, by name."""
        return dict(sorted(Counter(node.op.name for node in self.nodes).items()))

    def substitute(self, new: Mapping[Node, Node]) -> Graph:
        """Return this graph with each node ``old`` replaced by ``new[old]``, in one pass.

        A replacement may be built on nodes that are themselves replaced. Raises `GraphError` where a
        replacement has another shape or dtype, or needs the very node that it replaces.
        """
        for old, node in new.items():
            if (node.shape, node.dtype) != (old.shape, old.dtype):
                raise GraphError(f"substitute: {node!r} cannot stand for {old!r}.")
        final = {old: self.resolve(old, new) for old in new}
        built = rebuilt(self.nodes, self.roots, final)
        graph = Graph(
            {name: built[node] for name, node in self.outputs.items()},
            {leaf: built[node] for leaf, node in self.updates.items()},
        )
        graph.__dict__["nodes"] = list(dict.fromkeys(built.values()))
        return graph

    @staticmethod
    def resolve(node: Node, new: Mapping[Node, Node]) -> Node:
        """Follow ``new`` from ``node`` to the node that finally stands for it."""
        for _ in range(len(new) + 1):
            if node not in new:
                return node
            node = new[node]
        raise GraphError(f"substitute: replacements of {node!r} go round in a circle.")
