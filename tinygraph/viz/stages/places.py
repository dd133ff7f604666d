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
        self.number = {
            offset: k for k, offset in enumerate(dict.fromkeys(map(plan.slots.__getitem__, first)), 1)
        }
        self.home = self._homes()
        #: the values that are written over another, which the same call reads last, and that other
        self.over = {node: under for node in plan.slots if (under := self._under(node)) is not None}

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

    def _under(self, node: Node) -> Node | None:
        """What the call that writes a value reads in the same buffer."""
        call = self.plan.schedule[self.plan.lives[node][0]]
        homes = (self.home[source] for source in call.inputs)
        start = self.plan.slots[node]
        return next((home for home in homes if home is not node and self.plan.slots.get(home) == start), None)

    def of(self, node: Node) -> tuple[str, int | str] | None:
        """Return what happens to a node's value, and in which buffer or leaf; None where nothing does."""
        plan = self.plan
        if not node.inputs or node in plan.parts:
            return None
        home = self.home[node]
        where = self.number[plan.slots[home]] if home in plan.slots else plan.donated.get(home, home).label
        if node in plan.views:
            return "view of", where
        if node in plan.joined:
            left = len(plan.joined[node])
            return (
                f"copies {left} of {len(node.inputs)} parts into" if left else "its parts are written in",
                where,
            )
        if node in plan.within:
            return "writes its part of", where
        return ("in place: over its input in" if node in self.over else "writes"), where

    def remarks(self, nodes: Iterable[Node]) -> tuple[str, ...]:
        """Return the lines of a box that stands for these nodes; of views only where it is nothing else."""
        told = {node: place for node in nodes if (place := self.of(node)) is not None}
        found: dict[str, dict[int | str, None]] = defaultdict(dict)
        for node, (verb, where) in told.items():
            if len(told) == 1 or node not in self.plan.views:
                found[verb][where] = None
        lines = [f"{verb} {_listed(places)}" for verb, places in found.items()]
        for node in told if len(told) == 1 else ():
            if (start := self.plan.slots.get(node)) is not None:
                lines.append(f"bytes {start:,} to {start + nbytes(node) - 1:,}")
        copied = (leaf.label for node, leaf in self.plan.copies if node in told)
        return (*lines, *(f"then copied into {label}" for label in copied))


def _listed(places: Iterable[int | str]) -> str:
    """Buffers by their numbers, and leaves by their names."""
    numbers = [str(place) for place in places if isinstance(place, int)]
    names = [place for place in places if isinstance(place, str)]
    buffers = [f"buffer{'s' * (len(numbers) > 1)} {', '.join(few(numbers))}"] if numbers else []
    return ", ".join(buffers + few(names))
