"""σ(z[:, a]), tanh(z[:, b]), ... -> slices of tanh(z · s) · p + q: the gates of a cell by one tanh.

σ(x) = tanh(x / 2) / 2 + 1/2, so s, p and q are 1/2 in the columns of a σ, and 1, 1 and 0 in all others. A σ
loses digits below 1e-7, which do not count in a factor such as a gate. One that a quotient or a logarithm is
made of, which they may count in, is left as it is, and so is one that stands alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from tinygraph.graph import Graph, Node, Shape, absolute_scope
from tinygraph.ops import constant, multiply, sigmoid, slice as part_of, subtract, tanh
from tinygraph.rewrites.scales import scaled
from tinygraph.rewrites.shares import Span, span_of

#: slices of the columns of one array, by where they begin
Shares = Sequence[tuple[Span, Node]]


def gates(graph: Graph) -> Graph:
    """Return ``graph`` with sigmoids and tanhs of at least half the columns of an array computed together."""
    activations: dict[Node, Node] = {}
    shares: dict[Node, list[tuple[Span, Node]]] = defaultdict(list)
    exact: set[Node] = set()  # what is no factor, nor subtracted from 1 to be one
    for node in graph.nodes:
        if node.op is not multiply and node.op is not subtract:
            exact.update(node.inputs)
        if node.op is part_of and (span := span_of(node)) is not None:
            shares[node.inputs[0]].append((span, node))
        elif (node.op is sigmoid or node.op is tanh) and node.inputs[0].op is part_of:
            activations[node.inputs[0]] = node
    alike: dict[object, dict[Node, Shares]] = defaultdict(dict)
    for z, found in shares.items():
        found.sort(key=lambda share: share[0])
        wide = [(span, activations[part]) for span, part in found if part in activations]
        rounded = any(y.op is sigmoid and y in exact for _, y in wide)
        if not rounded and _worth_it(z, found, wide):
            kind = tuple(
                (span, activations[part].op if part in activations else None) for span, part in found
            )
            alike[z.dtype, z.shape[-1], kind][z] = found
    if not alike:
        return graph
    new: dict[Node, Node] = {}
    for several in alike.values():
        new |= _together(several, activations, graph.uses)
    return graph.substitute(new)


def _worth_it(z: Node, found: Shares, wide: Shares) -> bool:
    """Whether two or more activations, a sigmoid among them, take half of the columns, all apart."""
    apart = all(a[1] <= b[0] for (a, _), (b, _) in pairwise(found))
    enough = 2 * sum(stop - start for (start, stop), _ in wide) >= z.shape[-1]
    gates = len(wide) > 1 and any(y.op is sigmoid for _, y in wide)
    return z.dtype.kind == "f" and apart and enough and gates


def _together(
    several: Mapping[Node, Shares], activations: Mapping[Node, Node], uses: Mapping[Node, int]
) -> dict[Node, Node]:
    """Return what stands for the gates of arrays that are alike."""
    first, shares = next(iter(several.items()))
    halves = np.ones(first.shape[-1])
    for span, part in shares:
        if part in activations and activations[part].op is sigmoid:
            halves[slice(*span)] = 0.5
    alone = all(
        uses[z] == len(found) and all(uses[part] == 1 for _, part in found if part in activations)
        for z, found in several.items()
    )
    half = scaled(list(several), halves, uses) if alone else None
    known: dict[Shape, tuple[Node, Node]] = {}
    new: dict[Node, Node] = {}
    for z, found in several.items():
        if z.shape not in known:
            # Of z's whole shape: repeating a row costs NumPy more than twice the time of reading an array.
            p, q = (constant(np.broadcast_to(row, z.shape), z.dtype) for row in (halves, 1.0 - halves))
            known[z.shape] = p, q
        p, q = known[z.shape]
        with absolute_scope(z.scope):
            y = tanh(half[z] if half else z * p) * p + q
            for _, part in found:
                if part in activations:
                    new[activations[part]] = part_of(y, **part.attrs)
                elif half:  # its columns are as they were
                    new[part] = part_of(half[z], **part.attrs)
    return new
