"""choices: what is chosen instead of 0 is kept by its bits."""

import numpy as np
import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.choices import choices
from tinygraph.rewrites.stacks import stacks

X = tg.input("x", (4, 3), dtype="float64")
EACH = X > 0.0
ROWS = X[:, :1] > 0.0


@pytest.mark.parametrize("condition", [EACH, ROWS], ids=["each", "rows"])
def test_what_is_chosen_instead_of_zero_is_kept(condition):
    graph = tg.Graph({"x": tg.where(condition, X, 0.0), "y": tg.where(condition, 0.0, X)})
    rewritten = choices(graph)
    assert "where" not in rewritten.count()
    assert rewritten.count()["kept"] == 2
    assert rewritten.count()["cast"] == 1
    check_kept(graph, rewritten)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [1, 5])
def test_not_a_bit_changes(dtype, width):
    numbers = np.array([[np.nan, -np.nan, np.inf, -0.0, 1.5], [np.nan, -np.inf, 1e-45, -0.0, 2.0]], dtype)
    x, c = tg.input("x", (2, 5), dtype=dtype), tg.input("c", (2, width), dtype="bool")
    rewritten = choices(tg.Graph({"kept": tg.where(c, x, 0.0), "dropped": tg.where(c, 0.0, x)}))
    condition = np.resize([True, False, False], (2, width))
    found = tg.compile(dict(rewritten.outputs), rewrite=False)(x=numbers, c=condition)
    assert found["kept"].tobytes() == np.where(condition, numbers, np.zeros((), dtype)).tobytes()
    assert found["dropped"].tobytes() == np.where(condition, np.zeros((), dtype), numbers).tobytes()


def test_the_bits_of_all_time_steps_are_made_at_once():
    mask = tg.input("mask", (4, 2, 1), dtype="bool")
    h, steps = tg.input("h", (2, 3), dtype="float64"), []
    for t in range(4):
        h = tg.tanh(tg.where(mask[t], h, 0.0))
        steps.append(h)
    graph = tg.Graph({"h": tg.stack(steps)})
    rewritten = stacks(choices(graph))
    assert {name: rewritten.count()[name] for name in ("cast", "multiply", "kept")} == {
        "cast": 1,
        "multiply": 1,
        "kept": 4,
    }


@pytest.mark.parametrize(
    "choice",
    [
        tg.where(EACH, X, 1.0),
        tg.where(EACH, X, -0.0),
        tg.where(EACH, X, X * X),
        tg.where(EACH, X[0], 0.0),
        tg.where(EACH[0], X, 0.0),
        tg.where(EACH[0, 0], X, 0.0),
        tg.where(EACH, tg.cast(X, dtype="int64"), 0),
    ],
    ids=["of 1", "of -0", "of another", "of a row", "by a row", "by one", "of whole numbers"],
)
def test_what_is_no_choice_of_whole_rows_and_zero_is_left_alone(choice):
    graph = tg.Graph({"y": choice})
    assert choices(graph) is graph
