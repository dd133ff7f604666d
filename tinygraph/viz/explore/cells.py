"""One time step of a layer, operation by operation, forward and backward: a drawing for each that differs."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tinygraph.graph import OPS, Graph, Node
from tinygraph.viz.explore.drawings import drawing
from tinygraph.viz.explore.store import Table
from tinygraph.viz.levels.adoption import adopted_steps
from tinygraph.viz.levels.operations import operations
from tinygraph.viz.levels.scopes import where
from tinygraph.viz.outline import Outline


def cells(nodes: Sequence[Node], names: Mapping[Node, str]) -> dict[str, Any]:
    """Return the drawings of all time steps, each different one once, and which nodes a step has in it.

    Args:
        nodes: of a graph, in an order of running.
        names: of gates, states and gradients; a step says them by their distance in time: ``h(t-1)``.
    """
    number = {node: k for k, node in enumerate(nodes)}
    readers: dict[Node, list[Node]] = defaultdict(list)
    for node in nodes:
        for source in dict.fromkeys(node.inputs):
            readers[source].append(node)
    time = adopted_steps(nodes, readers)
    members: dict[tuple[str, int], list[Node]] = defaultdict(list)
    for node in nodes:
        if node in time and node.inputs:
            members[where(node.scope).layer, time[node]].append(node)
    drawings: Table[str] = Table()
    steps = []
    for (layer, step), inside in members.items():
        said = {node: f"{name}({_ago(time[node] - step)})" for node, name in names.items() if node in time}
        outline, originals = _step(inside, readers, said)
        records = drawing(outline)
        boxes = [[number[originals[k]] for k in box.pop("nodes")] for box in records["boxes"]]
        for edge in records["edges"]:
            del edge["nodes"]
        steps.append(
            {"layer": layer, "step": step, "drawing": drawings.number(json.dumps(records)), "nodes": boxes}
        )
    return {"drawings": [json.loads(text) for text in drawings.entries], "steps": steps}


def _ago(steps: int) -> str:
    """A time as seen from a step: ``t-1`` is the one before."""
    return f"t{steps:+d}" if steps else "t"


def _step(
    inside: Sequence[Node], readers: Mapping[Node, Sequence[Node]], said: Mapping[Node, str]
) -> tuple[Outline, list[Node]]:
    """Return the outline of a step, whose nodes are ``inside``, and the node that each of its nodes is.

    What comes from elsewhere is an input. Values that are ``said`` have their names beside them.
    """
    new: dict[Node, Node] = {}
    for node in inside:
        inputs = tuple(new.setdefault(source, _from_outside(source, said)) for source in node.inputs)
        new[node] = Node(node.op, inputs, node.attrs, node.shape, node.dtype, scope=_pass(node))
    members = set(inside)
    ends = [node for node in inside if not members.issuperset(readers[node]) or not readers[node]]
    outputs = {said[node]: new[node] for node in inside if node in said}
    graph = Graph(outputs | {str(k): new[node] for k, node in enumerate(ends)})
    outline = operations(graph)
    boxes = (replace(box, outputs=tuple(n for n in box.outputs if n in outputs)) for box in outline.boxes)
    old = {after: before for before, after in new.items()}
    return replace(outline, boxes=tuple(boxes)), [old[node] for node in graph.nodes]


def _pass(node: Node) -> str:
    """The scope in which a node of a step stands when the step is on its own."""
    pass_ = where(node.scope).pass_
    return "" if pass_ == "forward" else pass_


def _from_outside(node: Node, said: Mapping[Node, str]) -> Node:
    if not node.inputs:
        return node
    name = said.get(node, node.op.name)
    return Node(OPS["input"], (), {}, node.shape, node.dtype, scope=_pass(node), name=name)
