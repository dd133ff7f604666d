"""Layers that make one value of several."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.graph import GraphError
from tinygraph.nn import (
    Activation,
    Add,
    Average,
    Concatenate,
    Dense,
    Input,
    Lambda,
    Layer,
    Masking,
    Maximum,
    Minimum,
    Model,
    Multiply,
    Subtract,
)

RNG = np.random.default_rng(0)
A, B, C = (RNG.normal(size=(4, 3, 2)).astype("float32") for _ in range(3))
CASES = [
    (Add, [A, B, C], A + B + C),
    (Subtract, [A, B], A - B),
    (Multiply, [A, B, C], A * B * C),
    (Average, [A, B, C], (A + B + C) / 3),
    (Maximum, [A, B, C], np.maximum(np.maximum(A, B), C)),
    (Minimum, [A, B, C], np.minimum(np.minimum(A, B), C)),
    (Concatenate, [A, B, C], np.concatenate([A, B, C], axis=-1)),
]


@pytest.mark.parametrize(
    ("cls", "inputs", "expected"), CASES, ids=lambda value: getattr(value, "__name__", "")
)
def test_values_and_shapes(cls, inputs, expected):
    layer = cls()
    np.testing.assert_allclose(layer(inputs), expected, rtol=1e-6)
    shapes = [x.shape[1:] for x in inputs]
    assert layer.output_shape(shapes) == expected.shape[1:]
    assert Layer.output_shape(layer, shapes) == expected.shape[1:]
    symbols = [Input(shape) for shape in shapes]
    assert layer(symbols).shape == expected.shape[1:]
    np.testing.assert_allclose(Model(symbols, cls()(symbols)).predict(inputs), expected, rtol=1e-6)


@pytest.mark.parametrize("cls", [Add, Subtract, Multiply, Average, Maximum, Minimum])
def test_shapes_broadcast(cls):
    found = cls()([A, B[:, :1]])
    np.testing.assert_allclose(found, cls()([A, np.repeat(B[:, :1], 3, axis=1)]), rtol=1e-6)
    assert cls().output_shape([(3, 2), (1, 2)]) == (3, 2)


@pytest.mark.parametrize("cls", [Add, Subtract, Multiply, Average, Maximum, Minimum])
@pytest.mark.parametrize("turned", [False, True])
def test_samples_of_fewer_axes_get_them_in_front(cls, turned):
    """Whatever the sizes: here the batch is as large as time, so that samples could be mixed up."""
    sequence, vector = A[:3], B[:3, 0]
    inputs = [vector, sequence] if turned else [sequence, vector]
    expected = cls()([x if x.ndim == 3 else x[:, None] for x in inputs])
    np.testing.assert_array_equal(cls()(inputs), expected)
    symbols = [Input(x.shape[1:]) for x in inputs]
    np.testing.assert_array_equal(Model(symbols, cls()(symbols)).predict(inputs), expected)


@pytest.mark.parametrize(
    ("cls", "expected"),
    [(Multiply, [15, -4, 2, 0]), (Maximum, [5, -4, 2, 0]), (Minimum, [3, -4, 2, 0])],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_step_that_does_not_count_takes_no_part(cls, expected):
    """The numbers are those of Keras 3.15."""
    one, other = np.array([[[5], [0], [0], [0]]]), np.array([[[3], [-4], [2], [0]]])
    a, b = Input((4, 1), name="a"), Input((4, 1), name="b")
    for pair in ([Masking()(a), b], [b, Masking()(a)], [Masking()(a), Masking()(b)]):
        assert Model([a, b], cls()(pair)).predict([one, other])[0, :, 0].tolist() == expected


@pytest.mark.parametrize(
    ("cls", "expected"), [(Multiply, [12, 7]), (Maximum, [4, 7]), (Minimum, [3, 7])], ids=lambda value: ""
)
@pytest.mark.parametrize("masked", [True, False])
def test_a_step_that_counts_in_the_last_of_three_inputs(cls, expected, masked):
    a, b, c = (Input((2, 1), name=name) for name in "abc")
    inputs = [Masking()(a), Masking()(b), Masking()(c) if masked else c]
    arrays = [[[[4], [0]]], [[[3], [0]]], [[[1 if cls is Multiply else 3.5], [7]]]]
    found = Model([a, b, c], cls()(inputs)).predict(arrays)
    assert found[0, :, 0].tolist() == expected


def test_a_product_is_0_where_no_input_counts():
    a = Input((2, 1), name="a")
    ended = Masking(mask_value=2.0)(a) | Activation("exponential")
    model = Model(a, Multiply()([ended, ended]))
    np.testing.assert_allclose(model.predict([[[1.0], [2.0]]]), [[[np.exp(2.0)], [0.0]]], rtol=1e-6)


def test_integers_that_become_floats_keep_their_mask():
    a, b = Input((2, 1), name="a", dtype="int64"), Input((2, 1), name="b")
    marked = Lambda(lambda x, mask: x, mask=lambda x, mask: tg.not_equal(x[..., 0], 0))(a)
    assert Model([a, b], Multiply()([marked, b])).predict([[[[0], [2]]], [[[3.0], [3.0]]]]).tolist() == [
        [[3.0], [6.0]]
    ]


@pytest.mark.parametrize("axis", [-1, 1, 2, -2])
def test_concatenate_along_an_axis(axis):
    inputs = [A, np.ones((4, 1, 2), "float32")] if axis in (1, -2) else [A, np.ones((4, 3, 5), "float32")]
    layer = Concatenate(axis=axis)
    expected = np.concatenate(inputs, axis=axis)
    np.testing.assert_array_equal(layer(inputs), expected)
    assert layer.output_shape([x.shape[1:] for x in inputs]) == expected.shape[1:]


def test_one_input_may_be_there_twice():
    x = Input((3,))
    model = Model(x, Add()([x, x]))
    assert model.predict(np.ones((2, 3))).tolist() == [[2.0] * 3] * 2


def test_ties_share_the_gradient():
    x = tg.input("x", (1, 2))
    y = tg.input("y", (1, 2))
    slopes = tg.gradients(tg.sum(Maximum()([x, y])), [x, y])
    found = tg.compile(slopes)(x=[[1.0, 3.0]], y=[[1.0, 2.0]])
    assert [slope.tolist() for slope in found] == [[[0.5, 1.0]], [[0.5, 0.0]]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Add()([Input((3,)), Input((4,))]),
            "Add 'add': expected inputs whose shapes broadcast, got (batch, 3) and (batch, 4).",
        ),
        (lambda: Add()([Input((3,))]), "Add 'add': expected at least two inputs, got 1."),
        (lambda: Add()(Input((3,))), "Add 'add': expected a list of inputs, got one."),
        (lambda: Add()(np.ones((2, 3))), "Add 'add': expected a list of inputs, got one."),
        (lambda: Subtract()([A, B, C]), "Subtract 'subtract': expected two inputs, got 3."),
        (lambda: Dense(2)([A, B]), "Dense 'dense': expected one input, got 2."),
        (
            lambda: Concatenate()([Input((3, 2)), Input((4, 2))]),
            "expected inputs that differ along axis -1 only, got (batch, 3, 2) and (batch, 4, 2).",
        ),
        (lambda: Concatenate()([Input((3,)), Input((3, 2))]), "differ along axis -1 only"),
        (lambda: Concatenate(axis=3)([A, B]), "differ along axis 3 only"),
        (lambda: Concatenate(axis=0), "axis must be a whole number other than 0, got 0."),
        (lambda: Concatenate(axis="1"), "axis must be a whole number other than 0, got '1'."),
        (lambda: Concatenate(axis=-3)([A, B]), "differ along axis -3 only"),
        (lambda: Add()([A, B[:3]]), "add"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        call()
    assert message in str(caught.value)
    assert isinstance(caught.value, GraphError) or "axis must be" in message
