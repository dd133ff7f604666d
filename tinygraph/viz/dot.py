"""Writes an outline in DOT, through the `graphviz` package. The ``dot`` program is not needed for that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tinygraph.viz.outline import Box, Edge, Group, Outline, Weight
from tinygraph.viz.palette import FAINT, INK, MUTED, PANEL, SAVED, STYLES, WEIGHT, WEIGHT_FILL
from tinygraph.viz.text import product_text, visible

if TYPE_CHECKING:
    from graphviz import Digraph

_SHAPES = {"input": "oval", "param": "cylinder", "ellipsis": "plaintext"}
_LINES = {"forward": "solid", "backward": "dashed", "update": "dotted"}


def dot(outline: Outline) -> Digraph:
    """Return an outline as a `graphviz.Digraph`: layers are clusters, and so are steps of several boxes.

    The shared weights of a layer are one cylinder in its cluster, without an edge to every step.
    """
    import graphviz

    graph = graphviz.Digraph("tinygraph", comment=visible(outline.title))
    notes = "\n".join((outline.title, *outline.notes))
    graph.attr(label=_text(notes), labelloc="t", fontname="Helvetica", bgcolor="white", rankdir="TB")
    graph.attr("node", fontname="Helvetica", fontsize="12", style="rounded,filled", shape="box")
    graph.attr("edge", fontname="Helvetica", fontsize="11")
    groups = {group.id: group for group in outline.groups}
    grouped: dict[str, list[Box]] = defaultdict(list)
    for box in outline.boxes:
        grouped[box.group if _is_cluster(groups, box, outline) else ""].append(box)
    for box in grouped.pop("", []):
        _add_box(graph, box)
    for id, boxes in grouped.items():
        with graph.subgraph(name=f"cluster_{id}") as cluster:
            _fill_cluster(cluster, groups[id], boxes, outline)
    for edge in outline.edges:
        _add_edge(graph, edge)
    return graph
