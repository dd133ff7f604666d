"""Running: a plan bound once to arrays, then a flat loop over kernels. It knows no operation by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter, is_not
from typing import Any

import numpy as np

from tinygraph.backends import Backend, Call
from tinygraph.graph import Node
from tinygraph.ops.leaf import Parameter
from tinygraph.plan import Plan, nbytes

array_in = attrgetter("array")


class Program:
    """A plan bound to one backend: every array has its address, every kernel its arguments.

    ``compute`` are the calls that change no parameter, ``commit`` makes those that do: between the two stands
    the output ``guard``, so that a step that went wrong changes nothing. With ``poison`` a buffer is filled
    with NaN as soon as nobody may read it any more: what the tests of the planner look for.
    """

    def __init__(self, plan: Plan, backend: Backend, *, guard: str | None = None, poison: bool = False):
        self.plan = plan
        self.backend = backend
        self.guard = guard
        self.poison = poison
        self.leaves = plan.graph.leaves
        self.parameters = [leaf for leaf in self.leaves if isinstance(leaf, Parameter)]
        self.cells = [leaf.cell for leaf in self.parameters]
        self.arena = backend.empty(plan.arena)
        if poison:
            self.arena[...] = 0xFF
        self.fed = {
            leaf.name: self._typed(backend.empty(nbytes(leaf)), 0, leaf) for leaf in plan.graph.inputs
        }
        self.feed = backend.feeder(self.fed)
        products = [node for node in plan.called if node.op.multiplications]
        self.threads = backend.threads(max((node.op.multiplications(node) for node in products), default=0))
        self._bind()

    def run(self, feeds: Mapping[str, Any]) -> bool:
        """Feed the inputs, compute, and commit unless the guard is False. Return whether it did."""
        self.failed()  # Ctrl-C may have come before the last run asked
        self.start(feeds)
        return self.failed() is None

    def start(self, feeds: Mapping[str, Any]) -> None:
        """Do the same without waiting for a device. After a run whose guard was False none commits until
        `failed` is asked."""
        if any(map(is_not, map(array_in, self.cells), self.bound)):
            before = self.commit
            self._bind()
            self.commit.go_on(before)
        self.feed(feeds)
        with np.errstate(all="ignore"), self.threads:
            for call in self.compute:
                call()
            self.commit()

    def failed(self) -> int | None:
        """Wait; return which run since this was last asked, counted from 0, was the first whose guard was
        False."""
        return self.commit.failed()

    def first_nonfinite(self, feeds: Mapping[str, Any]) -> Node | None:
        """Return the first float node that is NaN or infinite somewhere; of a plan without reuse."""
        self.feed(feeds)
        xp = self.backend.xp
        with np.errstate(all="ignore"):
            given = [leaf for leaf in self.leaves if "value" not in leaf.attrs]  # a constant may mean its inf
            for node, call in (*((leaf, None) for leaf in given), *self.steps()):
                if call is not None:
                    call()
                if node.dtype.kind == "f" and not bool(xp.isfinite(self.arrays[node]).all()):
                    return node
        return None

    def value(self, output: str) -> np.ndarray[Any, Any]:
        """Return a copy of an output on the host."""
        return self.backend.to_host(self.arrays[self.plan.graph.outputs[output]])

    def copy(self, output: str) -> Any:
        """Return a copy of an output where the backend has it."""
        return self.backend.copy(self.arrays[self.plan.graph.outputs[output]])

    def steps(self) -> Iterator[tuple[Node, Call]]:
        """Yield each computed node with the call that computes it, in the order of running."""
        return ((node, call) for node in self.plan.schedule for call in self._calls(node))

    def _calls(self, node: Node) -> Sequence[Call]:
        """The call that computes a node; of what is joined, those that copy the inputs left to be."""
        if node in self.plan.called:
            inputs = [self.arrays[source] for source in node.inputs]
            return [self.backend.bind(node, inputs, self.arrays[node])]
        left = self.plan.joined.get(node)
        if not left:
            return ()
        whole = self.arrays[node]
        return self.backend.bind_copies([(self.arrays[source], whole[index]) for source, index in left])

    def _bind(self) -> None:
        """Give every value its array and every call its arguments; addresses do not change after."""
        self.bound = [cell.on(self.backend.device) for cell in self.cells]
        self.arrays: dict[Node, Any] = dict(zip(self.parameters, self.bound, strict=True))
        for node in (*self.leaves, *self.plan.schedule):
            if node not in self.arrays:
                self.arrays[node] = self._array(node)
        compute: list[Call] = []
        commit: list[Call] = []
        for step, node in enumerate(self.plan.schedule):
            phase = compute if step < self.plan.commit else commit
            phase.extend(self._calls(node))
            if self.poison:
                phase.extend(partial(spoil, self.arrays[gone]) for gone in self.plan.freed[step])
        pairs = [(self.arrays[node], self.arrays[leaf]) for node, leaf in self.plan.copies]
        commit.extend(self.backend.bind_copies(pairs))
        self.compute = self.backend.sequence(compute)
        guard = self.arrays[self.plan.graph.outputs[self.guard]] if self.guard is not None else None
        self.commit = self.backend.commit(commit, guard)

    def _array(self, node: Node) -> Any:
        if node in self.plan.slots:
            return self._typed(self.arena, self.plan.slots[node], node)
        if node in self.plan.parts:
            return [self._array(part) for part in self.plan.parts[node]]
        if node in self.plan.within:
            whole, index = self.plan.within[node]
            if whole not in self.arrays:
                self.arrays[whole] = self._array(whole)
            return self.arrays[whole][index].reshape(node.shape)
        if node in self.plan.donated:
            return self.arrays[self.plan.donated[node]]
        if node in self.plan.views:
            return node.op.view.make(self.backend.xp, self.arrays[node.inputs[0]], **node.attrs)
        return self.fed[node.name] if node.op.fed else self.backend.asarray(node.attrs["value"])

    @staticmethod
    def _typed(memory: Any, start: int, node: Node) -> Any:
        """Return the bytes of ``memory`` from ``start`` on as an array of the node's shape and dtype."""
        stop = start + node.size * node.dtype.itemsize
        return memory[start:stop].view(node.dtype).reshape(node.shape)


def spoil(array: Any) -> None:
    """Fill a dead buffer with what nobody could take for a result."""
    array[...] = {"f": np.nan, "b": True}.get(array.dtype.kind, -(2**30))
