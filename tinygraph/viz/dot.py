"""Writes an outline in DOT, through the `graphviz` package. The ``dot`` program is not needed for that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tinygraph.viz.outline import Box, Edge, Group, Outline, Weight, renamed
from tinygraph.viz.palette import FAINT, INK, MUTED, PANEL, PAPER, SAVED, STYLES, WEIGHT, WEIGHT_FILL
from tinygraph.viz.text import product_text, visible

if TYPE_CHECKING:
    from graphviz import Digraph  # type: ignore[import-untyped]

_SHAPES = {"input": "oval", "output": "oval", "param": "cylinder", "ellipsis": "plaintext"}
_DASHES = {"forward": "solid", "backward": "dashed", "update": "dotted"}


def dot(outline: Outline) -> Digraph:
    """Return an outline as a `graphviz.Digraph`: layers are clusters, and so are steps of several boxes.

    The weights that the steps of a layer share are one cylinder in its cluster, without any edge.
    """
    graph = _empty(_text(outline.title, *outline.notes))
    _fill(graph, outline)
    return graph


def clusters(outlines: Iterable[Outline]) -> Digraph:
    """Return several outlines as one `graphviz.Digraph`, each a cluster."""
    graph = _empty("")
    for number, outline in enumerate(outlines):
        with graph.subgraph(name=f"cluster_{number}") as cluster:
            cluster.attr(label=_text(outline.title, *outline.notes), color=FAINT)
            prefix = f"p{number}_".__add__
            _fill(cluster, renamed(outline, prefix, prefix))
    return graph


def _empty(label: str) -> Digraph:
    import graphviz

    graph = graphviz.Digraph("tinygraph")
    graph.attr(label=label, labelloc="t", fontname="Helvetica", bgcolor=PAPER, newrank="true")
    graph.attr("node", fontname="Helvetica", fontsize="12", shape="box", fontcolor=INK)
    graph.attr("edge", fontname="Helvetica", fontsize="11")
    return graph


def _fill(graph: Digraph, outline: Outline) -> None:
    """Boxes and edges; the layers with time steps are clusters."""
    stepped = {box.group for box in outline.boxes if box.column is not None}
    inside: dict[str, list[Box]] = defaultdict(list)
    for box in outline.boxes:
        inside[box.group if box.column is not None else ""].append(box)
    for box in inside[""]:
        _add_box(graph, box)
    for group in outline.groups:
        if group.id in stepped:
            with graph.subgraph(name=f"cluster_{group.id}") as cluster:
                _fill_layer(cluster, group, inside[group.id])
    for edge in outline.edges:
        _add_edge(graph, edge)


def _fill_layer(cluster: Digraph, group: Group, boxes: Iterable[Box]) -> None:
    """A layer: its weights, and its steps, each in a cluster of its own where it is several boxes."""
    label = _text(group.label, group.type, group.note)
    cluster.attr(label=label, labeljust="l", style="rounded,filled", fillcolor=PANEL, color=FAINT)
    if group.weights:
        text = _text(*(_weight(weight) for weight in group.weights))
        style = {"fillcolor": WEIGHT_FILL, "color": WEIGHT, "style": "filled"}
        cluster.node(f"{group.id}_weights", text, shape="cylinder", **style)
    columns: dict[tuple[int, str], list[Box]] = defaultdict(list)
    for box in boxes:
        columns[box.column or 0, box.pass_].append(box)
    for (column, pass_), step in sorted(columns.items()):
        if len(step) == 1:
            _add_box(cluster, step[0])
        else:
            with cluster.subgraph(name=f"cluster_{group.id}_{pass_}_{column + 1}") as inner:
                inner.attr(label="", style="rounded,filled", fillcolor=PAPER, color=FAINT)
                for box in step:
                    _add_box(inner, box)


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
    if box.mark:
        look["peripheries"] = "2" if box.mark == "new" else "1"
        look["fillcolor"] = PAPER if box.mark == "gone" else look["fillcolor"]
    graph.node(box.id, _text(*lines), shape=_SHAPES.get(box.kind, "box"), tooltip=_text(box.scope), **look)


def _add_edge(graph: Digraph, edge: Edge) -> None:
    style = SAVED if edge.saved else STYLES[edge.pass_]
    # What is carried from step to step, and what goes backward, does not decide what stands above what.
    free = "false" if edge.label or edge.saved or edge.pass_ == "backward" else "true"
    look = {"color": style.stroke, "fontcolor": style.stroke, "style": _DASHES[edge.pass_]}
    graph.edge(
        edge.source, edge.target, _text(edge.label), constraint=free, penwidth=str(style.width), **look
    )


def _weight(weight: Weight) -> str:
    return f"{weight.name} {product_text(weight.shape)}"


def _text(*lines: str) -> str:
    """Return lines as one label in which nothing is markup, an escape or an entity."""
    import graphviz

    shown = (visible(line).replace("&", "&amp;") for line in lines if line)
    return graphviz.nohtml("\\n".join(graphviz.escape(line) for line in shown))
