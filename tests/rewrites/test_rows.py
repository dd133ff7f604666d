"""Rows: rows taken apart and put together again, and what is done to each of them alike."""

import numpy as np
import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.rows import rows

X = tg.input("x", (6, 4, 3), dtype="float64")
B, FULL = tg.input("b", (3,), dtype="float64"), tg.input("y", (2, 4, 3), dtype="float64")


@pytest.mark.parametrize(
    "parts",
    [
        [X[t] for t in range(6)],
        [X[t] for t in range(2, 5)],
        [X[t] for t in reversed(range(6))],
        [X[t] for t in (4, 3, 2)],
        [X[0:2], X[2:3], X[3:6]],
        [X[1:2, :, 0:3], X[2:4]],
    ],
    ids=["all", "some", "all backwards", "some backwards", "spans", "some spans"],
)
def test_parts_in_order_are_one_slice(parts):
    graph = tg.Graph({"y": tg.concat(parts, axis=0)})
    rewritten = rows(graph)
    assert "concat" not in rewritten.count()
    assert rewritten.outputs["y"].shape == graph.outputs["y"].shape
    np.testing.assert_array_equal(*(run(each) for each in (graph, rewritten)))


def run(graph):
    x = np.random.default_rng(0).normal(size=X.shape)
    return tg.compile(dict(graph.outputs), rewrite=False)(x=x)["y"]


@pytest.mark.parametrize(
    "parts",
    [
        [X[0], X[2]],
        [X[0], X[1], X[0]],
        [X[0:2], X[1:3]],
        [X[0:4:2], X[4:6]],
        [X[0:1], FULL],
        [X[0:1, 1:2], X[1:2, 1:2]],
        [X[2:4], X[0:2]],
    ],
    ids=["a gap", "back again", "overlapping", "steps", "two sources", "corners", "spans backwards"],
)
def test_other_parts_are_still_joined(parts):
    graph = tg.Graph({"y": tg.concat(parts, axis=0)})
    assert rows(graph) is graph


def test_another_axis_is_left_alone():
    graph = tg.Graph({"y": tg.concat([X[0], X[1]], axis=1)})
    assert rows(graph) is graph


def test_what_is_done_to_every_part_alike_is_done_once():
    graph = tg.Graph({str(k): tg.tanh(B + X[2 * k : 2 * k + 2]) * 2.0 for k in range(3)})
    rewritten = rows(graph)
    assert rewritten.count()["add"] == 1
    check_kept(graph, rewritten)
    assert rows(rewritten).count()["tanh"] == 1


def test_each_time_step_of_a_sequence_meets_the_same():
    own = tg.input("m", (4, 3), dtype="float64")  # such as a mask of dropout, which is drawn once
    graph = tg.Graph({str(t): X[t] * own for t in range(6)})
    rewritten = rows(graph)
    assert rewritten.count()["multiply"] == 1
    check_kept(graph, rewritten)
    single = tg.input("s", (1, 4, 3), dtype="float64")
    graph = tg.Graph({"y": single[0] * own, "z": single[0:1] * own})
    assert rows(graph) is graph


def test_all_of_a_scalar_has_no_rows():
    scalar = tg.input("s", (), dtype="float64")[...]
    graph = tg.Graph({"a": tg.sin(scalar), "b": tg.concat([scalar[None], scalar[None]])})
    assert rows(graph) is graph


def test_rows_of_a_parameter_are_the_old_ones_where_it_is_updated():
    w, v = tg.param("w", np.zeros((2, 3))), tg.param("v", np.ones((2, 3)))
    spans, steps = tg.concat([w[:1], w[1:]]), tg.concat([w[0], w[1]])
    step = tg.compile({"spans": spans, "steps": steps}, {w: w + 1.0, v: spans})
    for count in range(3):
        assert all((value == count).all() for value in step().values())
        assert (v.value == count).all()


@pytest.mark.parametrize(
    "outputs",
    [
        {"a": X[0:2] + B, "b": X[2:4] + B},
        {"a": X[0:3] + B, "b": X[3:6] * B},
        {"a": X[0:2] + FULL, "b": X[2:4] + FULL, "c": X[4:6] + FULL},
        {"a": X[0:3] + X[3:6]},
        {"a": X[0:3] - B, "b": B - X[3:6]},
        {"a": tg.sum(X[0:3], axis=0), "b": tg.sum(X[3:6], axis=0)},
        {"a": X[0:3, :, 0:1] + B, "b": X[3:6, :, 0:1] + B},
    ],
    ids=["a gap", "two operations", "own rows", "with itself", "other places", "no element", "corners"],
)
def test_a_near_miss_is_left_alone(outputs):
    graph = tg.Graph(outputs)
    assert rows(graph) is graph


@pytest.mark.parametrize("part", [lambda t: X[t], lambda t: X[t : t + 1]], ids=["steps", "spans"])
@pytest.mark.parametrize("same", [0, 5])
def test_all_rows_with_one_of_them(part, same):
    parts = [part(t) for t in range(6)]
    graph = tg.Graph({str(t): parts[t] * parts[same] for t in range(6)})
    rewritten = rows(graph)
    assert rewritten.count()["multiply"] == 1
    check_kept(graph, rewritten)


def test_a_sum_of_inputs_of_one_shape_is_left_alone():
    same = FULL[0]
    graph = tg.Graph({str(t): tg.add_n(X[t], same) for t in range(6)})
    assert rows(graph) is graph
