"""States that last from batch to batch: parameters that each run reads and, at its end, writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape, scope
from tinygraph.nn.tracing import current_trace
from tinygraph.ops import Parameter

Array = np.ndarray[Any, Any]


class LastingStates:
    """The states of one layer, one parameter each for every size of batch; one size is in use at a time."""

    def __init__(self, title: str, name: str, batch: int | None):
        self.title = title
        self.name = name
        #: the size of batch in use; None after a reset, when any will do
        self.batch = batch
        self._kept: dict[int, list[Parameter]] = {}

    def before(self, shapes: Sequence[Shape], dtype: np.dtype) -> list[Node]:
        """Return the states that a batch begins with; the shapes have the batch in front."""
        batch = shapes[0][0]
        trace = current_trace()
        trace.before_run(partial(self.begin, batch))
        return [trace.updates.get(state, state) for state in self._made(shapes, dtype)]

    def _made(self, shapes: Sequence[Shape], dtype: np.dtype) -> list[Parameter]:
        """Return the states for a batch of this size, made where there are none."""
        with scope(self.name):
            fresh = [ops.param(f"state{k}", np.zeros(s), dtype=dtype) for k, s in enumerate(shapes)]
        return self._kept.setdefault(shapes[0][0], fresh)

    def after(self, states: Sequence[Node]) -> None:
        """Let the states of the next batch be these."""
        kept = self._kept[states[0].shape[0]]
        current_trace().updates.update(zip(kept, states, strict=True))

    def begin(self, batch: int) -> None:
        """Take a batch of this size, or raise `GraphError` if another is in use."""
        self.check([batch])
        self.batch = batch

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        """Go on afterwards as if what was traced and begun meanwhile had not been."""
        batch, kept = self.batch, dict(self._kept)
        try:
            yield
        finally:
            self.batch, self._kept = batch, kept

    def check(self, sizes: Iterable[int]) -> None:
        """Raise `GraphError` for batches of another size than is in use, or of several."""
        use, *others = [*dict.fromkeys([*([self.batch] if self.batch else []), *sizes])] or [0]
        if others:
            raise GraphError(
                f"{self.title}: stateful, with states for a batch of {use}, got a batch of {others[0]}. "
                "Leave the partial batch out, or call reset_states() before batches of another size."
            )

    @property
    def values(self) -> list[Array]:
        """The states that the next batch begins with; none where all are zeros, for a batch of any size."""
        return [state.value for state in self._kept.get(self.batch or 0, [])]

    def restore(self, values: Sequence[Array], dtype: np.dtype) -> None:
        """Take what `values` was, here or in another process that ran a batch of a size that is new here."""
        if len(values):
            self._made([value.shape for value in values], dtype)
        self.reset(values or None)

    def reset(self, values: Sequence[Any] | None) -> None:
        """Begin the next batch, of any size, with zeros; or of the size of ``values`` with these."""
        arrays = [np.asarray(value) for value in (() if values is None else values)]
        shapes = [array.shape for array in arrays]
        fitting = [kept for kept in self._kept.values() if [state.shape for state in kept] == shapes]
        if values is not None and not fitting:
            sizes = ", ".join(map(str, self._kept)) or "none yet"
            raise GraphError(
                f"{self.title}.reset_states: expected states for a batch it has run (sizes: {sizes}), "
                f"got {shapes}."
            )
        for kept in self._kept.values():
            for state in kept:
                state.assign(np.zeros(state.shape))
        for state, array in zip(fitting[0] if fitting else [], arrays, strict=True):
            state.assign(array)
        self.batch = len(arrays[0]) if arrays else None
