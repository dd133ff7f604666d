"""apart: a product of which parts of rows are wanted becomes products of those rows."""

import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.apart import FEWEST, apart
from tinygraph.rewrites.siblings import siblings

N = FEWEST
W, B = tg.input("w", (3, 4), dtype="float64"), tg.input("b", (4,), dtype="float64")
WHOLE = tg.input("x", (3 * N, 3), dtype="float64")
XW = WHOLE @ W
PARTS = [tg.input(f"x{t}", (N + t, 3), dtype="float64") for t in range(3)]


def parts(product, size=N):
    return {str(k): tg.sin(product[k : k + size]) for k in range(0, product.shape[0], size)}


def test_rows_of_a_product_are_products_of_rows():
    graph = tg.Graph(parts(XW) | {f"b{k}": y for k, y in parts(WHOLE @ W + B).items()})
    rewritten = apart(graph)
    assert rewritten.count()["matmul"] == rewritten.count()["affine"] == 3
    assert all(node.shape == (N, 4) for node in rewritten.nodes if node.op in (tg.matmul, tg.affine))
    check_kept(graph, rewritten)


def test_it_undoes_siblings():
    graph = tg.Graph({str(t): tg.sin(x @ W) for t, x in enumerate(PARTS)})
    rewritten = apart(siblings(graph))
    assert rewritten.count() == graph.count()
    check_kept(graph, rewritten)


@pytest.mark.parametrize(
    "outputs",
    [
        parts(XW) | {"all": tg.sum(XW)},
        parts(XW) | {"all": XW},
        parts(XW, N - 1),
        {"y": XW[:, 1:3]},
        {"y": XW[::2]},
        {"y": XW[0] + B},
        parts(WHOLE @ W + tg.input("z", (3 * N, 4), dtype="float64")),
        parts(tg.sin(WHOLE)),
    ],
    ids=["whole", "an output", "few rows", "columns", "steps", "one row", "no row", "no product"],
)
def test_a_near_miss_is_left_alone(outputs):
    graph = tg.Graph(outputs)
    assert apart(graph) is graph
