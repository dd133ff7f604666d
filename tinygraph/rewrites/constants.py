"""f(constants) -> constant, and f(x) -> x where f changes nothing: what need not be computed at every run.

What changes nothing stands in `tinygraph.ops.same`; it is equal to the bit. x + 0.0 stays, as it makes 0.0
of -0.0, and so does a product with the zeros that a recurrence begins with, as 0 * inf is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import constant, full
from tinygraph.ops.same import uniform

Array = np.ndarray[Any, Any]

#: The most bytes of a result that is kept: in a run its buffer would serve others too.
LARGEST = 1 << 16


def constants(graph: Graph) -> Graph:
    """Return ``graph`` without operations on constants, and without those that change nothing."""
    known: dict[Node, Array] = {}
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        if not node.inputs:
            if "value" in node.attrs:
                known[node] = node.attrs["value"]
            continue
        sources = node.inputs
        if not new.keys().isdisjoint(sources):
            sources = tuple(new.get(source, source) for source in sources)
        if all(map(known.__contains__, sources)):
            given = [known[source] for source in sources]
            if _is_view(node, given[0]):  # it costs nothing, and others look for the transpose of a leaf
                known[node] = node.op.view.make(np, given[0], **node.attrs)
                continue
            leaf = _folded(node, given)
            if leaf is not None:
                new[node], known[leaf] = leaf, leaf.attrs["value"]
                continue
        same = node.op.same and node.op.same(*sources, **node.attrs)
        if same is not None and (same.shape, same.dtype) == (node.shape, node.dtype):
            new[node] = new.get(same, same)
    return graph.substitute(new) if new else graph


def _is_view(node: Node, value: Array) -> bool:
    """Whether an operation can be had of a constant without copying."""
    view = node.op.view
    return view is not None and (view.of_strided or value.flags.c_contiguous or uniform(value))


def _folded(node: Node, given: Sequence[Array]) -> Node | None:
    """The result on constants; None if it is large, or not finite: it is for a run to tell where."""
    one = bool(node.op.scalar) and all(uniform(value) for value in given)
    if not one and node.size * node.dtype.itemsize > LARGEST:
        return None
    out = np.empty(1 if one else node.shape, node.dtype)
    with np.errstate(all="ignore"):
        node.op.kernel(np, *(v.reshape(-1)[:1] if one else v for v in given), out=out, **node.attrs)
    if out.dtype.kind == "f" and not np.isfinite(out).all():
        return None
    with absolute_scope(node.scope):
        if one:
            return full(node.shape, out.item(), dtype=node.dtype)
        return constant(out, dtype=node.dtype)
