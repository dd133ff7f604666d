"""Nodes and graphs: what is to be computed, never a value. Imports nothing else of tinygraph.

A `Node` is one use of an operation: it has inputs, a shape and a dtype. A `Graph` is named output nodes
plus the new values of its parameters. Both are immutable; every pass returns a new graph.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, takewhile
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

Shape = tuple[int, ...]
Kind = TypeVar("Kind", bound="Node")

#: Every declared operation by name; an operation enters it by being declared.
OPS: dict[str, Callable[..., Node]] = {}

_NO_ATTRIBUTES: Mapping[str, Any] = MappingProxyType({})  # one for all of the many nodes that have none
_scope: ContextVar[str] = ContextVar("scope", default="")


class GraphError(ValueError):
    """A graph that cannot be: shapes that do not fit, an unknown input, a cycle."""


@contextmanager
def scope(name: str) -> Iterator[str]:
    """Put the nodes made inside under ``name``: scopes nest, as in ``lstm/t3``.

    >>> import tinygraph as tg
    >>> with tg.scope("lstm"), tg.scope("t3"):
    ...     node = tg.tanh(tg.input("x", (2,)))
    >>> node.scope
    'lstm/t3'
    """
    if not isinstance(name, str) or not name:
        raise GraphError(f"scope: expected a string as name, got {name!r}.")
    outer = _scope.get()
    token = _scope.set(f"{outer}/{name}" if outer else name)
    try:
        yield _scope.get()
    finally:
        _scope.reset(token)


class absolute_scope:  # no generator: that takes three times as long
    """Put the nodes made inside under ``path``, whatever scope is open outside."""

    __slots__ = ("path", "token")

    def __init__(self, path: str):
        self.path = path

    def __enter__(self) -> str:
        self.token = _scope.set(self.path)
        return self.path

    def __exit__(self, *error: object) -> None:
        _scope.reset(self.token)


def current_scope() -> str:
    """Return the path of the open scope, ``""`` outside of any."""
    return _scope.get()


def common_scope(nodes: Sequence[Node]) -> str:
    """Return the path of the innermost scope that all nodes stand in."""
    paths = [node.scope.split("/") for node in nodes]
    shared = takewhile(lambda names: len(set(names)) == 1, zip(*paths, strict=False))
    return "/".join(names[0] for names in shared)


class Fields:
    """What a `Node` has, while it is filled: to write past its guard would take five times as long."""

    __slots__ = ("__weakref__", "attrs", "dtype", "inputs", "name", "op", "scope", "shape")

    op: Any
    inputs: tuple[Node, ...]
    attrs: Mapping[str, Any]
    shape: Shape
    dtype: np.dtype
    scope: str
    name: str


class Node(Fields):
    """One use of an operation: ``op`` applied to ``inputs``. It has a shape and a dtype, never a value.

    Nodes are immutable and compare by identity. Python's operators declare new nodes.
    """

    __slots__ = ()
    __array_ufunc__ = None  # array + node asks the node, not NumPy

    def __new__(
        cls: type[Kind],
        op: Any,
        inputs: tuple[Node, ...],
        attrs: Mapping[str, Any],
        shape: Shape,
        dtype: np.dtype,
        scope: str | None = None,
        name: str = "",
    ) -> Kind:
        """Make a node; in the open scope, unless ``scope`` says another."""
        attrs = MappingProxyType(attrs) if attrs else _NO_ATTRIBUTES
        return _frozen(cls, op, inputs, attrs, shape, dtype, _scope.get() if scope is None else scope, name)

    def with_inputs(self, inputs: tuple[Node, ...]) -> Node:
        """Return the same use of the same operation on other inputs of the same shapes."""
        return _frozen(Node, self.op, inputs, self.attrs, self.shape, self.dtype, self.scope, self.name)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def label(self) -> str:
        """The name in messages and drawings: ``lstm/t3/tanh``, or a leaf's own name."""
        name = self.name or self.op.name
        return f"{self.scope}/{name}" if self.scope else name

    def __repr__(self) -> str:
        return f"<{self.label} {self.dtype.name}{list(self.shape)}>"

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{self.label}: a node is immutable; declare a new one.")

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    def __copy__(self) -> Node:
        return self

    def __deepcopy__(self, memo: dict) -> Node:
        return self

    def __bool__(self) -> bool:
        raise TypeError(f"{self.label} has no value yet: compile the graph and test its result.")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{self.label} has no value yet: use functions of tinygraph, as tg.mean for np.mean.")

    def __getattr__(self, name: str) -> Any:
        hint = f"; there is tg.{name}(node)" if name in OPS else ""
        raise AttributeError(f"{type(self).__name__}: a node has no attribute {name!r}{hint}.")

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"{self.label} is a scalar and has no length.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Node]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Node:
        return OPS["slice"](self, index=index if isinstance(index, tuple) else (index,))

    def __neg__(self) -> Node:
        return OPS["negative"](self)

    def __abs__(self) -> Node:
        return OPS["abs"](self)

    def __add__(self, other: Any) -> Node:
        return OPS["add"](self, other)

    def __radd__(self, other: Any) -> Node:
        return OPS["add"](other, self)

    def __sub__(self, other: Any) -> Node:
        return OPS["subtract"](self, other)

    def __rsub__(self, other: Any) -> Node:
        return OPS["subtract"](other, self)

    def __mul__(self, other: Any) -> Node:
        return OPS["multiply"](self, other)

    def __rmul__(self, other: Any) -> Node:
        return OPS["multiply"](other, self)

    def __truediv__(self, other: Any) -> Node:
        return OPS["divide"](self, other)

    def __rtruediv__(self, other: Any) -> Node:
        return OPS["divide"](other, self)

    def __pow__(self, other: Any) -> Node:
        return OPS["power"](self, other)

    def __rpow__(self, other: Any) -> Node:
        return OPS["power"](other, self)

    def __matmul__(self, other: Any) -> Node:
        return OPS["matmul"](self, other)

    def __rmatmul__(self, other: Any) -> Node:
        return OPS["matmul"](other, self)

    def __lt__(self, other: Any) -> Node:
        return OPS["less"](self, other)

    def __le__(self, other: Any) -> Node:
        return OPS["less_equal"](self, other)

    def __gt__(self, other: Any) -> Node:
        return OPS["greater"](self, other)

    def __ge__(self, other: Any) -> Node:
        return OPS["greater_equal"](self, other)


