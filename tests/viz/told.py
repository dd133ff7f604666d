"""An outline told in lines of text, for golden files that a person can check."""

from __future__ import annotations

from tinygraph.viz.outline import Outline


def told(outline: Outline) -> list[str]:
    """One line for each group, box and edge."""
    group = {g.id: g.label for g in outline.groups}
    name = {box.id: _name(box, outline, group) for box in outline.boxes}
    lines = [f"{g.label}: {g.type} {g.note} {_weights(g.weights)}" for g in outline.groups]
    for box in outline.boxes:
        lines.append(f"[{name[box.id]}] {box.kind} {box.type} {box.shape} {box.note} {_weights(box.weights)}")
        lines[-1] += "".join(f" | {remark}" for remark in box.remarks) + f" {box.mark.upper()}"
        lines[-1] += "".join(f" => {output}" for output in box.outputs)
    for edge in outline.edges:
        arrow = {"forward": "->", "backward": "~>", "update": "=>"}[edge.pass_]
        label = f" {edge.label}" if edge.label else ""
        lines.append(f"{name[edge.source]} {arrow} {name[edge.target]}{label}{' saved' * edge.saved}")
    return [" ".join(line.split()) for line in lines]


def _name(box, outline, group):
    column = box.column
    ends = {None: "", -1: " @ before", len(outline.columns): " @ after"}
    at = ends[column] if column in ends else f" @ {outline.columns[column]}"
    inside = f"{group[box.group]}: " if column is not None else ""
    return f"{inside}{box.label}{at}"


def _weights(weights):
    return ", ".join(f"{w.name} {'x'.join(map(str, w.shape))}" for w in weights)
