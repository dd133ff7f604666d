"""(x W + h U + b) · s -> x (W · s) + h (U · s) + b · s: a factor for each column goes into the weights.

Weights are scaled once a run, and not what is computed of them at every time step. Where s is made of powers
of two not a bit changes, unless a number is so small that it loses digits (below 1e-38 in float32).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

import numpy as np

from tinygraph.graph import Node, absolute_scope
from tinygraph.ops import (
    add,
    add_n,
    concat,
    constant,
    matmul,
    multiply,
    negative,
    reshape,
    slice as part_of,
    subtract,
)

#: where columns stand in s
Span = tuple[int, int]


def scaled(wanted: Sequence[Node], s: np.ndarray, uses: Mapping[Node, int]) -> dict[Node, Node] | None:
    """Return each wanted node with its columns times ``s``, or None where a factor does not come for free.

    It does not if it meets something that is no weight, or a value that has other users too (``uses`` says
    how many each has), which would have to be computed twice.
    """
    spans = dict.fromkeys(wanted, (0, len(s)))
    order: list[Node] = []
    seen: Counter[Node] = Counter()
    ready = list(wanted)
    while ready:
        node = ready.pop()
        order.append(node)
        taken = _taken(node, spans[node])
        if taken is None:
            return None
        for source, span in zip(node.inputs, taken, strict=True):
            if span is not None and source.dtype.kind != "f":
                return None
            if span is None or _is_weight(source):
                continue
            seen[source] += 1
            if spans.setdefault(source, span) != span:
                return None
            if seen[source] == uses[source]:
                ready.append(source)
    if any(count < uses[node] for node, count in seen.items()):
        return None
    return _made(order, spans, s)


def _made(order: Sequence[Node], spans: Mapping[Node, Span], s: np.ndarray) -> dict[Node, Node]:
    """Return the scaled nodes; each stands in ``order`` before its inputs."""
    made: dict[Node, Node] = {}
    weights: dict[tuple[Node, Span], Node] = {}
    for node in reversed(order):
        inputs = []
        for source, span in zip(node.inputs, _taken(node, spans[node]) or (), strict=True):
            if span is not None and source not in made:
                if (source, span) not in weights:
                    with absolute_scope(source.scope):
                        weights[source, span] = multiply(source, constant(s[slice(*span)], source.dtype))
                source = weights[source, span]
            elif span is not None:
                source = made[source]
            inputs.append(source)
        made[node] = node.with_inputs(tuple(inputs))
    return made


def _is_weight(node: Node) -> bool:
    """Whether a node is, or shows, a leaf that no run is fed."""
    while node.op.view:
        node = node.inputs[0]
    return not node.inputs and not node.op.fed


def _taken(node: Node, span: Span) -> Sequence[Span | None] | None:
    """For each input the columns that are to be scaled so that those of the node are; None where it stays."""
    if node.op in (add, add_n, subtract, negative):
        wide = all(source.shape[-1:] == node.shape[-1:] or _is_weight(source) for source in node.inputs)
        return [span] * len(node.inputs) if wide else None
    if node.op is matmul or node.op is multiply:
        right = node.inputs[1]
        return [None, span] if right.shape[-1:] == node.shape[-1:] and _is_weight(right) else None
    if node.op is concat and node.attrs["axis"] == node.ndim - 1:
        ends = accumulate((source.shape[-1] for source in node.inputs), initial=span[0])
        return list(pairwise(ends))
    if node.op is concat:
        return [span] * len(node.inputs)
    if node.op is reshape or (node.op is part_of and _keeps_columns(node)):
        return [span] if node.inputs[0].shape[-1:] == node.shape[-1:] else None
    return None


def _keeps_columns(node: Node) -> bool:
    """Whether a slice leaves the last axis whole."""
    (source,) = node.inputs
    items = [item for item in node.attrs["index"] if item is not None]
    size = source.shape[-1]
    return len(items) < source.ndim or (
        isinstance(items[-1], slice) and items[-1].indices(size) == (0, size, 1)
    )
