"""transposes: the transposed right factor of many products is laid out for them."""

import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.transposes import PRODUCTS, ROWS, transposes

W = tg.input("w", (3, 4), dtype="float64")


def products(count, rows, right):
    inputs = [tg.input(f"x{k}", (rows, 4), dtype="float64") for k in range(count)]
    return tg.Graph({str(k): x @ right for k, x in enumerate(inputs)})


def test_many_products_share_one_copy():
    graph = products(PRODUCTS, -(-ROWS // PRODUCTS), tg.transpose(W))
    rewritten = transposes(graph)
    assert rewritten.count()["copy"] == 1
    assert {node.inputs[1].op.name for node in rewritten.nodes if node.op is tg.matmul} == {"copy"}
    check_kept(graph, rewritten)


def test_batches_of_products_share_one_too():
    graph = products(PRODUCTS, ROWS, tg.transpose(tg.input("v", (2, 3, 4), dtype="float64"), axes=(0, 2, 1)))
    rewritten = transposes(graph)
    assert rewritten.count()["copy"] == 1
    check_kept(graph, rewritten)


@pytest.mark.parametrize(
    ("count", "rows", "right"),
    [
        (PRODUCTS - 1, ROWS, tg.transpose(W)),
        (PRODUCTS, ROWS // PRODUCTS - 1, tg.transpose(W)),
        (PRODUCTS, ROWS, tg.input("v", (4, 3), dtype="float64")),
        (PRODUCTS, ROWS, tg.transpose(tg.input("v", (4, 2, 3), dtype="float64"), axes=(1, 0, 2))),
    ],
    ids=["few products", "few rows", "not transposed", "rows as they are"],
)
def test_what_does_not_pay_is_left_alone(count, rows, right):
    graph = products(count, rows, right)
    assert transposes(graph) is graph
