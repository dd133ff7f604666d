"""Walks over nodes in an order in which they can be run, none of them deeper than Python likes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tinygraph.graph.errors import GraphError
from tinygraph.graph.node import Node


def toposort(roots: Iterable[Node]) -> list[Node]:
    """Return every node that ``roots`` need, each after its inputs; iterative, so depth is no limit."""
    order: dict[Node, None] = {}
    stack = list(roots)[::-1]
    while stack:
        node = stack[-1]
        if node in order:
            stack.pop()
            continue
        height = len(stack)
        for source in node.inputs[::-1]:
            if source not in order:
                stack.append(source)
        if len(stack) == height:
            order[stack.pop()] = None
    return list(order)


def rebuilt(nodes: Sequence[Node], roots: Iterable[Node], new: Mapping[Node, Node]) -> dict[Node, Node]:
    """Return what each of ``nodes`` that ``roots`` still need becomes with ``new`` inputs.

    ``nodes`` stand in order, and so does what is returned: to go along them takes two thirds of the time of
    a walk from the roots. A node above which nothing is new stays itself.
    """
    needed = _needed(nodes, roots, new)
    built: dict[Node, Node] = {}
    become, changed = built.__getitem__, set(new)
    stays = changed.isdisjoint
    for node in nodes:
        if node not in needed or node in built:
            continue
        if node in new:
            built[node] = _built(new[node], new, built, changed)
        elif stays(node.inputs):
            built[node] = node
        else:
            built[node] = node.with_inputs(tuple(map(become, node.inputs)))
            changed.add(node)
    return built


def _needed(nodes: Sequence[Node], roots: Iterable[Node], new: Mapping[Node, Node]) -> set[Node]:
    """Return those of ``nodes`` that ``roots`` need with ``new`` inputs, and what is new.

    Not all: where a replacement is made of a node that stands behind it, it is built with that.
    """
    there, needed = set(nodes), set(roots)
    for node in reversed(nodes):
        if node not in needed:
            continue
        if node not in new:
            needed.update(node.inputs)
            continue
        made = [new[node]]
        while made:
            source = made.pop()
            if source not in needed:
                needed.add(source)
                if source not in there:
                    made += source.inputs
    return needed


def _built(root: Node, new: Mapping[Node, Node], built: dict[Node, Node], changed: set[Node]) -> Node:
    """Return what ``root`` becomes with ``new`` inputs; it and all that it needs joins what is ``built``."""
    opened: set[Node] = set()
    stack = [root]
    while stack:
        node = stack[-1]
        if node in built:
            stack.pop()
            continue
        inputs = [new.get(source, source) for source in node.inputs]
        waiting = [source for source in inputs if source not in built]
        if not waiting:
            made = tuple([built[source] for source in inputs])
            if made == node.inputs:
                built[node] = node
            else:
                built[node] = node.with_inputs(made)
                changed.add(node)
        elif node in opened:  # it is needed to build what it waits for
            raise GraphError(f"substitute: {node!r} would need its own result.")
        else:
            opened.add(node)
            stack += waiting[::-1]
    return built[root]
