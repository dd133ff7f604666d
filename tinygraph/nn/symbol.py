"""The layer graph: symbols, which have the shape of one sample, and the calls of layers between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.defaults import floatx
from tinygraph.graph import GraphError, Shape

if TYPE_CHECKING:
    from tinygraph.nn.layer import Layer

#: the dtypes that an input may have
DTYPES = ("float32", "float64", "int32", "int64", "bool")


class Symbol:
    """A value of the layer graph: the shape of one sample, without the batch axis, and a dtype.

    ``call`` is the use of a layer that it comes from; an `Input` has none, but perhaps a ``batch``, the one
    size of batch that it takes.
    """

    #: the only size of batch, of an `Input` that has one
    batch: int | None = None

    def __init__(self, shape: Shape, dtype: np.dtype, name: str, call: Call | None = None, index: int = 0):
        self.shape = shape
        self.dtype = dtype
        self.name = name
        self.call = call
        self.index = index

    @property
    def ndim(self) -> int:
        """The number of axes, the batch not counted."""
        return len(self.shape)

    def __repr__(self) -> str:
        return f"<Symbol {self.name} {self.dtype.name}{list(self.shape)}>"


@dataclass(eq=False)
class Call:
    """One use of a layer on symbols.

    ``several`` says whether the layer's ``own`` inputs came as a list; ``extra`` are the symbols among the
    arguments, such as an initial state.
    """

    layer: Layer
    own: Sequence[Symbol]
    several: bool
    arguments: Mapping[str, Any]
    extra: Sequence[Symbol] = ()
    outputs: list[Symbol] = field(default_factory=list)

    @property
    def inputs(self) -> list[Symbol]:
        """Every symbol that the call needs."""
        return [*self.own, *self.extra]


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    *,
    batch_shape: Any = None,
    name: str | None = None,
) -> Symbol:
    """An input of a Functional model.

    Args:
        shape: the shape of one sample: ``(time, features)`` for a series. The batch axis is left out.
        batch_size: the size that every batch must have; None for any.
        dtype: a float type (`tinygraph.floatx` by default), or ``"int64"`` for ids.
        batch_shape: instead of the shape and the size of the batch, both: ``(32, 12, 3)``.
        name: what the input is called in messages, drawings and dicts of arrays.

    Raises:
        GraphError: a shape with None, or sizes that are not whole numbers of at least 1; a dtype that
            graphs do not know.

    >>> from tinygraph.nn import Input
    >>> Input((12, 3), name="series")
    <Symbol series float32[12, 3]>
    """
    from tinygraph.nn.naming import unique_name

    if name is not None and (not isinstance(name, str) or not name):
        raise GraphError(f"Input: expected a string as name, got {name!r}.")
    if dtype is not None and dtype not in DTYPES:
        raise GraphError(f"Input: expected dtype {', '.join(DTYPES[:-1])} or {DTYPES[-1]}, got {dtype!r}.")
    if (shape is None) == (batch_shape is None) or (batch_shape is not None and batch_size is not None):
        raise GraphError("Input: expected a shape, perhaps with a batch_size, or else a batch_shape.")
    batch, sizes = (batch_size, shape) if batch_shape is None else (batch_shape[0], batch_shape[1:])
    symbol = Symbol(
        sample_shape(sizes, "Input"),
        np.dtype(dtype) if dtype is not None else floatx(),
        name or unique_name("input"),
    )
    symbol.batch = None if batch is None else sample_shape((batch,), "Input, batch")[0]
    return symbol


def described(symbol: Symbol) -> dict[str, Any]:
    """Return an `Input` as the arguments that it was made from."""
    shape = list(symbol.shape)
    return {"shape": shape, "batch_size": symbol.batch, "dtype": symbol.dtype.name, "name": symbol.name}


def sample_shape(shape: Any, owner: str) -> Shape:
    """Return ``shape`` as the tuple of whole numbers that the shape of one sample is."""
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    for axis, size in enumerate(sizes):
        if size is None:
            raise GraphError(
                f"{owner}: shape {sizes} leaves axis {axis} open. Give the shape of one sample with every "
                "size known, and leave the batch axis out."
            )
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
            raise GraphError(f"{owner}: expected sizes of at least 1 in the shape, got {sizes}.")
    return tuple(int(size) for size in sizes)


def calls_before(outputs: Sequence[Symbol]) -> list[Call]:
    """Return the calls that ``outputs`` need, each after those it needs; iterative."""
    done: dict[Call, None] = {}
    stack = [symbol.call for symbol in outputs if symbol.call is not None][::-1]
    while stack:
        call = stack[-1]
        waiting = [s.call for s in call.inputs if s.call is not None and s.call not in done]
        if call in done or not waiting:
            stack.pop()
            done.setdefault(call)
        else:
            stack.extend(waiting[::-1])
    return list(done)


def in_order(calls: Sequence[Call], outputs: Sequence[Symbol]) -> list[Layer]:
    """Return the layers by their longest distance to an output, farthest first; those of one distance in
    the order in which they are met on the way back from the outputs. As in Keras, so that weights are in
    the same order."""
    distance: dict[Call | Layer, int] = {}
    for call in reversed(calls):
        own = max(distance.get(call, 0), distance.get(call.layer, 0))
        distance[call] = distance[call.layer] = own
        for symbol in call.inputs:
            if symbol.call is not None:
                distance[symbol.call] = max(distance.get(symbol.call, 0), own + 1)
    met: dict[Call, None] = {}
    waiting = [*reversed(outputs)]
    while waiting:
        source = waiting.pop().call
        if source is not None and source not in met:
            met[source] = None
            waiting += reversed(source.inputs)
    return sorted(dict.fromkeys(call.layer for call in met), key=lambda layer: -distance[layer])


def check_names(model: Layer, layers: Sequence[Layer], inputs: Sequence[Symbol]) -> None:
    """Raise `GraphError` where two layers, or two inputs, have one name."""
    for what, names in (("layers", [layer.name for layer in layers]), ("inputs", [s.name for s in inputs])):
        name, count = Counter(names).most_common(1)[0] if names else ("", 0)
        if count > 1:
            raise GraphError(f"{model.title}: two {what} are named {name!r}; give one another name.")
