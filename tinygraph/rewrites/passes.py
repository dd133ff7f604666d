"""The rewrites in the order in which they run, and why."""

from __future__ import annotations

from tinygraph.graph import Graph
from tinygraph.rewrites.accumulated import accumulated
from tinygraph.rewrites.apart import apart
from tinygraph.rewrites.batches import batches
from tinygraph.rewrites.chains import chains
from tinygraph.rewrites.choices import choices
from tinygraph.rewrites.constants import constants
from tinygraph.rewrites.dedupe import dedupe
from tinygraph.rewrites.factors import factors
from tinygraph.rewrites.flat import flat
from tinygraph.rewrites.formulas import formulas
from tinygraph.rewrites.gates import gates
from tinygraph.rewrites.moves import joins, sums
from tinygraph.rewrites.outer import outer
from tinygraph.rewrites.products import products
from tinygraph.rewrites.rows import rows
from tinygraph.rewrites.shares import shares
from tinygraph.rewrites.siblings import siblings
from tinygraph.rewrites.stable import stable
from tinygraph.rewrites.stacks import stacks
from tinygraph.rewrites.tiles import tiles
from tinygraph.rewrites.transposes import transposes, untransposed

#: stable: of what is written; and a gradient is made of the same form, which dedupe then finds.
#: formulas after it, which looks for the operations; before dedupe, as they have parts in common.
#: dedupe: every vjp declares its own Wᵀ; products with one right factor are found by identity.
#: constants after it: what is the same is computed once, here too; and first, as it leaves less to the rest.
#: sums: tiles and products find what they look for in a sum itself, not behind a view of each term.
#: tiles: differentiating an unrolled graph leaves sums whose cost grows with T²; it makes them linear.
#: products before siblings: siblings would take the terms of a weight's gradient apart.
#: joins: products of batches join views, of what dX has joined already.
#: dedupe again: products and siblings join the same rows, for dW and for dX.
#: rows: time steps that were joined are the sequence that they were taken from; and the bias meets one
#: product of all time steps.
PASSES = (stable, formulas, dedupe, constants, sums, tiles, products, siblings, joins, dedupe, rows)
#: For backends that compile; to others it is no gain.
#: batches: as long as products cost no call, one by one.
#: apart, accumulated: x_t W begins with the bias, and h_(t-1) U with that.
#: untransposed: products read their right factor by rows.
#: shares: brings the gates of a layer to one shape. chains: makes one call of what has one shape.
FUSING = (batches, apart, accumulated, untransposed, shares, chains)
#: For backends that pay for each call, as NumPy does, and have a BLAS.
#: outer, transposes: products as a BLAS has them best; siblings has left those that have to be many.
#: gates: the activations of a cell as one. factors, choices: what stacks can then make of all time steps.
#: flat last: it takes the gradients as they then are. Where calls cost nothing it is no gain.
CALLING = (outer, transposes, gates, factors, choices, stacks, flat)


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


def fewer_calls(graph: Graph) -> Graph:
    """Return a graph that computes the same in fewer calls, and cheaper ones, of operations as they are."""
    for each in CALLING:
        graph = each(graph)
    return graph
