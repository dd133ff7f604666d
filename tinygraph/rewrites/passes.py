"""The rewrites in the order in which they run, and why."""

from __future__ import annotations

from tinygraph.graph import Graph
from tinygraph.rewrites.batches import batches
from tinygraph.rewrites.chains import chains
from tinygraph.rewrites.dedupe import dedupe
from tinygraph.rewrites.moves import joins, sums
from tinygraph.rewrites.products import products
from tinygraph.rewrites.rows import alike, whole
from tinygraph.rewrites.shares import shares
from tinygraph.rewrites.siblings import siblings
from tinygraph.rewrites.tiles import tiles

#: dedupe: every vjp declares its own Wᵀ; products with one right factor are found by identity.
#: sums: tiles and products find what they look for in a sum itself, not behind a view of each term.
#: tiles: differentiating an unrolled graph leaves sums whose cost grows with T²; it makes them linear.
#: products before siblings: siblings would take the terms of a weight's gradient apart.
#: joins: products of batches join views, of what dX has joined already.
#: dedupe again: products and siblings join the same rows, for dW and for dX.
#: whole: time steps that were joined are the sequence that they were taken from.
#: alike: the bias then meets one product of all time steps.
PASSES = (dedupe, sums, tiles, products, siblings, joins, dedupe, whole, alike)
#: batches, shares: bring the gates of a layer to one shape; chains: makes one call of what has one shape. For
#: backends that compile a fused operation; to others it is no gain.
FUSING = (batches, shares, chains)


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
