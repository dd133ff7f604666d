"""The rows of an unrolled drawing: which layer stands above which, and how many rows it takes.

The steps of a layer in one pass are a *band*: a block for each column, all laid out alike. Below the
forward bands of a rank stand its update and its backward bands, which flow up. What has no step stands in
the rows of its rank; what is connected to several columns is a bar across them, with a row of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from tinygraph.viz.outline import Box, Outline
from tinygraph.viz.placing.grid import Pairs, block, by_use, pairs
from tinygraph.viz.placing.lanes import WIDTH
from tinygraph.viz.placing.ranks import ranks

#: A band is (group, pass); what has no step is a vertex of its own, ("", id).
Vertex = tuple[str, str]
#: The rows of boxes, and the slot of each.
Block = tuple[list[list[str]], dict[str, int]]
#: Rank, which band of the rank, place of the pass, depth in the pass, and which of several so deep.
RowKey = tuple[int, int, int, int, int]

_ORDER = {"forward": 0, "update": 1, "backward": 2}


class Bands:
    """The vertices of an outline, the blocks of its bands, and the first row of each."""

    def __init__(self, outline: Outline):
        self.outline = outline
        self.members: dict[Vertex, list[Box]] = defaultdict(list)
        boxes = {box.id: box for box in outline.boxes}
        for id in by_use([*boxes], pairs(outline, boxes)):  # a band comes when it is needed, not its leaves
            self.members[_vertex(boxes[id])].append(boxes[id])
        self.vertex = {box.id: vertex for vertex, boxes in self.members.items() for box in boxes}
        self.edges = [
            (self.vertex[e.source], self.vertex[e.target])
            for e in outline.edges
            if self.vertex[e.source] != self.vertex[e.target]
        ]
        self.inside = self._edges_inside()
        self.columns = self._columns_near()
        self.blocks = {vertex: self._blocks(vertex) for vertex in self.members if vertex[0]}
        self.row = self._rows()

    def is_bar(self, vertex: Vertex) -> bool:
        """Whether a box without a step is connected to several columns."""
        return not vertex[0] and len(self.columns[vertex]) > 1

    def _edges_inside(self) -> dict[tuple[Vertex, int], Pairs]:
        """The edges between two boxes of one band and column."""
        place = {box.id: (self.vertex[box.id], box.column or 0) for box in self.outline.boxes}
        inside: dict[tuple[Vertex, int], Pairs] = defaultdict(list)
        for edge in self.outline.edges:
            if place[edge.source] == place[edge.target]:
                inside[place[edge.source]].append((edge.source, edge.target))
        return inside

    def _columns_near(self) -> dict[Vertex, set[int]]:
        """The columns of the boxes that each vertex is connected to."""
        column = {box.id: box.column for box in self.outline.boxes}
        near: dict[Vertex, set[int]] = {vertex: set() for vertex in self.members}
        for edge in self.outline.edges:
            for one, other in ((edge.source, edge.target), (edge.target, edge.source)):
                at = column[other]
                if at is not None and 0 <= at < len(self.outline.columns):
                    near[self.vertex[one]].add(at)
        return near

    def _blocks(self, vertex: Vertex) -> dict[int, Block]:
        """For each column of a band its boxes by rank, and their slots."""
        by_column: dict[int, list[str]] = defaultdict(list)
        for box in self.members[vertex]:
            by_column[box.column or 0].append(box.id)
        ends = {column: by_column.pop(column, []) for column in (-1, len(self.outline.columns))}
        steps = {column: block(ids, self.inside[vertex, column]) for column, ids in sorted(by_column.items())}
        return steps | {column: self._beside(ids, steps) for column, ids in ends.items() if ids}

    def _beside(self, ids: list[str], blocks: dict[int, Block]) -> Block:
        """What stands before or after the columns: each box beside the deepest that it is connected to."""
        rank = {id: level for rows, _ in blocks.values() for level, row in enumerate(rows) for id in row}
        near: dict[str, list[int]] = {id: [0] for id in ids}
        for edge in self.outline.edges:
            for one, other in ((edge.source, edge.target), (edge.target, edge.source)):
                if one in near and other in rank:
                    near[one].append(rank[other])
        rows: list[list[str]] = [[] for _ in range(max(map(max, near.values())) + 1)]
        for id in ids:
            rows[max(near[id])].append(id)
        return rows, {id: WIDTH * index for row in rows for index, id in enumerate(row)}

    def height(self, vertex: Vertex) -> int:
        """Return how many rows a vertex takes."""
        return max((len(rows) for rows, _ in self.blocks.get(vertex, {}).values()), default=1)

    def _pass(self, vertex: Vertex) -> str:
        return self.members[vertex][0].pass_

    def _ranks(self) -> dict[Vertex, int]:
        """Forward vertices by their depth; the others with their layer, else as far from the end."""
        deep: dict[str, dict[Vertex, int]] = {}
        for name in _ORDER:
            order = [vertex for vertex in self.members if self._pass(vertex) == name]
            inside = set(order)
            deep[name] = ranks(order, [e for e in self.edges if inside.issuperset(e)])
        rank = deep["forward"]
        last = max(rank.values(), default=0)
        of_group: dict[str, list[int]] = defaultdict(list)
        for vertex, found in rank.items():
            of_group[self.members[vertex][0].group].append(found)
        bands = {vertex[0]: rank[vertex] for vertex in rank if vertex[0]}
        for name in ("update", "backward"):
            for vertex, depth in deep[name].items():
                rank[vertex] = last + 1 if name == "update" else max(0, last - depth)
                group = self.members[vertex][0].group
                if group in bands:
                    rank[vertex] = bands[group]
                elif group and of_group[group]:
                    rank[vertex] = min(max(rank[vertex], *of_group[group]), max(of_group[group]))
        return rank

    def _keys(self) -> dict[Vertex, RowKey]:
        """What the rows are sorted by. In its band a pass has a row for each depth; backward goes up."""
        rank = self._ranks()
        band = self._band_numbers(rank)
        together: dict[tuple[int, int, str], list[Vertex]] = defaultdict(list)
        for vertex, (box, *_) in self.members.items():
            together[rank[vertex], band.get((rank[vertex], box.group), 0), box.pass_].append(vertex)
        keys: dict[Vertex, RowKey] = {}
        for (level, number, name), vertices in together.items():
            inside = set(vertices)
            depth = ranks(vertices, [e for e in self.edges if inside.issuperset(e)])
            used: Counter[int] = Counter()
            for vertex in vertices:
                signed = -depth[vertex] if name == "backward" else depth[vertex]
                bar = self.is_bar(vertex)
                # Row 0 of a depth is for a band and for what stands beside it; a bar has its own.
                row = max(used[signed], bar) if vertex[0] or bar else 0
                keys[vertex] = level, number, _ORDER[name], signed, row
                if vertex[0] or bar:
                    used[signed] = row + 1
        return keys | self._above_readers(keys)

    def _above_readers(self, keys: dict[Vertex, RowKey]) -> dict[Vertex, RowKey]:
        """An unrolled input that one band alone reads, going forward, stands right above it."""
        readers: dict[Vertex, set[Vertex]] = defaultdict(set)
        for source, target in self.edges:
            if self._pass(target) == "forward":
                readers[source].add(target)
        inputs = [vertex for vertex in self.blocks if self.members[vertex][0].kind == "input"]
        alone = {vertex: readers[vertex].pop() for vertex in inputs if len(readers[vertex]) == 1}
        return {
            vertex: (*keys[reader][:2], -1, 0, number)
            for number, (vertex, reader) in enumerate(alone.items())
            if reader in self.blocks
        }

    def _band_numbers(self, rank: dict[Vertex, int]) -> dict[tuple[int, str], int]:
        """Number the layers with bands within each rank."""
        numbers: dict[tuple[int, str], int] = {}
        used: Counter[int] = Counter()
        for vertex in self.blocks:
            place = rank[vertex], self.members[vertex][0].group
            if place not in numbers:
                numbers[place] = used[rank[vertex]]
                used[rank[vertex]] += 1
        return numbers

    def _rows(self) -> dict[Vertex, int]:
        """The first row of each vertex."""
        keys = self._keys()
        height: dict[RowKey, int] = defaultdict(int)
        for vertex, key in keys.items():
            height[key] = max(height[key], self.height(vertex))
        first, row = {}, 0
        for key in sorted(height):
            first[key] = row
            row += height[key]
        return {vertex: first[key] for vertex, key in keys.items()}


def _vertex(box: Box) -> Vertex:
    return (box.group, box.pass_) if box.column is not None and box.group else ("", box.id)
