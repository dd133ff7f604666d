"""`Node`: one use of an operation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from tinygraph.graph.scopes import opened

Shape = tuple[int, ...]
Kind = TypeVar("Kind", bound="Node")

#: Every declared operation by name; an operation enters it by being declared.
OPS: dict[str, Callable[..., Node]] = {}

_NO_ATTRIBUTES: Mapping[str, Any] = MappingProxyType({})  # one for all of the many nodes that have none


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
        return _frozen(cls, op, inputs, attrs, shape, dtype, opened.get() if scope is None else scope, name)

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
