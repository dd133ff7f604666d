"""Where a plan has values written, in words: which buffer, whether over another value, or into its part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tinygraph.graph import Node
from tinygraph.plan import Plan, nbytes
from tinygraph.viz.text import few


class Places:
    """The places of a plan. What begins at one byte of the arena is one buffer; they are numbered from 1."""

    def __init__(self, plan: Plan):
        self.plan = plan
        first = sorted(plan.slots, key=lambda node: plan.lives[node])
        self.number = {offset: k for k, offset in enumerate(dict.fromkeys(map(plan.slots.__getitem__, first)), 1)}
        self.home = self._homes()
        #: the values that are written over another, which the same call reads last
        self.over = {node for node in plan.slots if self._is_over(node)}

    def _homes(self) -> dict[Node, Node]:
        """For each node the one whose place its value stands in."""
        home = {leaf: leaf for leaf in self.plan.graph.leaves}
        for node in self.plan.schedule:
            if node in self.plan.views:
                home[node] = home[node.inputs[0]]
                continue
            whole = node
            while whole in self.plan.within:
                whole, _ = self.plan.within[whole]
            home[node] = whole
        return home

    def _is_over(self, node: Node) -> bool:
        """Whether the call that writes a value reads another in the same buffer."""
        call = self.plan.schedule[self.plan.lives[node][0]]
        return any(
            home is not node and self.plan.slots.get(home) == self.plan.slots[node]
            for home in (self.home[source] for source in call.inputs)
        )

    def buffer(self, node: Node) -> str:
        """Return the name of the buffer that a value stands in, or of the leaf."""
        home = self.home[node]
        leaf = self.plan.donated.get(home, home)
        return f"buffer {self.number[self.plan.slots[home]]}" if home in self.plan.slots else leaf.label

    def of(self, node: Node) -> tuple[str, str] | None:
        """Return what happens to the value of a node, and where; None where that is nothing."""
        plan = self.plan
        if not node.inputs or node in plan.parts:
            return None
        if node in plan.views:
            return "view of", self.buffer(node)
        if node in plan.joined:
            left, parts = len(plan.joined[node]), len(node.inputs)
            return (f"copies {left} of {parts} parts into" if left else "its parts are in"), self.buffer(node)
        if node in plan.within:
            return "writes its part of", self.buffer(node)
        if node in plan.donated:
            return "writes over", self.buffer(node)
        return ("in place: writes over its input in" if node in self.over else "writes"), self.buffer(node)

    def remarks(self, nodes: Iterable[Node]) -> tuple[str, ...]:
        """Return the lines of a box that stands for these nodes."""
        buffers: dict[str, dict[str, None]] = defaultdict(dict)
        computed = [node for node in nodes if self.of(node) is not None]
        for node in computed:
            verb, where = self.of(node) or ("", "")
            buffers[verb][where] = None
        lines = [f"{verb} {', '.join(few(list(found)))}" for verb, found in buffers.items()]
        if len(computed) == 1 and computed[0] in self.plan.slots:
            start = self.plan.slots[computed[0]]
            lines.append(f"bytes {start:,} to {start + nbytes(computed[0]) - 1:,}")
        copied = {leaf.label for node, leaf in self.plan.copies if node in computed}
        return (*lines, *(f"then copied into {label}" for label in sorted(copied)))
