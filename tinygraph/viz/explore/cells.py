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
from tinygraph.viz.outline import Box, Outline


def cells(
    nodes: Sequence[Node], names: Mapping[Node, str], adjoint: Mapping[Node, Node]
) -> dict[str, list[Any]]:
    """Return the drawings of all time steps, each different one once, and which nodes a step has in it.

    A step says what comes from others by its distance in time, as in h(t-1): so steps are alike.

    Args:
        nodes: of a graph, in an order of running.
        names: of gates and states.
        adjoint: d loss / d node by node; that of h is called ∂h.
    """
    number = {node: k for k, node in enumerate(nodes)}
    readers: dict[Node, list[Node]] = defaultdict(list)
    members: dict[tuple[str, int], list[Node]] = defaultdict(list)
    for node in nodes:
        for source in dict.fromkeys(node.inputs):
            readers[source].append(node)
        place = where(node.scope)
        if node.inputs and place.step is not None:
            members[place.layer, place.step].append(node)
    time = adopted_steps(nodes, readers)
    named = {node: (name, time[node]) for node, name in names.items() if node in time}
    named = {adjoint[n]: (f"∂{name}", t) for n, (name, t) in named.items() if n in adjoint} | named
    drawings: Table[str] = Table()
    steps: list[Any] = []
    for (layer, step), inside in members.items():
        said = {node: f"{name}({_ago(t - step)})" for node, (name, t) in named.items()}
        around = {n: f"{_called(n)}({_ago(t - step)})" for n, t in time.items() if n.inputs}
        outline, originals = _step(inside, readers, said, {**around, **said})
        records = drawing(outline)
        boxes = [[number[originals[k]] for k in box.pop("nodes")] for box in records["boxes"]]
        for edge in records["edges"]:
            del edge["nodes"]
        picture = drawings.number(json.dumps(records))
        steps.append({"layer": layer, "step": step, "drawing": picture, "nodes": boxes})
    return {"drawings": [json.loads(text) for text in drawings.entries], "steps": steps}


def _ago(steps: int) -> str:
    """A time as seen from a step: ``t-1`` is the one before."""
    return f"t{steps:+d}" if steps else "t"


def _called(node: Node) -> str:
    """What a step calls a value without a name that is not its own: x is cut out of the layer's input."""
    place = where(node.scope)
    cut = node.op.name == "slice" and place.step is None and node.dtype.kind == "f"
    return ("x" if place.pass_ == "forward" else "∂y") if cut else str(node.op.name)


def _step(
    inside: Sequence[Node],
    readers: Mapping[Node, Sequence[Node]],
    said: Mapping[Node, str],
    around: Mapping[Node, str],
) -> tuple[Outline, list[Node]]:
    """Return the outline of a step, whose nodes are ``inside``, and the node that each of its nodes is.

    What is ``around`` it is an input. Values that are ``said`` have their names beside them.
    """
    new: dict[Node, Node] = {}
    for node in inside:
        for source in node.inputs:
            if source not in new:
                new[source] = _from_outside(source, around)
        inputs = tuple(new[source] for source in node.inputs)
        new[node] = Node(node.op, inputs, node.attrs, node.shape, node.dtype, scope=_pass(node))
    members = set(inside)
    ends = [node for node in inside if not members.issuperset(readers[node]) or not readers[node]]
    outputs = {said[node]: new[node] for node in inside if node in said}
    graph = Graph(outputs | {str(k): new[node] for k, node in enumerate(ends)})
    outline = operations(graph)
    boxes = tuple(_box(box, graph.nodes[box.nodes[0]], outputs) for box in outline.boxes)
    old = {after: before for before, after in new.items()}
    return replace(outline, title="", boxes=boxes), [old[node] for node in graph.nodes]


def _box(box: Box, node: Node, outputs: Mapping[str, Node]) -> Box:
    """A box that says a leaf by its name alone, and only outputs that have one."""
    label = node.name if node.name and not node.inputs else box.label
    return replace(box, label=label, outputs=tuple(name for name in box.outputs if name in outputs))


def _pass(node: Node) -> str:
    """The scope in which a node of a step stands when the step is on its own."""
    pass_ = where(node.scope).pass_
    return "" if pass_ == "forward" else pass_


def _from_outside(node: Node, around: Mapping[Node, str]) -> Node:
    if not node.inputs:
        return node
    name = around.get(node, node.op.name)
    return Node(OPS["input"], (), {}, node.shape, node.dtype, scope=_pass(node), name=name)
