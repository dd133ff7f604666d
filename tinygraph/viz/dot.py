"""Writes an outline in DOT, through the `graphviz` package. The ``dot`` program is not needed for that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from typing import Any

import graphviz  # type: ignore[import-untyped]

from tinygraph.viz.outline import Box, Edge, Group, Outline, Weight, renamed
from tinygraph.viz.palette import FAINT, INK, MUTED, PANEL, PAPER, SAVED, STYLES, WEIGHT, WEIGHT_FILL
from tinygraph.viz.strength import Thickness
from tinygraph.viz.text import product_text, visible

#: The boxes of a layer by pass and column.
Steps = Mapping[tuple[str, int | None], list[Box]]

_SHAPES = {"input": "oval", "output": "oval", "param": "cylinder", "ellipsis": "plaintext"}
_DASHES = {"forward": "solid", "backward": "dashed", "update": "dotted"}


class Digraph(graphviz.Digraph):  # type: ignore[misc]
    """A `graphviz.Digraph` that a notebook shows as source where there is no ``dot`` program."""

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> dict[str, str]:
        try:
            shown: dict[str, str] = super()._repr_mimebundle_(*args, **kwargs)
        except graphviz.ExecutableNotFound:
            shown = {"text/plain": self.source}
        return shown


def dot(*outlines: Outline) -> Digraph:
    """Return an outline as a `graphviz.Digraph`: layers are clusters, and so are steps of several boxes.

    Of several outlines each is a cluster.
    The weights that the steps of a layer share are one cylinder in its cluster, without any edge. What goes
    back, in time or up through the layers, is written the other way round, so that ``dot`` finds no circle.
    """
    graph = Digraph("tinygraph")
    label = _label(outlines[0]) if len(outlines) == 1 else ""
    graph.attr(label=label, labelloc="t", fontname="Helvetica", bgcolor=PAPER, newrank="true")
    graph.attr(remincross="false")  # the second look at crossings forgets the order of time
    graph.attr("node", fontname="Helvetica", fontsize="12", shape="box", fontcolor=INK)
    graph.attr("edge", fontname="Helvetica", fontsize="11", arrowsize="0.7")
    # A step is a rank where it is several boxes, else a place in a row: dot keeps both in order of time.
    steps = [_steps(outline) for outline in outlines]
    rows = not any(len(boxes) > 1 for layers in steps for each in layers.values() for boxes in each.values())
    graph.attr(rankdir="TB" if rows else "LR")
    if len(outlines) == 1:
        _fill(graph, outlines[0], rows)
        return graph
    for number, outline in enumerate(outlines):
        with graph.subgraph(name=f"cluster_{number}") as cluster:
            cluster.attr(label=_label(outline), color=FAINT)
            prefix = f"p{number}_".__add__
            _fill(cluster, renamed(outline, prefix, prefix), rows)
    return graph


def _steps(outline: Outline) -> dict[str, Steps]:
    """The boxes of the layers that have steps."""
    steps: dict[str, Steps] = defaultdict(lambda: defaultdict(list))
    for box in outline.boxes:
        if box.column is not None and box.group:
            steps[box.group][box.pass_, box.column].append(box)
    return steps


def _fill(graph: Digraph, outline: Outline, rows: bool) -> None:
    """Boxes and edges of an outline; layers with steps are clusters."""
    steps = _steps(outline)
    for box in outline.boxes:
        if box.column is None or not box.group:
            _add_box(graph, box)
    for group in outline.groups:
        if group.id in steps:
            with graph.subgraph(name=f"cluster_{group.id}") as cluster:
                _fill_layer(cluster, group, steps[group.id], rows)
    box_of = {box.id: box for box in outline.boxes}
    thickness = Thickness(outline.edges)
    for edges in _together(outline.edges):
        source, target = box_of[edges[0].source], box_of[edges[0].target]
        _add_edge(graph, edges, source, target, thickness)
        for above in steps[source.group].get(("backward", source.column), ()):
            if source.group != target.group and source.pass_ == target.pass_ == "forward":
                graph.edge(above.id, target.id, style="invis")  # the layer's gradients, above the next layer


def _label(outline: Outline) -> str:
    """Title, notes and what the lines mean."""
    drawn = {box.pass_ for box in outline.boxes} | {edge.pass_ for edge in outline.edges}
    lines = (f"{style.meaning} ({_DASHES[name]})" for name, style in STYLES.items() if name in drawn)
    return _text(outline.title, *outline.notes, " · ".join(lines))


def _fill_layer(cluster: Digraph, group: Group, steps: Steps, rows: bool) -> None:
    """A layer: its weights, and its steps, in a row for each pass or each in a cluster of its own."""
    label = _text(group.label, group.type, group.note)
    cluster.attr(label=label, labeljust="l", style="rounded,filled", fillcolor=PANEL, color=FAINT)
    row: dict[str, list[str]] = defaultdict(list)
    if group.weights:
        text = _text(*(_weight(weight) for weight in group.weights))
        look = {"fillcolor": WEIGHT_FILL, "color": WEIGHT, "style": "filled", "margin": "0.1,0.15"}
        cluster.node(f"{group.id}_weights", text, shape="cylinder", **look)
        row["forward"].append(f"{group.id}_weights")
    for (pass_, column), boxes in sorted(steps.items()):
        row[pass_].append(boxes[0].id)
        with ExitStack() as inner:
            place = cluster
            if len(boxes) > 1:
                place = inner.enter_context(
                    cluster.subgraph(name=f"cluster_{group.id}_{pass_}_{(column or 0) + 1}")
                )
                place.attr(label="", style="rounded,filled", fillcolor=PAPER, color=FAINT)
            for box in boxes:
                _add_box(place, box)
    for ids in row.values() if rows else ():
        with cluster.subgraph() as side_by_side:
            side_by_side.attr(rank="same")
            for left, right in pairwise(ids):
                side_by_side.edge(left, right, style="invis", weight="10")


def _add_box(graph: Digraph, box: Box) -> None:
    lines = [box.label, " · ".join(part for part in (box.type, box.dtype, box.shape) if part), box.note]
    lines += [*(_weight(weight) for weight in box.weights), *box.remarks, box.mark]
    lines += [f"→ {name}" for name in box.outputs]
    style = STYLES[box.pass_]
    look: dict[str, Any] = {"fillcolor": style.fill, "color": style.stroke}
    if box.kind in ("input", "output", "constant", "ellipsis"):
        look = {"fillcolor": PAPER, "color": MUTED}
    elif box.kind == "param":
        look = {"fillcolor": WEIGHT_FILL, "color": WEIGHT}
    look["style"] = f"filled,{_DASHES[box.pass_]}"
    if box.mark in ("new", "gone"):
        look |= {"peripheries": "2"} if box.mark == "new" else {"fillcolor": PAPER}
    graph.node(box.id, _text(*lines), shape=_SHAPES.get(box.kind, "box"), tooltip=_text(box.scope), **look)


def _together(edges: Iterable[Edge]) -> Iterable[list[Edge]]:
    """Edges that differ in nothing but their labels, such as h and c between two steps, are one."""
    found: dict[Edge, list[Edge]] = defaultdict(list)
    for edge in edges:
        found[replace(edge, label="", members=(), strength=None)].append(edge)
    return found.values()


def _add_edge(graph: Digraph, edges: Sequence[Edge], source: Box, target: Box, thickness: Thickness) -> None:
    edge = edges[0]
    style = SAVED if edge.saved else STYLES[edge.pass_]
    carried = f"{source.dtype} {source.shape}".strip()
    look = {"color": style.stroke, "fontcolor": style.stroke, "style": _DASHES[edge.pass_]}
    look["tooltip"] = _text(carried)
    if edge.saved and (source.group, source.column) != (target.group, target.column):
        look["constraint"] = "false"  # what is read again somewhere else decides nothing
    in_time = source.group == target.group and None not in (source.column, target.column)
    back = source.pass_ == target.pass_ == "backward"
    if in_time:
        back = (source.column or 0) > (target.column or 0)
    if back:
        look["dir"] = "back"
    ends = (edge.target, edge.source) if back else (edge.source, edge.target)
    look["penwidth"] = str(max(thickness.of(each, style.width) for each in edges))
    graph.edge(*ends, _text(", ".join(e.label for e in edges if e.label)) or None, **look)


def _weight(weight: Weight) -> str:
    return f"{weight.name} {product_text(weight.shape)}"


def _text(*lines: str) -> str:
    """Return lines as one label in which nothing is markup, an escape or an entity."""
    shown = (visible(line).replace("&", "&amp;") for line in lines if line)
    return graphviz.nohtml("\\n".join(graphviz.escape(line) for line in shown))
