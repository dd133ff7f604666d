"""A trace: the lowering of layers to one op graph, and what they ask for on the side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any

from tinygraph.graph import Node
from tinygraph.ops import Parameter


class Trace:
    """Collects, while layers are lowered, the updates of state and the losses that they ask for.

    ``use(layer)`` counts the uses of a layer, so that a shared one gets a scope, and a stream of random
    numbers, for each. Outside of a trace every use counts as the first.
    """

    def __init__(self, training: bool = False):
        self.training = training
        self.updates: dict[Parameter, Node] = {}
        #: what joins the loss of training
        self.losses: list[Node] = []
        #: what is to be called before each run
        self.checks: list[Callable[[], None]] = []
        self._uses: Counter[Any] = Counter()
        self._tokens: list[Token[Trace | None]] = []

    def before_run(self, check: Callable[[], None]) -> None:
        """Have ``check`` called before each run of what is traced."""
        self.checks.append(check)

    def use(self, layer: Any) -> int:
        """Return how often the layer was used before in this trace, and count this use."""
        self._uses[layer] += 1
        return self._uses[layer] - 1

    def uses(self, layer: Any) -> int:
        """Return how often the layer has been used in this trace."""
        return self._uses[layer]

    def __enter__(self) -> Trace:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(self, *error: object) -> None:
        _current.reset(self._tokens.pop())


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current_trace() -> Trace:
    """Return the open trace, or a fresh one that nobody reads."""
    return _current.get() or Trace()
