"""untransposed: a transposed right factor is copied once, for all products with it."""

import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.transposes import untransposed

W = tg.input("w", (3, 5), dtype="float64")
X = [tg.input(f"x{t}", (t + 1, 5), dtype="float64") for t in range(4)]


def test_one_copy_serves_all_products():
    right = tg.transpose(W)
    z = tg.input("z", (3,), dtype="float64")
    graph = tg.Graph({**{str(t): x @ right for t, x in enumerate(X)}, "z": tg.affine(X[2], right, z)})
    rewritten = untransposed(graph)
    assert rewritten.count()["copy"] == 1
    products = [node for node in rewritten.nodes if node.op in (tg.matmul, tg.affine)]
    assert len({node.inputs[1] for node in products}) == 1
    assert products[0].inputs[1].op is tg.copy
    check_kept(graph, rewritten)


@pytest.mark.parametrize(
    "node",
    [
        tg.transpose(X[2]) @ tg.transpose(tg.transpose(W))[0:3],
        tg.transpose(W) @ W,
        tg.input("row", (2, 1), dtype="float64") @ tg.transpose(tg.input("column", (4, 1), dtype="float64")),
        tg.input("a", (2, 3, 4)) @ tg.transpose(tg.input("b", (2, 5, 4)), (0, 2, 1)),
        tg.transpose(W) * 2.0,
    ],
    ids=["a slice", "a left factor", "a row", "a stack", "no product"],
)
def test_a_near_miss_is_left_alone(node):
    graph = tg.Graph({"y": node})
    assert untransposed(graph) is graph
