"""Where elements stand: what is beyond the harness - composites, indices as NumPy reads them, messages."""

from __future__ import annotations

import numpy as np
import pytest
from ops.gradcheck import check_gradients

import tinygraph as tg

X = np.random.default_rng(9).normal(size=(4, 6))


def evaluate(node: tg.Node) -> np.ndarray:
    return tg.compile(node)()


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1), ()])
def test_flip(axis):
    np.testing.assert_array_equal(evaluate(tg.flip(tg.constant(X, "float64"), axis)), np.flip(X, axis))
    check_gradients(lambda x: tg.flip(x, axis) * x, X[:2, :2])


@pytest.mark.parametrize(("sections", "axis"), [(2, 0), (3, 1), ([1, 0, 5], -1), ([4], 0)])
def test_split_is_the_inverse_of_concat(sections, axis):
    x = tg.constant(X, "float64")
    parts = tg.split(x, sections, axis)
    cuts = sections if isinstance(sections, int) else np.cumsum(sections)[:-1]
    for part, expected in zip(tg.compile(parts)(), np.split(X, cuts, axis), strict=True):
        np.testing.assert_array_equal(part, expected)
    np.testing.assert_array_equal(evaluate(tg.concat(parts, axis=axis)), X)


def test_split_has_gradients():
    check_gradients(lambda x: tg.sin(tg.split(x, [1, 2], 1)[1]), X[:2, :3])


@pytest.mark.parametrize("sections", [4, 0, [2, 3], [7]])
def test_split_into_what_does_not_add_up(sections):
    with pytest.raises(tg.GraphError, match=r"^split: .* axis 1 of seq"):
        tg.split(tg.input("seq", (4, 6)), sections, axis=1)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_stack(axis):
    values = [X, X + 1.0, 2.0 * X]
    node = tg.stack([tg.constant(value, "float64") for value in values], axis)
    np.testing.assert_array_equal(evaluate(node), np.stack(values, axis))
    check_gradients(lambda x, y: tg.tanh(tg.stack([x, y, x], axis)), X[:2, :2], X[2:, :2])


def test_stack_of_nothing():
    with pytest.raises(tg.GraphError, match="stack: needs at least one"):
        tg.stack([])


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_expand_dims(axis):
    np.testing.assert_array_equal(
        evaluate(tg.expand_dims(tg.constant(X, "float64"), axis)), np.expand_dims(X, axis)
    )


@pytest.mark.parametrize(
    "index",
    [
        1,
        -1,
        np.int64(2),
        (1, 2),
        (slice(None), -2),
        slice(None, None, -2),
        (None, slice(1, 99), None, 0),
        (Ellipsis, 1),
        (0, Ellipsis),
        Ellipsis,
        (),
        (slice(3, 1),),
    ],
    ids=str,
)
def test_index_as_numpy_has_it(index):
    x = tg.input("x", X.shape, "float64")
    np.testing.assert_array_equal(tg.compile(x[index])(x=X), X[index])
    check_gradients(lambda x: x[index] * x[index], X[:, :4])


def test_one_element_is_seen_anew_in_every_run():
    # NumPy returns a number for x[1], which would be the one of the time of binding.
    x = tg.input("x", (3,))
    f = tg.compile([x[1], tg.tanh(x)[2], x[1] + 0.0])
    for value in ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]):
        np.testing.assert_allclose(f(x=value), [value[1], np.tanh(value[2]), value[1]], rtol=1e-6)


def test_iterating_over_a_node_gives_its_rows():
    x = tg.input("x", (3, 2))
    assert len(x) == 3
    assert [row.shape for row in x] == [(2,)] * 3


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (4, "needs an index below 4 on axis 0, not 4"),
        ((0, -7), "needs an index below 6 on axis 1, not -7"),
        ((0, 0, 0), "needs at most 2 indices, not 3"),
        ((Ellipsis, Ellipsis), "at most one ellipsis"),
        (([0, 1],), "see gather"),
        (True, "see gather"),
        (1.0, "see gather"),
    ],
)
def test_index_that_is_none(index, words):
    with pytest.raises(tg.GraphError, match=words):
        tg.input("x", (4, 6))[index]


def test_place_needs_what_the_index_selects():
    with pytest.raises(tg.GraphError, match=r"place: needs an input of shape \(2,\)"):
        tg.place(tg.input("x", (3,)), shape=(4, 2), index=(1,))
    with pytest.raises(tg.GraphError, match="needs an index below 4"):
        tg.place(tg.input("x", (2,)), shape=(4, 2), index=(4,))


@pytest.mark.parametrize("shape", [(3, -1), (-1,), (-1, 8), (24, 1), 24, (2, -1, 3)])
def test_reshape_finds_one_size(shape):
    node = tg.reshape(tg.constant(X, "float64"), shape)
    np.testing.assert_array_equal(evaluate(node), X.reshape(shape))
    assert -1 not in node.attrs["shape"]


@pytest.mark.parametrize("shape", [(5, 5), (-1, -1), (-1, 5), (-2, -12), (-1, 0)])
def test_reshape_to_what_does_not_fit(shape):
    with pytest.raises(tg.GraphError, match=r"^reshape: needs"):
        tg.reshape(tg.input("x", (4, 6)), shape)


@pytest.mark.parametrize("axes", [(0,), (0, 0), (0, 2), (0, 1, 2)])
def test_transpose_needs_every_axis_once(axes):
    with pytest.raises(tg.GraphError, match=r"^transpose: needs an"):
        tg.transpose(tg.input("x", (4, 6)), axes)


def test_concat_needs_shapes_that_differ_on_one_axis():
    x = tg.input("x", (4, 6))
    for other in (tg.input("y", (3, 5)), tg.input("y", (6,)), tg.input("y", (4, 6), "float64")):
        with pytest.raises(tg.GraphError, match=r"^concat: needs inputs"):
            tg.concat([x, other])
    with pytest.raises(tg.GraphError, match="at least one input"):
        tg.concat([])


def test_pad_needs_a_pair_for_each_axis():
    x = tg.input("x", (4, 6))
    for widths in (((1, 1),), ((1, 1), (1,)), ((1, 1), (0, -1))):
        with pytest.raises(tg.GraphError, match=r"^pad: needs"):
            tg.pad(x, widths)


def test_broadcast_to_never_shrinks():
    for shape in ((3, 6), (6,), (4, 1)):
        with pytest.raises(tg.GraphError, match=r"^broadcast_to: needs"):
            tg.broadcast_to(tg.input("x", (4, 6)), shape)


@pytest.mark.parametrize("shape", [(4, 6), (6,), (1, 6), (4, 1), (1, 1), ()])
def test_sum_to_undoes_broadcasting(shape):
    y = evaluate(tg.sum_to(tg.constant(np.ones((4, 6)), "float64"), shape))
    np.testing.assert_array_equal(y, np.full(shape, 24 / max(1, np.prod(shape))), strict=True)