def _frozen(
    kind: type[Kind],
    op: Any,
    inputs: tuple[Node, ...],
    attrs: Mapping[str, Any],
    shape: Shape,
    dtype: np.dtype,
    scope: str,
    name: str,
) -> Kind:
    """Return a node of these fields, filled before nobody can write them any more."""
    node: Any = Fields()
    node.op, node.inputs, node.attrs, node.shape = op, inputs, attrs, shape
    node.dtype, node.scope, node.name = dtype, scope, name
    node.__class__ = kind
    return node


def toposort(roots: Iterable[Node]) -> list[Node]:
    """Return every node that ``roots`` need, each after its inputs; iterative, so depth is no limit."""
    order: dict[Node, None] = {}
    stack = list(roots)[::-1]
    while stack:
        node = stack[-1]
        if node in order:
            stack.pop()
            continue
        height = len(stack)
        for source in node.inputs[::-1]:
            if source not in order:
                stack.append(source)
        if len(stack) == height:
            order[stack.pop()] = None
    return list(order)


def rebuilt(nodes: Sequence[Node], roots: Iterable[Node], new: Mapping[Node, Node]) -> dict[Node, Node]:
    """Return what each of ``nodes`` that ``roots`` still need becomes with ``new`` inputs.

    ``nodes`` stand in order, and so does what is returned: to go along them takes two thirds of the time of
    a walk from the roots. A node above which nothing is new stays itself.
    """
    needed = _needed(nodes, roots, new)
    built: dict[Node, Node] = {}
    become, changed = built.__getitem__, set(new)
    stays = changed.isdisjoint
    for node in nodes:
        if node not in needed or node in built:
            continue
        if node in new:
            built[node] = _built(new[node], new, built, changed)
        elif stays(node.inputs):
            built[node] = node
        else:
            built[node] = node.with_inputs(tuple(map(become, node.inputs)))
            changed.add(node)
    return built


def _needed(nodes: Sequence[Node], roots: Iterable[Node], new: Mapping[Node, Node]) -> set[Node]:
    """Return those of ``nodes`` that ``roots`` need with ``new`` inputs, and what is new.

    Not all: where a replacement is made of a node that stands behind it, it is built with that.
    """
    there, needed = set(nodes), set(roots)
    for node in reversed(nodes):
        if node not in needed:
            continue
        if node not in new:
            needed.update(node.inputs)
            continue
        made = [new[node]]
        while made:
            source = made.pop()
            if source not in needed:
                needed.add(source)
                if source not in there:
                    made += source.inputs
    return needed


