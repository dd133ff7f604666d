"""The rewrites in the order in which they run, and why."""

from __future__ import annotations

from tinygraph.graph import Graph
from tinygraph.rewrites.chains import chains
from tinygraph.rewrites.shares import shares
from tinygraph.rewrites.tiles import tiles

#: tiles: differentiating an unrolled graph leaves sums whose cost grows with T²; it makes them linear.
PASSES = (tiles,)
#: shares: brings the gates of a layer to one shape; chains: makes one call of what has one shape. For
#: backends that compile a fused operation; to others it is no gain.
FUSING = (shares, chains)


def rewrite(graph: Graph) -> Graph:
    """Return a graph that computes the same, faster."""
    for each in PASSES:
        graph = each(graph)
    return graph


def fuse(graph: Graph) -> Graph:
    """Return a graph that computes the same in fewer calls; the very graph where there is nothing to fuse."""
    for each in FUSING:
        graph = each(graph)
    return graph
