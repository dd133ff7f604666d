"""Who takes which rows of a batch, and what their part of the losses is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tinygraph import ops
from tinygraph.graph import GraphError, Node
from tinygraph.nn.data import Samples
from tinygraph.nn.head import Head
from tinygraph.nn.masks import mask_of
from tinygraph.nn.step_nodes import counted
from tinygraph.ops.random import Rows


class Shard(dict[str, Any]):
    """The feeds of some rows of a batch, and which ``rows`` they are."""

    def __init__(self, feeds: Mapping[str, Any], rows: Rows):
        super().__init__(feeds)
        self.rows = rows

    def shaped(self) -> Shard:
        """Itself; where it has no rows, one of zeros that has one: what a graph is made of."""
        if self.rows.size:
            return self
        blank = {name: np.zeros((1, *array.shape[1:]), array.dtype) for name, array in self.items()}
        return Shard(blank, Rows(0, 1, self.rows.whole))


def shard(data: Samples, rows: Any, rank: int, size: int) -> Shard:
    """Return one rank's part of the batch ``rows``, a slice or indices: neighbours, as many as the others'
    or one more."""
    batch = range(len(data))[rows] if isinstance(rows, slice) else rows
    start, stop = (len(batch) * k // size for k in (rank, rank + 1))
    own = batch[start:stop]
    which = slice(own.start, own.stop) if isinstance(own, range) else own
    return Shard(data.take(which), Rows(start, stop - start, len(batch)))


class Share(NamedTuple):
    """What some rows of a batch add to the loss of an output: the batch's is the sum of the ``total`` of all,
    divided by that of the ``divisor`` where there is one."""

    total: Node
    divisor: Node | None


def share_of(head: Head, true: Node, predicted: Node, weight: Node | None, rows: Rows) -> Share:
    """Return the share of an output's loss.

    A loss is a sum over samples, divided by their number or, with a mask or as ``mean_with_sample_weight``,
    by what only all rows together know.

    Raises:
        GraphError: a function that returns one number for all rows.
    """
    assert head.loss is not None
    if head.takes_any and not head.loss.unreduced(true, predicted).ndim:
        raise GraphError(
            f"distribute: the loss {head.loss.name!r} returns one number for the batch, of which each rank "
            "has a part; return one for each sample, such as tg.mean(..., axis=-1)."
        )
    value = head.loss(true, predicted, weight, mask=mask_of(predicted))
    if head.loss.reduction == "sum":
        return Share(value, None)
    weighs = weight if head.loss.reduction == "mean_with_sample_weight" else None
    counts = counted(weighs, mask_of(predicted), predicted.dtype)
    if counts is None:
        return Share(value * (rows.size / rows.whole), None)
    divisor = ops.sum(counts)
    return Share(value * divisor, divisor)


def mean(total: Node, divisor: Node | None) -> Node:
    """total / divisor, 0 where nothing counts."""
    return total if divisor is None else ops.where(ops.equal(divisor, 0.0), 0.0, total / divisor)
