"""Planning: who writes which buffer, and when. It runs nothing and allocates nothing.

A value lives from the call that writes it to the last call that reads it. Values whose lives do not
overlap share a buffer; an elementwise call writes over an input that dies with it; a view owns nothing;
what is joined is written straight into its part of the whole; the new value of a parameter is written into
the parameter where nothing reads the old one later.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tinygraph.graph import Graph, Node, toposort

#: a node, and where something stands in it or it in something
Part = tuple[Node, tuple[slice, ...]]

ALIGNMENT = 64  # bytes: a cache line, and the widest vector register


@dataclass(frozen=True)
class Plan:
    """What the executor needs to know of a graph.

    ``schedule`` has the nodes in the order of running; the first ``commit`` of them change no parameter.
    Each computed node has its place: ``slots`` (a byte offset into the arena) or ``donated`` (the
    parameter it overwrites), or ``within`` (the whole that it is written into, and where). A node in
    ``views`` aliases its input. ``joined`` are the wholes, each with the inputs left to be copied into it.
    ``copies`` are the updates left to be copied. ``freed[i]`` are the slots that nobody reads after step i.
    """

    graph: Graph
    schedule: Sequence[Node]
    commit: int
    slots: Mapping[Node, int]
    donated: Mapping[Node, Node]
    views: frozenset[Node]
    within: Mapping[Node, Part]
    joined: Mapping[Node, Sequence[Part]]
    copies: Sequence[tuple[Node, Node]]
    freed: Sequence[Sequence[Node]]
    arena: int = 0
    #: the values of each node that has several; the call of that node writes them
    parts: Mapping[Node, Sequence[Node]] = field(default_factory=dict)
    #: for each value in ``slots`` the step that first writes it or a part of it, and the last that reads it
    lives: Mapping[Node, tuple[int, int]] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """How many kernels a run calls."""
        left = sum(len(inputs) for inputs in self.joined.values())
        return len(self.called) + left + len(self.copies)

    @cached_property
    def called(self) -> frozenset[Node]:
        """The nodes that a kernel is called for."""
        computed = self.slots.keys() | self.donated.keys() | self.within.keys() | self.parts.keys()
        parts = {part for several in self.parts.values() for part in several}
        return frozenset(computed - parts - self.joined.keys())


def plan(graph: Graph, *, reuse: bool = True) -> Plan:
    """Place every value of ``graph``. Without ``reuse`` each value gets a buffer of its own."""
    return _Planner(graph, reuse).plan()


def nbytes(node: Node) -> int:
    """The bytes of a node's value, rounded up to the alignment."""
    return -(-max(1, math.prod(node.shape)) * node.dtype.itemsize // ALIGNMENT) * ALIGNMENT


class _Planner:
    """One pass over the schedule, giving out buffers and taking them back."""

    def __init__(self, graph: Graph, reuse: bool):
        self.graph = graph
        self.reuse = reuse
        self.schedule = toposort(graph.roots)  # each value when it is needed: rewrites leave some earlier
        self.commit = self._commit()
        self.arena = _Arena()
        self.slots: dict[Node, int] = {}
        self.born: dict[Node, int] = {}
        self.donated: dict[Node, Node] = {}
        self.owner: dict[Node, Node] = {}  # whose memory a node's value stands in
        self.contiguous: set[Node] = set()  # values without gaps, which any view can be made of
        self.views: set[Node] = set()
        self.within: dict[Node, Part] = {}
        self.joined: dict[Node, list[Part]] = {}
        if reuse:
            self._join()
        self._alias()
        self.parts = self._parts()
        self.last_read = self._last_reads()
        self.handed_over: set[Node] = set()  # owners whose buffer the call that read them last took
        self.target = {node: leaf for leaf, node in graph.updates.items()} if reuse else {}

    def plan(self) -> Plan:
        freed = []
        dying = self._dying()
        for step, node in enumerate(self.schedule):
            for value in self.parts.get(node) or self._written(node):
                if self.owner[value] not in self.slots:
                    self._place(step, self.owner[value])
            gone = self._free(dying[step]) if self.reuse else []
            for owner in gone:
                self.arena.release(self.slots[owner], nbytes(owner))
            freed.append(gone)
        return Plan(
            self.graph,
            self.schedule,
            self.commit,
            self.slots,
            self.donated,
            frozenset(self.views),
            self.within,
            self.joined,
            self._copies(),
            freed,
            self.arena.size,
            self.parts,
            {owner: (self.born[owner], self.last_read[owner]) for owner in self.slots},
        )

    def _commit(self) -> int:
        """How many nodes the outputs need: they stand before what only the updates need."""
        if not self.graph.updates:
            return len(self.schedule)
        outputs = set(self.graph.outputs.values())
        return max((step for step, node in enumerate(self.schedule, 1) if node in outputs), default=0)

    def _written(self, node: Node) -> Sequence[Node]:
        """The value that a call writes for ``node`` itself, if there is one."""
        return () if not node.inputs or node.op.picks or node in self.views else (node,)

    def _join(self) -> None:
        """Find what can be written where it is joined: each value that is computed, once, and no update."""
        updates = set(self.graph.updates.values())
        solid: set[Node] = set()  # wholes with a part of another shape, which gaps would break up
        for node in self.schedule:
            if not node.inputs or node.op.pieces is None or node in updates:
                continue
            left: list[Part] = []
            indices = node.op.pieces([source.shape for source in node.inputs], node.attrs)
            for source, index in zip(node.inputs, indices, strict=True):
                value = _reshaped(source) if len(index) == 1 else source
                free = value not in self.within and (len(index) == 1 or value not in solid)
                if value.inputs and not value.op.view and free and value not in updates:
                    self.within[value] = node, index
                    if value in solid or _sizes(value) != _sizes(source):
                        solid.add(node)
                else:
                    left.append((source, index))
            if len(left) < len(node.inputs):
                self.joined[node] = left

    def _whole(self, node: Node) -> Node:
        """The value whose place is that of ``node``: itself, or what it is written into."""
        while node in self.within:
            node, _ = self.within[node]
        return node

    def _without_gaps(self, node: Node) -> bool:
        """Whether a computed value stands in one piece: as rows of a whole that does."""
        while node in self.within:
            node, index = self.within[node]
            if len(index) > 1:
                return False
        return True

    def _alias(self) -> None:
        """Find which nodes are views, and whose memory each value stands in."""
        for node in self.schedule:
            view = node.op.view
            self.owner[node] = node
            if view is None:
                if node in self.within:
                    self.owner[node] = self._whole(node)
                if self._without_gaps(node):
                    self.contiguous.add(node)
                continue
            source = node.inputs[0]
            without_gaps = source in self.contiguous
            if not (view.of_strided or without_gaps):
                self.contiguous.add(node)
                continue
            self.views.add(node)
            self.owner[node] = self.owner[source]
            if without_gaps and view.contiguous(source.shape, node.attrs):
                self.contiguous.add(node)

    def _parts(self) -> dict[Node, list[Node]]:
        """The values of each node that has several."""
        parts: dict[Node, list[Node]] = {}
        for node in self.schedule:
            if node.inputs and node.op.picks:
                parts.setdefault(node.inputs[0], []).append(node)
        return {
            node: sorted(several, key=lambda part: part.attrs["index"]) for node, several in parts.items()
        }

    def _last_reads(self) -> dict[Node, int]:
        """The last step that reads each value through any alias; outputs and updates are read at the end."""
        last: dict[Node, int] = {}
        for step, node in enumerate(self.schedule):
            last[self.owner[node]] = step
            if node not in self.views:
                for source in node.inputs:
                    last[self.owner[source]] = step
        for node in self.graph.roots:
            last[self.owner[node]] = len(self.schedule)
        return last

    def _dying(self) -> list[list[Node]]:
        """For each step the owners that it is the last to read."""
        dying: list[list[Node]] = [[] for _ in range(len(self.schedule) + 1)]
        for owner, step in self.last_read.items():
            dying[step].append(owner)
        return dying

    def _place(self, step: int, node: Node) -> None:
        leaf = self.target.get(node)
        if leaf is not None and self._may_donate(step, node, leaf):
            self.donated[node] = leaf
            return
        self.born[node] = step
        over = self._operand_to_overwrite(step, node) if self.reuse else None
        if over is not None:
            self.slots[node] = self.slots[over]
            self.handed_over.add(over)
        else:
            self.slots[node] = self.arena.take(nbytes(node))

    def _free(self, owners: Sequence[Node]) -> list[Node]:
        return [o for o in owners if o in self.slots and o not in self.handed_over]

    def _may_donate(self, step: int, node: Node, leaf: Node) -> bool:
        """Whether ``node`` may be written over the parameter it updates: nobody reads the old value later."""
        last = self.last_read.get(leaf, -1)
        if step < self.commit or last > step or leaf in self.donated.values():
            return False
        return last < step or self._may_overwrite(self.schedule[step], leaf, leaf)

    def _operand_to_overwrite(self, step: int, node: Node) -> Node | None:
        """The value that an elementwise call reads last and element by element: it may write over it."""
        call = self.schedule[step]
        for source in call.inputs[: call.op.inplace]:
            owner = self.owner[source]
            if (
                owner in self.slots
                and owner not in self.handed_over
                and self.last_read[owner] == step
                and source in self.contiguous
                and source.shape == node.shape
                and source.dtype == node.dtype
                and (source is owner or source.size == owner.size)
                and self._may_overwrite(call, owner, source)
            ):
                return owner
        return None

    def _may_overwrite(self, call: Node, owner: Node, source: Node) -> bool:
        """Whether ``call`` reads the memory of ``owner`` through ``source`` alone, and where it may write."""
        alone = all(other is source for other in call.inputs if self.owner[other] is owner)
        return alone and source not in call.inputs[call.op.inplace :]

    def _copies(self) -> list[tuple[Node, Node]]:
        """The updates that no call writes in place: they are copied when everything else has run."""
        return [(n, leaf) for leaf, n in self.graph.updates.items() if self.donated.get(n) is not leaf]


def _reshaped(node: Node) -> Node:
    """The value that a node shows in another shape, or the node."""
    view = node.op.view
    while view is not None and not view.of_strided:
        (node,) = node.inputs
        view = node.op.view
    return node


def _sizes(node: Node) -> list[int]:
    """The sizes of the axes along which there is something to step over."""
    return [size for size in node.shape if size != 1]


class _Arena:
    """A line of bytes: the best-fitting gap is taken, and gaps that touch are joined."""

    def __init__(self) -> None:
        self.size = 0
        self.by_size: list[tuple[int, int]] = []  # (size, start), sorted
        self.ends: dict[int, int] = {}  # end -> start
        self.starts: dict[int, int] = {}  # start -> end

    def take(self, size: int) -> int:
        """Return the start of ``size`` free bytes, from a gap or from new memory at the end."""
        found = bisect_left(self.by_size, (size, 0))
        if found < len(self.by_size):
            start = self.by_size[found][1]
        else:
            start = self.ends.get(self.size, self.size)
            self.size = start + size
        end = self._remove(start) if start in self.starts else start + size
        if start + size < end:
            self._add(start + size, end)
        return start

    def release(self, start: int, size: int) -> None:
        """Give bytes back."""
        end = start + size
        if end in self.starts:
            end = self._remove(end)
        if start in self.ends:
            start = self.ends[start]
            self._remove(start)
        self._add(start, end)

    def _add(self, start: int, end: int) -> None:
        self.starts[start], self.ends[end] = end, start
        insort(self.by_size, (end - start, start))

    def _remove(self, start: int) -> int:
        end = self.starts.pop(start)
        del self.ends[end]
        del self.by_size[bisect_left(self.by_size, (end - start, start))]
        return end