def _built(root: Node, new: Mapping[Node, Node], built: dict[Node, Node], changed: set[Node]) -> Node:
    """Return what ``root`` becomes with ``new`` inputs; it and all that it needs joins what is ``built``."""
    opened: set[Node] = set()
    stack = [root]
    while stack:
        node = stack[-1]
        if node in built:
            stack.pop()
            continue
        inputs = [new.get(source, source) for source in node.inputs]
        waiting = [source for source in inputs if source not in built]
        if not waiting:
            made = tuple([built[source] for source in inputs])
            if made == node.inputs:
                built[node] = node
            else:
                built[node] = node.with_inputs(made)
                changed.add(node)
        elif node in opened:  # it is needed to build what it waits for
            raise GraphError(f"substitute: {node!r} would need its own result.")
        else:
            opened.add(node)
            stack += waiting[::-1]
    return built[root]


@dataclass(frozen=True, eq=False)
class Graph:
    """Named outputs, and ``updates``: the node whose value each parameter takes after a run.

    >>> import tinygraph as tg
    >>> x = tg.input("x", (2, 3))
    >>> graph = tg.Graph({"y": tg.tanh(x) * 2.0})
    >>> graph.count()
    {'constant': 1, 'input': 1, 'multiply': 1, 'tanh': 1}
    """

    outputs: Mapping[str, Node]
    updates: Mapping[Any, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what in (self.outputs, self.updates):
            if not isinstance(what, Mapping):
                raise GraphError(
                    f"Graph: expected nodes by name, {{'y': node}}, and updates by parameter, got "
                    f"{type(what).__name__}."
                )
        # Copies: whoever still holds the given dicts cannot change the graph through them.
        object.__setattr__(self, "outputs", dict(self.outputs))
        object.__setattr__(self, "updates", dict(self.updates))

    @cached_property
    def roots(self) -> Sequence[Node]:
        """The outputs, then the new values of the parameters."""
        return (*self.outputs.values(), *self.updates.values())

    @cached_property
    def nodes(self) -> list[Node]:
        """Every node in an order in which it can be run."""
        return toposort(self.roots)

    @cached_property
    def leaves(self) -> list[Node]:
        """The nodes without inputs: inputs, parameters and constants, updated parameters included."""
        used = dict.fromkeys(node for node in self.nodes if not node.inputs)
        return list(used | dict.fromkeys(self.updates))

    @cached_property
    def inputs(self) -> list[Node]:
        """The leaves that are fed at each run."""
        return [leaf for leaf in self.leaves if leaf.op.fed]

    @cached_property
    def uses(self) -> Counter[Node]:
        """How often each node is an input of another, an output or an update."""
        return Counter(chain(self.roots, *(node.inputs for node in self.nodes)))

    def count(self) -> dict[str, int]:
        """Return how often each operation is used, by name."""
        return dict(sorted(Counter(node.op.name for node in self.nodes).items()))

    def substitute(self, new: Mapping[Node, Node]) -> Graph:
        """Return this graph with each node ``old`` replaced by ``new[old]``, in one pass.

        A replacement may be built on nodes that are themselves replaced. Raises `GraphError` where a
        replacement has another shape or dtype, or needs the very node that it replaces.
        """
        for old, node in new.items():
            if (node.shape, node.dtype) != (old.shape, old.dtype):
                raise GraphError(f"substitute: {node!r} cannot stand for {old!r}.")
        final = {old: self.resolve(old, new) for old in new}
        built = rebuilt(self.nodes, self.roots, final)
        graph = Graph(
            {name: built[node] for name, node in self.outputs.items()},
            {leaf: built[node] for leaf, node in self.updates.items()},
        )
        graph.__dict__["nodes"] = list(dict.fromkeys(built.values()))
        return graph

    @staticmethod
    def resolve(node: Node, new: Mapping[Node, Node]) -> Node:
        """Follow ``new`` from ``node`` to the node that finally stands for it."""
        for _ in range(len(new) + 1):
            if node not in new:
                return node
            node = new[node]
        raise GraphError(f"substitute: replacements of {node!r} go round in a circle.")
