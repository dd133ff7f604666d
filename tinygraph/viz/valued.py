"""Values in a drawing: what boxes are worth on given data, and how much gradient flows along each edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tinygraph.graph import Graph, Node
from tinygraph.nn.arrays import check_lengths
from tinygraph.nn.data import inputs_of
from tinygraph.nn.targets import targets_of
from tinygraph.nn.training import Trainable
from tinygraph.viz.levels.scopes import where
from tinygraph.viz.observe import Array, norm, observe
from tinygraph.viz.outline import Box, Outline
from tinygraph.viz.subject import Subject, check_built, subject
from tinygraph.viz.text import short


def observable(thing: Any, values: Any, passes: Sequence[str]) -> tuple[Subject, Mapping[str, Array]]:
    """Return what is drawn of a model or nodes on the ``values`` of `draw`, and what its inputs are fed.

    Raises:
        TypeError: of a graph of nodes something else than a dict of arrays by input name.
        ValueError: no true values, where there are gradients.
        DataError: data that do not fit the model.
    """
    if not isinstance(thing, Trainable):
        if not isinstance(values, Mapping):
            came = type(values).__name__
            raise TypeError(f"draw: values of nodes are a dict of arrays by input name, got {came}.")
        return subject(thing, passes), values
    check_built(thing)
    x, y = values if isinstance(values, tuple) and len(values) == 2 else (values, None)
    if y is None and set(passes) != {"forward"}:
        raise ValueError("draw: gradients need true values as well: values=(x, y).")
    samples = inputs_of(thing, x)
    feeds = samples.arrays
    if y is not None:
        targets = targets_of(thing, thing.heads(), y)
        check_lengths({"x": samples, "y": targets})
        feeds = {**feeds, **targets.arrays}
    return subject(thing, passes, len(samples)), feeds


def valued(outline: Outline, graph: Graph, feeds: Mapping[str, Array]) -> Outline:
    """Return an outline of ``graph`` with the values for ``feeds``.

    The note of a box says its value if that is one number, else its norm; an edge of the backward pass has
    the norm of the gradients that flow there as its strength.
    """
    nodes = list(dict.fromkeys((*graph.nodes, *graph.leaves)))
    shown = {box.id: nodes[box.members[-1]] for box in outline.boxes if _says_value(box, outline.level)}
    slopes = _slopes(nodes)
    carried = {k: [nodes[m] for m in edge.members] for k, edge in enumerate(outline.edges)}
    flowing = {k: found for k, every in carried.items() if (found := [n for n in every if n in slopes])}
    values = observe([*shown.values(), *(node for every in flowing.values() for node in every)], feeds)
    boxes = [
        replace(box, note=", ".join(filter(None, (box.note, said(values[shown[box.id]])))))
        if box.id in shown
        else box
        for box in outline.boxes
    ]
    edges = [
        replace(edge, strength=_together(flowing[k], values)) if k in flowing else edge
        for k, edge in enumerate(outline.edges)
    ]
    return replace(outline, boxes=tuple(boxes), edges=tuple(edges))


def _says_value(box: Box, level: str) -> bool:
    """Whether the last member of a box is what it is worth: not of a step of an input, or of gradients."""
    step_of_input = level == "unrolled" and box.kind == "input" and box.column is not None
    several = len(box.members) > 1 and (box.pass_ != "forward" or box.kind == "output")
    return bool(box.members) and not (step_of_input or several or box.kind == "ellipsis")


def _slopes(nodes: Sequence[Node]) -> set[Node]:
    """The nodes that follow from dL/dL = 1, which is a leaf of the backward pass: not a transposed weight."""
    found: set[Node] = set()
    for node in nodes:
        if where(node.scope).pass_ == "backward" and (not node.inputs or not found.isdisjoint(node.inputs)):
            found.add(node)
    return found


def _together(nodes: Sequence[Node], values: Mapping[Node, Array]) -> float:
    """The norm of all the values together."""
    return norm(np.array([norm(values[node]) for node in nodes]))


def said(value: Array) -> str:
    """Return one number as it is, an array by its norm.

    >>> said(np.array(0.25)), said(np.array([3.0, 4.0])), said(np.array([np.nan, 1.0]))
    ('= 0.25', 'norm 5', 'norm NaN')
    """
    number = float(value.reshape(())) if value.size == 1 else norm(value)
    return f"{'=' if value.size == 1 else 'norm'} {short(number)}"
