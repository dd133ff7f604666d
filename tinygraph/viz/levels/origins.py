"""Following a value back through transposes, slices and joins to where its parts were computed.

Between two unrolled layers all steps are joined to one array and taken apart again. To draw which step
feeds which, a region of the array (a range on each axis) is followed to the inputs that it comes from.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

from tinygraph.graph import Node

#: For each axis the first index and the one after the last.
Region = tuple[tuple[int, int], ...]
Part = tuple[Node, Region]


def whole(node: Node) -> Region:
    """The region that is all of a node's value."""
    return tuple((0, size) for size in node.shape)


class Origins:
    """Finds the nodes that the value of a node comes from, through those that only arrange elements.

    ``passes_through(node)`` says which nodes may be looked through at all.
    """

    def __init__(self, passes_through: Callable[[Node], bool]):
        self.passes_through = passes_through
        self._starts: dict[Node, list[int]] = {}
        self._fillings: dict[Node, _Fillings] = {}

    def of(self, node: Node) -> list[Part]:
        """Return each origin of ``node`` with the region of it that is used, in a fixed order."""
        found: dict[Part, None] = {}
        seen: set[Part] = set()
        stack: list[Part] = [(node, whole(node))]
        while stack:
            part = stack.pop()
            if part in seen:
                continue
            seen.add(part)
            if self.passes_through(part[0]) and arranges(part[0]):
                stack.extend(reversed(list(self._sources(*part))))
            else:
                found[part] = None
        return list(found)

    def _sources(self, node: Node, region: Region) -> Iterator[Part]:
        if node.op.name == "concat":
            return self._joined(node, region)
        if node.op.name == "add_n":
            return self._added(node, region)
        return _RULES[node.op.name](node, region)

    def _joined(self, node: Node, region: Region) -> Iterator[Part]:
        """The inputs of a concat that the region touches; found by bisection, for there may be many."""
        axis = node.attrs["axis"]
        if node not in self._starts:
            sizes = (source.shape[axis] for source in node.inputs)
            self._starts[node] = list(accumulate(sizes, initial=0))
        starts = self._starts[node]
        first, last = region[axis]
        for index in range(bisect_right(starts, first) - 1, len(node.inputs)):
            if starts[index] >= last:
                return
            source = node.inputs[index]
            near = max(first - starts[index], 0)
            far = min(last - starts[index], source.shape[axis])
            yield source, (*region[:axis], (near, far), *region[axis + 1 :])

    def _added(self, node: Node, region: Region) -> Iterator[Part]:
        """The parts placed side by side that the region may touch: a gradient has one for each step."""
        if node not in self._fillings:
            self._fillings[node] = _Fillings(node)
        return ((node.inputs[index], region) for index in self._fillings[node].near(region))


class _Fillings:
    """Where each of the parts that a node adds up is placed, on the axis on which they lie apart most."""

    def __init__(self, node: Node):
        filled = [[(min(f, default=0), max(f, default=-1) + 1) for f in _filled(p)] for p in node.inputs]
        self.axis = min(range(node.ndim), key=lambda axis: sum(f[axis][1] - f[axis][0] for f in filled))
        on_axis = [each[self.axis] for each in filled]
        self.order = sorted(range(len(filled)), key=on_axis.__getitem__)
        self.begins = [on_axis[index][0] for index in self.order]
        self.ends = list(accumulate((on_axis[index][1] for index in self.order), max))

    def near(self, region: Region) -> list[int]:
        """Return the parts that the region touches on the axis, and perhaps others; found by bisection."""
        first, last = region[self.axis]
        return sorted(self.order[bisect_right(self.ends, first) : bisect_left(self.begins, last)])


def arranges(node: Node) -> bool:
    """Whether a node computes nothing: it arranges elements, or adds up parts placed side by side."""
    if node.op.name == "add_n":
        return all(source.op.name == "place" for source in node.inputs)
    return node.op.name == "concat" or node.op.name in _RULES


def _transposed(node: Node, region: Region) -> Iterator[Part]:
    axes = node.attrs["axes"]
    yield node.inputs[0], tuple(region[axes.index(axis)] for axis in range(len(axes)))


def _reshaped(node: Node, region: Region) -> Iterator[Part]:
    """An axis keeps its range where an axis of the same size, with as much before it, is found."""
    known = {
        (math.prod(node.shape[:axis]), size): region[axis] for axis, size in enumerate(node.shape) if size > 1
    }
    shape = node.inputs[0].shape
    before = [math.prod(shape[:axis]) for axis in range(len(shape))]
    kept = (known.get((b, size), (0, size)) for b, size in zip(before, shape, strict=True))
    yield node.inputs[0], tuple(kept)


def _sliced(node: Node, region: Region) -> Iterator[Part]:
    source = node.inputs[0]
    ranges, axis = [], 0
    for item in _padded(node.attrs["index"], source.ndim):
        if isinstance(item, int):
            ranges.append((item, item + 1))
            continue
        if item is not None:
            span = range(*item.indices(source.shape[len(ranges)]))[slice(*region[axis])]
            ranges.append((min(span, default=0), max(span, default=-1) + 1))
        axis += 1
    yield source, tuple(ranges)


def _placed(node: Node, region: Region) -> Iterator[Part]:
    """Of what is placed into zeros, the part that lies in the region; nothing if none does."""
    inside: list[tuple[int, int]] = []
    filled = iter(zip(_filled(node), region, strict=True))
    for item in _padded(node.attrs["index"], node.ndim):
        if item is None:
            inside.append((0, 1))
            continue
        span, bounds = next(filled)
        first, last = _hits(span, *bounds)
        if first >= last:
            return
        if isinstance(item, slice):
            inside.append((first, last))
    yield node.inputs[0], tuple(inside)


def _filled(node: Node) -> list[range]:
    """For each axis the indices at which a part is placed."""
    items = (item for item in _padded(node.attrs["index"], node.ndim) if item is not None)
    return [
        range(size)[item if isinstance(item, slice) else slice(item, item + 1)]
        for size, item in zip(node.shape, items, strict=True)
    ]


def _hits(span: range, first: int, last: int) -> tuple[int, int]:
    """The positions in ``span`` of its numbers from ``first`` to before ``last``."""
    if span.step < 0:
        return _hits(range(-span.start, -span.stop, -span.step), 1 - last, 1 - first)
    begin, end = (-((span.start - bound) // span.step) for bound in (first, last))
    return max(0, begin), min(len(span), end)


def _padded(index: Iterable, ndim: int) -> list:
    """Write out the full slices that NumPy adds to an index."""
    items = list(index)
    return items + [slice(None)] * (ndim - sum(item is not None for item in items))


_RULES: dict[str, Callable[[Node, Region], Iterator[Part]]] = {
    "transpose": _transposed,
    "reshape": _reshaped,
    "slice": _sliced,
    "place": _placed,
}
