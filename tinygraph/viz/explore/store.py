"""Where values stand in a page's data: one buffer for each dtype, in which nothing stands twice."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from tinygraph.graph import Node
from tinygraph.viz.observe import Array

Entry = TypeVar("Entry", bound=Hashable)


class Table(Generic[Entry]):
    """Entries numbered in the order in which they come, each once."""

    def __init__(self) -> None:
        self._numbers: dict[Entry, int] = {}

    def number(self, entry: Entry) -> int:
        """Return the number of an entry, a new one if it is new."""
        return self._numbers.setdefault(entry, len(self._numbers))

    @property
    def entries(self) -> list[Entry]:
        """The entries by number."""
        return list(self._numbers)


class Place(NamedTuple):
    """Where a value begins in its dtype's buffer, and its strides, both in elements; None for C order."""

    at: int
    strides: tuple[int, ...] | None = None


#: Of an outer product, which is not stored: its factors are.
OUTER = Place(-1)


class Store:
    """Buffers of little-endian numbers; see `places` for how the values of a graph share them."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[bytes]] = defaultdict(list)
        self._ends: dict[str, int] = defaultdict(int)
        self._known: dict[tuple[str, bytes], int] = {}

    def put(self, array: Array) -> int:
        """Return where the array stands, in C order."""
        name, count = array.dtype.name, array.size
        data = array.astype(array.dtype.newbyteorder("<")).tobytes()
        if (name, data) not in self._known:
            self._known[name, data] = self._ends[name]
            self._pieces[name].append(data)
            self._ends[name] += count
        return self._known[name, data]

    def reference(self, values: Sequence[float] | Array) -> dict[str, Any]:
        """Return where numbers stand that are no node's value, such as norms, as a record."""
        array = np.asarray(values, dtype="float64")
        return {"dtype": "float64", "at": self.put(array), "shape": list(array.shape)}

    def encoded(self) -> dict[str, str]:
        """Return the buffers by dtype, in base64."""
        return {name: base64.b64encode(b"".join(all_)).decode() for name, all_ in self._pieces.items()}

    def places(self, nodes: Sequence[Node], values: Mapping[Node, Array]) -> list[Place]:
        """Return where the values of nodes in an order of running stand.

        A view stands in its source; a product of a column and a row is left to its factors.
        """
        roots: dict[Node, tuple[Array, Array, int]] = {}  # the value as a view of a root, and where that is
        found = []
        for node in nodes:
            place, root = self._place(node, values[node], roots.get(node.inputs[0]) if node.inputs else None)
            if root is not None:
                roots[node] = root
            elif node.op.name == "matmul" and _is_outer(node, values):
                place = OUTER
            else:
                array = np.ascontiguousarray(values[node])
                place = Place(self.put(array))
                roots[node] = array, array, place.at
            found.append(place)
        return found

    @staticmethod
    def _place(
        node: Node, value: Array, source: tuple[Array, Array, int] | None
    ) -> tuple[Place, tuple[Array, Array, int] | None]:
        """Return the place of a view of a source that is stored; nothing for what has to be stored itself."""
        if not node.op.view or source is None:
            return OUTER, None
        array, root, start = source
        seen = node.op.view.make(np, array, **node.attrs)
        if not np.may_share_memory(seen, root) or not same_bits(seen, value):
            return OUTER, None
        size = root.itemsize
        offset = (seen.__array_interface__["data"][0] - root.__array_interface__["data"][0]) // size
        strides = None if seen.flags.c_contiguous else tuple(step // size for step in seen.strides)
        return Place(start + offset, strides), (seen, root, start)


def _is_outer(node: Node, values: Mapping[Node, Array]) -> bool:
    """Whether the value is, to the bit, what rounding each product of two numbers gives, and worth it."""
    x, y = (values[source] for source in node.inputs)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != 1 or node.size <= x.size + y.size:
        return False
    return same_bits(x * y, values[node])


def same_bits(one: Array, other: Array) -> bool:
    """Whether two arrays hold the same numbers, signs of zeros aside; NaN equals NaN.

    >>> same_bits(np.array([0.0, np.nan]), np.array([-0.0, np.nan]))
    True
    """
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
