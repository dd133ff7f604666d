"""A step in two programs, and the sum over all ranks between them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar

import numpy as np

from tinygraph import ops
from tinygraph.compile import Function
from tinygraph.graph import Node
from tinygraph.ops import Parameter

K = TypeVar("K", bound=Hashable)


class Buffer(Generic[K]):
    """Values side by side in one flat parameter: written by a program, added up, read by another."""

    def __init__(self, nodes: Mapping[K, Node]):
        self.like = {key: node.shape for key, node in nodes.items()}
        dtype = np.result_type(*(node.dtype for node in nodes.values()))
        size = sum(node.size for node in nodes.values())
        self.parameter: Parameter = ops.param("exchanged", np.zeros(size), dtype=dtype.name)

    def written(self, nodes: Mapping[K, Node]) -> Node:
        """The parameter's value: these nodes."""
        typed = (ops.cast(node, dtype=self.parameter.dtype.name) for node in nodes.values())
        return ops.concat([ops.reshape(node, shape=(node.size,)) for node in typed], axis=0)

    def read(self) -> dict[K, Node]:
        """The values as nodes."""
        nodes: dict[K, Node] = {}
        start = 0
        for key, shape in self.like.items():
            stop = start + int(np.prod(shape))
            nodes[key] = ops.reshape(self.parameter[start:stop], shape=shape)
            start = stop
        return nodes


class SharedFunction:
    """``own`` writes what one rank's rows add to the buffer, ``add_up`` sums it over all ranks, and
    ``closing`` makes the step that follows from the sums."""

    def __init__(
        self,
        own: Function,
        closing: Function,
        buffer: Buffer[Any],
        add_up: Callable[[Any], None],
        anyone: Callable[[bool], bool],
    ):
        self.own = own
        self.closing = closing
        self.buffer = buffer
        self.add_up = add_up
        self.anyone = anyone
        self.inputs = own.inputs

    def __call__(self, /, **feeds: Any) -> Any:
        """Make the step; return the outputs of all rows together."""
        self._exchange(feeds)
        return self.closing()

    def start(self, /, **feeds: Any) -> dict[str, Any]:
        """Make it without waiting for a device; return copies of the outputs where they stand."""
        self._exchange(feeds)
        return self.closing.start()

    def failed(self) -> int | None:
        """Wait; return which `start` since this was last asked was the first whose guard was False."""
        return self.closing.failed()

    def first_nonfinite(self, /, **feeds: Any) -> Node | None:
        """Return the first node that is NaN or infinite: of this rank's rows, or of the step after them if
        they are finite on all ranks."""
        sums = self.buffer.parameter.value
        self.buffer.parameter.assign(np.zeros_like(sums))  # of all rows: what is found is to be of these
        found = self.own.first_nonfinite(**feeds)
        self.buffer.parameter.assign(sums)
        return found if self.anyone(found is not None) else self.closing.first_nonfinite()

    def _exchange(self, feeds: Mapping[str, Any]) -> None:
        self.own.start(**feeds)
        self.add_up(self.buffer.parameter.cell.array)
