"""rows of (x over y over ...) W + b -> x W + b, y W + b, ...: `siblings` undone, for quick products.

A product of all time steps is written to memory and read again; one of one step is in the cache when it is
wanted, and needs no room for the others. To a BLAS, few large products are worth more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import add, affine, matmul
from tinygraph.rewrites.rows import Rows, pieces_of, rows_of

#: Fewer rows do not keep the processor busy while W is read.
FEWEST = 6


def apart(graph: Graph) -> Graph:
    """Return ``graph`` with products of which only parts are wanted, some rows each, as products of those."""
    users: dict[Node, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        for source in node.inputs:
            users[source].append(node)
    roots = set(graph.roots)
    new: dict[Node, Node] = {}
    for product in graph.nodes:
        if product.op is not matmul or product.ndim != 2 or product in roots:
            continue
        node, bias = product, _bias(product, users[product])
        if bias is not None:
            (node,) = users[product]
        parts = _parts(users[node]) if node not in roots else {}
        left, right = product.inputs
        pieces = {(rows.start, rows.stop): piece for piece, rows in pieces_of(left)} if parts else {}
        for user, rows in parts.items():
            piece = pieces.get((rows.start, rows.stop))
            with absolute_scope(user.scope):
                piece = left[rows.start : rows.stop] if piece is None else piece
                new[user] = matmul(piece, right) if bias is None else affine(piece, right, bias)
    return graph.substitute(new) if new else graph


def _bias(product: Node, users: Sequence[Node]) -> Node | None:
    """The one row that is added to all rows of a product, if nothing else is done with it."""
    if len(users) != 1 or users[0].op is not add or users[0].dtype != product.dtype:
        return None
    rows = [row for row in users[0].inputs if row is not product and row.shape == product.shape[1:]]
    return rows[0] if rows and rows[0].dtype == product.dtype else None


def _parts(users: Sequence[Node]) -> Mapping[Node, Rows]:
    """What rows each user takes of a matrix; nothing if one takes few, or something else."""
    parts = {}
    for user in users:
        rows = rows_of(user)
        if rows is None or user.ndim != 2 or rows.stop - rows.start < FEWEST:
            return {}
        parts[user] = rows
    return parts
