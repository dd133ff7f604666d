"""accumulated: a product that begins with what it is added to."""

import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.accumulated import accumulated

X, W = tg.input("x", (2, 3), dtype="float64"), tg.input("w", (3, 4), dtype="float64")
Z, B = tg.input("z", (2, 4), dtype="float64"), tg.input("b", (4,), dtype="float64")
XW = X @ W


@pytest.mark.parametrize(
    ("node", "count"),
    [
        (X @ W + Z, {"affine": 1}),
        (B + X @ W, {"affine": 1}),
        (tg.add_n(Z, X @ W), {"affine": 1}),
        (X @ W + tg.reshape(B, (1, 4)), {"affine": 1, "reshape": 1}),
        (X @ W + B + Z @ tg.input("u", (4, 4), dtype="float64"), {"affine": 2}),
        (X @ W + Z @ tg.input("u", (4, 4), dtype="float64"), {"affine": 1, "matmul": 1}),
    ],
)
def test_a_sum_is_one_operation(node, count):
    graph = tg.Graph({"y": node})
    rewritten = accumulated(graph)
    assert {name: k for name, k in rewritten.count().items() if name != "input"} == count
    check_kept(graph, rewritten)


@pytest.mark.parametrize(
    "outputs",
    [
        {"y": XW + Z, "xw": XW},
        {"y": XW + XW},
        {"y": X @ W + tg.input("c", (2, 1), dtype="float64")},
        {"y": X @ W + tg.input("d", (3, 2, 4), dtype="float64")},
        {"y": tg.input("s", (2, 2, 3)) @ tg.input("v", (3, 4)) + tg.input("z", (2, 2, 4))},
        {"y": X @ W - Z},
        {"y": tg.input("f", (2, 3)) @ tg.input("g", (3, 4)) + Z},
        {"y": tg.add_n(X @ W, Z, Z * 2.0)},
    ],
    ids=["wanted", "twice", "a column", "wider", "a stack", "a difference", "types", "three"],
)
def test_a_near_miss_is_left_alone(outputs):
    graph = tg.Graph(outputs)
    assert accumulated(graph) is graph
