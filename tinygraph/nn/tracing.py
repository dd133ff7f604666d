"""A trace: the lowering of layers to one op graph, and what they ask for on the side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from tinygraph.graph import Node
from tinygraph.ops import Parameter
from tinygraph.ops.random import Rows

if TYPE_CHECKING:
    from tinygraph.nn.recurrent.unroll import Unrolled


class Trace:
    """Collects, while layers are lowered, the updates of state and the losses that they ask for.

    ``use(layer)`` counts the uses of a layer, so that a shared one gets a scope for each. Outside of a trace
    every use counts as the first.
    """

    def __init__(self, training: bool = False, rows: Rows | None = None):
        self.training = training
        #: which rows of a larger batch are traced, where they are not all
        self.rows = rows
        self.updates: dict[Parameter, Node] = {}
        #: what joins the loss of training
        self.losses: list[Node] = []
        #: the uses of recurrent layers, and what their steps gave
        self.unrolled: list[tuple[Any, Unrolled]] = []
        #: what is to be called before each run
        self.checks: list[Callable[[], None]] = []
        self._uses: Counter[Any] = Counter()
        self._tokens: list[Token[Trace | None]] = []

    def before_run(self, check: Callable[[], None]) -> None:
        """Have ``check`` called before each run of what is traced."""
        self.checks.append(check)

    def calling(self, layer: Any) -> Callable[..., Any]:
        """Return what writes the nodes of ``layer``: its own ``call``, unless a trace knows another way."""
        return layer.call

    def use(self, layer: Any) -> int:
        """Return how often the layer was used before in this trace, and count this use."""
        self._uses[layer] += 1
        return self._uses[layer] - 1

    def __enter__(self) -> Trace:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(self, *error: object) -> None:
        _current.reset(self._tokens.pop())


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current_trace() -> Trace:
    """Return the open trace, or a fresh one that nobody reads."""
    return _current.get() or Trace()


#: the next stream of what draws outside of a trace, where streams begin far from those within
_outside: WeakKeyDictionary[Any, int] = WeakKeyDictionary()


def next_stream(drawn: Node) -> int:
    """Return a stream of random numbers for the next draw that the counter ``drawn`` drives."""
    trace = _current.get()
    if trace is not None:
        return trace.use(drawn)
    _outside[drawn] = _outside.get(drawn, (1 << 32) - 1) + 1
    return _outside[drawn]
