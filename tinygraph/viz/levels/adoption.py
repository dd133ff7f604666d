"""The time step of every node that serves one step only, though it stands outside of the step's scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tinygraph.graph import Node
from tinygraph.viz.levels.scopes import step_layers, where


def adopted_steps(nodes: Sequence[Node], readers: Mapping[Node, Sequence[Node]]) -> dict[Node, int]:
    """Return the step of each node that has one: by its scope, or because all its readers, or else all
    its inputs, belong to one step of its layer. So the slice that cuts x₃ out of x stands at t = 3.
    """
    stepped = step_layers(nodes)
    found = {node: step for node in nodes if (step := where(node.scope).step) is not None}

    def adopt(node: Node, near: Iterable[Node]) -> None:
        layer = where(node.scope).layer
        if node in found or layer not in stepped or node.op.name == "input":
            return
        places = {(where(other.scope).layer, found.get(other)) for other in near}
        if len(places) == 1 and (place := places.pop())[0] == layer and place[1] is not None:
            found[node] = place[1]

    for node in reversed(nodes):
        adopt(node, readers.get(node, ()))
    for node in nodes:
        adopt(node, node.inputs)
    return found
