"""A stage of a model's graph as plain records: its nodes in columns, their values, and its drawings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygraph.graph import Graph, Node, Shape
from tinygraph.viz.explore.drawings import drawing
from tinygraph.viz.explore.formulas import formula
from tinygraph.viz.explore.store import Store, Table
from tinygraph.viz.levels.cell import every_cell
from tinygraph.viz.levels.labels import attributes, number_of
from tinygraph.viz.levels.scopes import where
from tinygraph.viz.levels.unrolled import unrolled
from tinygraph.viz.observe import Array


class Stages:
    """Makes records of graphs, which share a store of values and tables of operations and formulas."""

    def __init__(self, types: Mapping[str, str]) -> None:
        self.types = types
        self.store = Store()
        self._ops: Table[tuple[str, str, bool, bool]] = Table()
        self._formulas: Table[str] = Table()

    def stage(
        self,
        graph: Graph,
        values: Mapping[Node, Array],
        names: Mapping[Node, str],
        adjoint: Mapping[Node, Node],
    ) -> dict[str, Any]:
        """Return a graph as records.

        Args:
            graph: with an output ``loss``.
            values: what its nodes are worth.
            names: what gates and states are called.
            adjoint: d loss / d node by node, as far as it is known.
        """
        nodes = graph.nodes
        number = {node: k for k, node in enumerate(nodes)}
        places: Table[tuple[Any, ...]] = Table()
        types: Table[tuple[str, Shape]] = Table()
        strides: Table[tuple[int, ...]] = Table()
        stored = self.store.places(nodes, values)
        columns = {
            "op": [self._op(node) for node in nodes],
            "formula": [self._formulas.number(formula(node)) for node in nodes],
            "name": [node.name or names.get(node, "") for node in nodes],
            "place": [places.number((node.scope, *where(node.scope))) for node in nodes],
            "type": [types.number((node.dtype.name, node.shape)) for node in nodes],
            "inputs": [[number[source] for source in node.inputs] for node in nodes],
            "note": [attributes(node) if node.inputs else number_of(node) or "" for node in nodes],
            "gradient": [number.get(adjoint[node], -1) if node in adjoint else -1 for node in nodes],
            "at": [place.at for place in stored],
            "strides": [-1 if p.strides is None else strides.number(p.strides) for p in stored],
        }
        return {
            "nodes": columns,
            "places": [dict(zip(("scope", "pass", "layer", "step"), p, strict=True)) for p in places.entries],
            "types": [{"dtype": dtype, "shape": list(shape)} for dtype, shape in types.entries],
            "strides": [list(each) for each in strides.entries],
            "loss": number[graph.outputs["loss"]],
            "inputs": {leaf.name: number[leaf] for leaf in graph.inputs},
            "outputs": {name: number[node] for name, node in graph.outputs.items()},
            "drawings": {"unrolled": drawing(unrolled(graph, steps=len(nodes), types=self.types))},
            "cells": self._cells(graph),
        }

    def _cells(self, graph: Graph) -> dict[str, list[Any]]:
        """Every time step of every layer, operation by operation, and the nodes of each box."""
        drawings: list[Any] = []
        steps: list[Any] = []
        for layer, step, outline in every_cell(graph, passes=("forward", "backward"), types=self.types):
            records = drawing(outline)
            nodes = [box.pop("nodes") for box in records["boxes"]]
            for edge in records["edges"]:
                del edge["nodes"]  # the value of the box that it comes from
            drawings.append(records)
            steps.append({"layer": layer, "step": step, "drawing": len(steps), "nodes": nodes})
        return {"drawings": drawings, "steps": steps}

    def _op(self, node: Node) -> int:
        op = node.op
        doc = (op.__doc__ or "").strip().partition("\n")[0]
        return self._ops.number((op.name, doc, not node.inputs, bool(getattr(op, "scalar", ""))))

    def tables(self) -> dict[str, Any]:
        """Return what the stages share, once all are made."""
        fields = ("name", "doc", "leaf", "elementwise")
        return {
            "arrays": self.store.encoded(),
            "ops": [dict(zip(fields, entry, strict=True)) for entry in self._ops.entries],
            "formulas": self._formulas.entries,
        }


def names_after(
    nodes: Sequence[Node], names: Mapping[Node, str], rewritten: Sequence[Node]
) -> dict[Node, str]:
    """Return the names of gates and states in a rewritten graph: a value stays the last in its scope."""
    last = {node.scope: node for node in nodes if node.inputs}
    kept = {node.scope: names[node] for node in last.values() if node in names}
    return {node: kept[node.scope] for node in {n.scope: n for n in rewritten}.values() if node.scope in kept}
