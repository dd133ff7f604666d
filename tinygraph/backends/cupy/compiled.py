"""CuPy with kernels of our own where there is one, and with stretches of them as CUDA graphs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tinygraph.backends import Call, Commit
from tinygraph.backends.cupy import CupyBackend, copies, elementwise, finite, product, random, reduction
from tinygraph.backends.cupy.capture import stretches
from tinygraph.backends.cupy.commit import DeviceCommit
from tinygraph.backends.cupy.launch import Launch, Launches
from tinygraph.graph import Graph, Node
from tinygraph.ops import (
    affine,
    all_finite,
    concat,
    input,
    matmul,
    max,
    mean,
    min,
    place,
    reshape,
    sum,
    uniform,
)
from tinygraph.ops.fused import fused, has_formula

#: ``kernel(xp, node, inputs, out)``: the launches that compute a node; None, or None among them, if not so
Kernel = Callable[[Any, Node, Sequence[Any], Any], Sequence[Launch | None] | None]


class CompiledCupyBackend(CupyBackend):
    """CuPy, except that what is elementwise, small products and sums run as kernels of our own.

    What has none runs as it does in CuPy, between them.
    """

    def bind(self, node: Node, inputs: Sequence[Any], out: Any) -> Call:
        """Return a call without arguments that computes ``node`` into ``out``."""
        kernel = KERNELS.get(node.op) or (_elementwise if has_formula(node) else None)
        each = kernel(self.xp, node, inputs, out) if kernel else None
        launches = [launch for launch in each or () if launch is not None]
        if each and len(launches) == len(each):
            return Launches(launches)
        return super().bind(node, inputs, out)

    def bind_copies(self, pairs: Sequence[tuple[Any, Any]]) -> Sequence[Call]:
        """Return one call, or none, that copies the first array of each pair into the second."""
        each = copies.launches(self.xp, pairs)
        return [Launches(each)] if each else []

    def sequence(self, calls: Sequence[Call]) -> Sequence[Call]:
        """Return calls that do the same, with each stretch of launches captured."""
        return stretches(self.xp, calls)

    def commit(self, calls: Sequence[Call], guard: Any) -> Commit:
        """Return what makes ``calls`` where ``guard`` holds; it waits only if one of them is CuPy's."""
        ours = [call for call in calls if isinstance(call, Launches)]
        if guard is None or len(ours) < len(calls):
            return super().commit(self.sequence(calls), guard)
        return DeviceCommit(self.xp, ours, guard)


def _elementwise(xp: Any, node: Node, inputs: Sequence[Any], out: Any) -> list[Launch | None]:
    alone = node.with_inputs(tuple(input(str(k), n.shape, n.dtype) for k, n in enumerate(node.inputs)))
    return [elementwise.launch(xp, Graph({"0": alone}), inputs, [out])]


def _fused(xp: Any, node: Node, inputs: Sequence[Any], out: Any) -> list[Launch | None]:
    return [elementwise.launch(xp, node.attrs["graph"], inputs, out)]


def _concat(xp: Any, node: Node, inputs: Sequence[Any], out: Any) -> list[Launch]:
    assert node.op.pieces is not None
    places = node.op.pieces([source.shape for source in node.inputs], node.attrs)
    return copies.launches(xp, [(x, out[place]) for x, place in zip(inputs, places, strict=True)])


def _reshape(xp: Any, node: Node, inputs: Sequence[Any], out: Any) -> list[Launch]:
    (x,) = inputs
    return copies.launches(xp, [(x, out.reshape(x.shape))])


def _product(xp: Any, node: Node, inputs: Sequence[Any], out: Any) -> list[Launch | None]:
    return [product.launch(xp, inputs, out)]


def _reduced(xp: Any, node: Node, inputs: Sequence[Any], out: Any) -> list[Launch | None]:
    (x,) = inputs
    return [reduction.launch(xp, node.op.name, x, node.attrs["axis"], out)]


def _place(xp: Any, node: Node, inputs: Sequence[Any], out: Any) -> list[Launch]:
    (x,) = inputs
    inside = (*node.attrs["index"], Ellipsis)
    zeros = xp.broadcast_to(xp.zeros((), x.dtype), out.shape)
    return [*copies.launches(xp, [(zeros, out)]), *copies.launches(xp, [(x, out[inside])])]


def _uniform(xp: Any, node: Node, inputs: Sequence[Any], out: Any) -> list[Launch | None]:
    (step,) = inputs
    attrs = node.attrs
    return [random.launch(xp, step, out, attrs["seed"], attrs["stream"], attrs["first"])]


def _all_finite(xp: Any, node: Node, inputs: Sequence[Any], out: Any) -> list[Launch] | None:
    return finite.launches(xp, inputs, out)


#: The kernels of operations that are no formula.
KERNELS: dict[Any, Kernel] = {
    fused: _fused,
    concat: _concat,
    reshape: _reshape,
    matmul: _product,
    affine: _product,
    place: _place,
    sum: _reduced,
    mean: _reduced,
    max: _reduced,
    min: _reduced,
    uniform: _uniform,
    all_finite: _all_finite,
}
