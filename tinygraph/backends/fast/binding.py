"""What there is machine code for: how a node of each operation becomes a call of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tinygraph.backends.fast import elementwise, finite, moving, product, random, reduction
from tinygraph.backends.fast.call import Array, Run
from tinygraph.backends.fast.kernel import Host
from tinygraph.backends.threads import shared
from tinygraph.graph import Node
from tinygraph.ops import affine, all_finite, copy, matmul, max, mean, min, pad, place, reshape, sum, uniform
from tinygraph.ops.fused import fused

Binding = Callable[[Node, Sequence[Array], Any, Host], Run | None]


def bound(node: Node, inputs: Sequence[Array], out: Any, host: Host) -> Run | None:
    """Return what computes ``node`` into ``out`` by machine code, or None."""
    if node.op in BINDINGS:
        return BINDINGS[node.op](node, inputs, out, host)
    if node.op.pieces is not None:
        places = node.op.pieces([array.shape for array in inputs], node.attrs)
        return moving.joined(out, places, inputs, host)
    return None


def _multiplied(node: Node, inputs: Sequence[Array], out: Array, host: Host) -> Run | None:
    return None if shared(node.op.multiplications(node)) else product.call(inputs, out, host)


def _reduced(node: Node, inputs: Sequence[Array], out: Array, host: Host) -> Run | None:
    (x,) = inputs
    divisor = x.size // (out.size or 1) if node.op is mean else 1
    how = "sum" if node.op is mean else node.op.name
    return reduction.call(how, x, out, node.attrs["axis"], divisor, host)


def _drawn(node: Node, inputs: Sequence[Array], out: Array, host: Host) -> Run | None:
    attrs = node.attrs
    return random.call(inputs[0], out, attrs["seed"], attrs["stream"], attrs["first"], host)


def _padded(node: Node, inputs: Sequence[Array], out: Array, host: Host) -> Run:
    (x,) = inputs
    inside = zip(node.attrs["widths"], x.shape, strict=True)
    place = tuple(slice(before, before + size) for (before, _), size in inside)
    return moving.surrounded(out, place, x, node.attrs["value"], host)


BINDINGS: dict[Any, Binding] = {
    fused: lambda node, inputs, out, host: elementwise.call(node.attrs["graph"], inputs, out, host),
    matmul: _multiplied,
    affine: _multiplied,
    sum: _reduced,
    max: _reduced,
    min: _reduced,
    mean: _reduced,
    all_finite: lambda node, inputs, out, host: finite.call(inputs, out, host),
    copy: lambda node, inputs, out, host: moving.moved(out, inputs[0], host),
    reshape: lambda node, inputs, out, host: moving.moved(out.reshape(inputs[0].shape), inputs[0], host),
    place: lambda node, inputs, out, host: moving.surrounded(out, node.attrs["index"], inputs[0], 0, host),
    pad: _padded,
    uniform: _drawn,
}
