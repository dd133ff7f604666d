"""Matrix products."""

from __future__ import annotations

from typing import Any

from tinygraph.graph import GraphError, Node
from tinygraph.op import op
from tinygraph.ops.broadcast import sum_to
from tinygraph.ops.layout import expand_dims, reshape, transpose
from tinygraph.ops.rules import Inferred, broadcast, promote


def matrices(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """(..., m, k) @ (..., k, n) -> (..., m, n); leading axes broadcast."""
    x, y = inputs
    if x.ndim < 2 or y.ndim < 2 or x.shape[-1] != y.shape[-2]:
        raise GraphError("needs (m, k) @ (k, n)")
    leading = broadcast(x.shape[:-2], y.shape[:-2])
    return (*leading, x.shape[-2], y.shape[-1]), promote(inputs)


@op(
    matrices,
    ufunc="matmul",
    samples=[((3, 4), (4, 2)), ((2, 3, 4), (4, 2)), ((2, 1, 3, 4), (5, 4, 1)), ((2, 0), (0, 3))],
)
def matmul(xp, x, y, *, out):
    """The product of matrices, X Y; leading axes are batches and broadcast.

    >>> import tinygraph as tg
    >>> (tg.input("x", (32, 16)) @ tg.input("w", (16, 64))).shape
    (32, 64)
    """
    xp.matmul(x, y, out=out)


@matmul.multiplies
def _(product):
    x, *_ = product.inputs
    return product.size * x.shape[-1]


@matmul.vjp
def _(g, z, x, y):
    return sum_to(g @ matrix_transpose(y), x.shape), sum_to(matrix_transpose(x) @ g, y.shape)


def added_matrices(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """Matrices (m, k) @ (k, n), and what broadcasts to (m, n)."""
    x, y, z = inputs
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[0]:
        raise GraphError("needs (m, k) @ (k, n)")
    shape = (x.shape[0], y.shape[1])
    if broadcast(z.shape, shape) != shape:
        raise GraphError(f"needs a z that broadcasts to {shape}")
    return shape, promote(inputs)


@op(
    added_matrices,
    samples=[
        ((3, 4), (4, 2), (3, 2)),
        ((3, 4), (4, 2), (2,)),
        ((3, 0), (0, 2), (3, 1)),
        ((0, 3), (3, 2), (2,)),
    ],
)
def affine(xp, x, y, z, *, out):
    """X Y + Z, a product of matrices and what it is added to: a bias, or another product.

    >>> import tinygraph as tg
    >>> tg.affine(tg.input("x", (32, 16)), tg.input("w", (16, 64)), tg.input("b", (64,))).shape
    (32, 64)
    """
    xp.matmul(x, y, out=out)
    xp.add(out, z, out=out)


affine.multiplications = matmul.multiplications


@affine.vjp
def _(g, a, x, y, z):
    return g @ matrix_transpose(y), matrix_transpose(x) @ g, sum_to(g, z.shape)


def matrix_transpose(x: Node) -> Node:
    """The last two axes swapped."""
    return transpose(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def dot(x: Node, y: Node) -> Node:
    """The product over the last axis of x and the first of the matrix y: (..., k) . (k, n) -> (..., n).

    The leading axes are rows of one product, which is what a dense layer means.
    """
    if x.ndim == 2:
        return matmul(x, y)
    if x.ndim == 1:
        return reshape(matmul(expand_dims(x, 0), y), shape=y.shape[1:])
    rows = reshape(x, shape=(-1, x.shape[-1])) if x.size else x
    product = matmul(rows, y)
    return reshape(product, shape=(*x.shape[:-1], y.shape[-1]))
