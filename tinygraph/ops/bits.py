"""Numbers by their bits: to choose between a number and 0 without asking at each element."""

from __future__ import annotations

from typing import Any

from tinygraph.graph import GraphError, Node
from tinygraph.op import op
from tinygraph.ops.rules import Inferred, inplace
from tinygraph.ops.samples import bits as all_or_none


@inplace
def as_wide(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """Floats and whole numbers of one shape and width."""
    x, bits = inputs
    kinds = x.dtype.kind + bits.dtype.kind
    if (x.shape, x.dtype.itemsize, kinds) != (bits.shape, bits.dtype.itemsize, "fi"):
        raise GraphError("needs floats, and whole numbers of the same shape and width")
    return x.shape, x.dtype


@op(as_wide, bitwise="bitwise_and", samples=[((3, 4), all_or_none(3, 4))])
def kept(xp, x, bits, *, out):
    """x where all bits are set, 0 where none is: x & bits, to the bit even for NaN."""
    xp.bitwise_and(x.view(bits.dtype), bits, out=out.view(bits.dtype))


@kept.vjp
def _(g, y, x, bits):
    return kept(g, bits), None
