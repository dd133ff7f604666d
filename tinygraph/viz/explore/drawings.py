"""Drawings as plain records: where our layout puts boxes, edges and panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygraph.viz.layout import layout
from tinygraph.viz.levels.scopes import where
from tinygraph.viz.outline import Box, Outline, Weight
from tinygraph.viz.placed import Panel, PlacedBox, PlacedEdge, Rect


def drawing(outline: Outline) -> dict[str, Any]:
    """Return an outline with its coordinates as strings, numbers, lists and dicts."""
    placed = layout(outline)
    index = {each.box.id: number for number, each in enumerate(placed.boxes)}
    last = len(outline.columns)
    return {
        "title": outline.title,
        "width": _short(placed.width),
        "height": _short(placed.height),
        "columns": [
            {"x": _short(x), "heading": heading}
            for x, heading in zip(placed.columns, outline.columns, strict=True)
        ],
        "panels": [_panel(panel) for panel in placed.panels],
        "boxes": [_box(each, last) for each in placed.boxes],
        "edges": [_edge(each, index) for each in placed.edges],
    }


def _short(value: float) -> float:
    return round(float(value), 1)


def _rect(rect: Rect) -> dict[str, float]:
    return {"x": _short(rect.x), "y": _short(rect.y), "w": _short(rect.width), "h": _short(rect.height)}


def _weights(weights: Sequence[Weight]) -> list[dict[str, Any]]:
    return [{"name": weight.name, "shape": list(weight.shape)} for weight in weights]


def _panel(panel: Panel) -> dict[str, Any]:
    group = panel.group
    said = {"label": group.label, "type": group.type, "note": group.note}
    return _rect(panel.rect) | said | {"weights": _weights(group.weights)}


def _box(placed: PlacedBox, last: int) -> dict[str, Any]:
    box: Box = placed.box
    in_time = box.column is not None and 0 <= box.column < last
    return _rect(placed.rect) | {
        "label": box.label,
        "note": box.note,
        "kind": box.kind,
        "pass": box.pass_,
        "type": box.type,
        "shape": box.shape,
        "layer": where(box.scope).layer,
        "step": box.column if in_time else None,
        "outputs": list(box.outputs),
        "weights": _weights(box.weights),
        "nodes": list(box.members),
    }


def _edge(placed: PlacedEdge, index: dict[str, int]) -> dict[str, Any]:
    edge = placed.edge
    return {
        "source": index[edge.source],
        "target": index[edge.target],
        "pass": edge.pass_,
        "saved": edge.saved,
        "label": edge.label,
        "points": [_short(number) for point in placed.points for number in point],
        "labelAt": [_short(number) for number in placed.label] if placed.label else None,
        "nodes": list(edge.members),
    }
