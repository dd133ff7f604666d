"""The names of the states that one time step hands to the next: h, c, and their gradients."""

from __future__ import annotations

from collections.abc import Sequence

from tinygraph.graph import Node
from tinygraph.ops.leaf import Parameter
from tinygraph.viz.levels.parts import shown_parts
from tinygraph.viz.levels.scopes import part
from tinygraph.viz.text import subscript


def state_names(values: Sequence[tuple[Node, Node]], pass_: str, step: int) -> dict[Node, str]:
    """Name the values that go from one step to another: pairs of a value and a node that reads it.

    A state has the name of the part of the step that it is, and its gradient that of the part which reads
    it. Where a cell names no parts, the state that meets a weight (the recurrent kernel) is the hidden
    state h; the one beside it, which is carried on element by element, is the cell state c. Where that
    does not tell them apart they have no names. Going backward, ∂h is the loss's derivative with respect
    to h of the step it arrives at.
    """
    nodes = list(dict.fromkeys(value for value, _ in values))
    prime = "∂" if pass_ == "backward" else ""
    named: dict[Node, set[str]] = {node: set() for node in nodes}
    for value, reader in values:
        named[value].add(part((reader if pass_ == "backward" else value).scope))
    parts = [found.pop() if len(found) == 1 else "" for found in named.values()]
    if all(parts) and len({*parts}) == len(nodes):
        shown = shown_parts(parts, step)
        return {node: f"{prime}{shown[name]}" for node, name in zip(nodes, parts, strict=True)}
    hidden = {value for value, reader in values if _meets_weight(value if pass_ == "backward" else reader)}
    if len(hidden) != 1 or len(nodes) > 2:
        return dict.fromkeys(nodes, "")
    return {node: f"{prime}{'h' if node in hidden else 'c'}{subscript(step)}" for node in nodes}


def _meets_weight(node: Node) -> bool:
    """Whether a node reads a parameter, or a transposed one."""
    behind = [source.inputs[0] if source.op.view else source for source in node.inputs if source.inputs]
    return any(isinstance(source, Parameter) for source in (*node.inputs, *behind))
