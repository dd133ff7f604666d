"""batches: a few products in a batch, and what they are made of, are had one by one."""

import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph import nn
from tinygraph.rewrites import passes
from tinygraph.rewrites.batches import batches

H, MASK = tg.input("h", (5, 3), dtype="float64"), tg.input("mask", (4, 5, 3), dtype="float64")
KERNEL = tg.input("kernel", (3, 8), dtype="float64")
BLOCKS = tg.transpose(tg.reshape(KERNEL, shape=(3, 4, 2)), axes=(1, 0, 2))
GATES = (H * MASK) @ BLOCKS


def matrices(graph, name):
    """The uses of an operation, and the number of axes that they have."""
    found = [node.ndim for node in graph.nodes if node.op.name == name]
    return len(found), *set(found)


def test_each_product_of_a_batch_is_one():
    graph = tg.Graph({"gates": GATES})
    rewritten = batches(graph)
    assert matrices(rewritten, "matmul") == (4, 2)
    check_kept(graph, rewritten)


def test_what_only_products_are_made_of_is_made_by_matrix():
    graph = tg.Graph({"gates": tg.exp(H * MASK) @ BLOCKS})
    rewritten = batches(graph)
    assert matrices(rewritten, "multiply") == matrices(rewritten, "exp") == (4, 2)
    check_kept(graph, rewritten)


def test_what_is_used_otherwise_is_made_once():
    dropped = H * MASK
    graph = tg.Graph({"gates": tg.exp(dropped) @ BLOCKS, "dropped": tg.tanh(dropped)})
    rewritten = batches(graph)
    assert matrices(rewritten, "multiply") == (1, 3)
    assert matrices(rewritten, "exp") == (4, 2)
    check_kept(graph, rewritten)


def test_products_side_by_side_are_joined_and_not_copied():
    row = tg.reshape(tg.transpose(GATES, axes=(1, 0, 2)), shape=(5, 8))
    graph = tg.Graph({"z": tg.tanh(row)})
    rewritten = batches(graph)
    assert rewritten.outputs["z"].inputs[0].op.name == "concat"
    assert [node.op.name for node in rewritten.outputs["z"].inputs[0].inputs] == ["matmul"] * 4
    check_kept(graph, rewritten)


def test_a_sum_of_a_few_matrices():
    graph = tg.Graph({"sum": tg.sum(tg.sin(GATES) * tg.cos(MASK[..., :2]), axis=0)})
    rewritten = batches(graph)
    assert matrices(rewritten, "add_n") == (1, 2)
    assert matrices(rewritten, "sin") == matrices(rewritten, "cos") == (4, 2)
    check_kept(graph, rewritten)


ONE, FIVE = (tg.input(f"x{n}", (n, 5, 3), dtype="float64") for n in (1, 5))


@pytest.mark.parametrize(
    "node",
    [
        FIVE @ tg.transpose(FIVE, axes=(0, 2, 1)),
        tg.exp(H) @ BLOCKS,
        ONE @ BLOCKS,
        MASK @ KERNEL,
        tg.sum(FIVE, axis=0),
        tg.sum(MASK, axis=1),
        tg.sum(tg.input("as many", (4, 4, 3)), axis=1),
        tg.sum(MASK, axis=0, keepdims=True),
        tg.sum(H, axis=0),
        tg.sum(MASK > 0.0, axis=0),
    ],
    ids=[
        "many",
        "one left factor",
        "a batch of one",
        "one right factor",
        "many terms",
        "rows",
        "as many rows",
        "kept",
        "2-D",
        "truth values",
    ],
)
def test_a_near_miss_is_left_alone(node):
    graph = tg.Graph({"y": tg.tanh(node)})
    assert batches(graph) is graph


@pytest.mark.parametrize("make", [nn.LSTMCell, nn.GRUCell, lambda n: nn.GRUCell(n, reset_after=False)])
def test_steps_with_a_mask_for_each_gate(make):
    tg.set_floatx("float64")
    cell = make(3)
    cell.ensure_built((2,))
    masks = tuple(tg.input(f"m{n}", (cell.gates, 5, n)) for n in (2, 3))
    states = [tg.zeros((5, 3)) for _ in cell.state_size]
    for t in range(3):
        y, states = cell.step(tg.input(f"x{t}", (5, 2)), states, masks)
    slopes = tg.gradients(tg.sum(y * y), cell.weights)
    graph = passes.rewrite(tg.Graph({"y": y, **{str(k): slope for k, slope in enumerate(slopes)}}))
    rewritten = batches(graph)
    assert matrices(graph, "matmul")[0] < matrices(rewritten, "matmul")[0]
    assert matrices(rewritten, "matmul")[1:] == (2,)
    check_kept(graph, rewritten)
