"""Dense, Activation, Embedding, Flatten and Reshape."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.graph import GraphError
from tinygraph.nn import (
    Activation,
    Dense,
    Embedding,
    Flatten,
    Input,
    Layer,
    Reshape,
    Sequential,
    activations,
    registry,
)

RNG = np.random.default_rng(0)


def agrees(layer, shape):
    """What a layer declares to return for a sample is what it returns; so does the way of all layers."""
    found = layer(np.ones((2, *shape))).shape
    assert layer.output_shape(shape) == found[1:]
    assert Layer.output_shape(layer, shape) == found[1:]
    assert layer(Input(shape)).shape == found[1:]


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3)])
def test_dense_works_on_the_last_axis(shape, float64):
    layer = Dense(2, activation="tanh", bias_initializer="ones")
    x = RNG.normal(size=(5, *shape))
    np.testing.assert_allclose(layer(x), np.tanh(x @ layer.kernel.value + 1.0), rtol=1e-12)
    agrees(layer, shape)


def test_dense_without_bias():
    layer = Dense(2, use_bias=False, kernel_initializer="ones")
    assert layer([[1.0, 2.0]]).tolist() == [[3.0, 3.0]]
    assert layer.weights == [layer.kernel]


@pytest.mark.parametrize("name", sorted(registry.KINDS["activation"]))
def test_activation_is_that_of_the_op(name):
    x = RNG.normal(size=(4, 3))
    node = tg.input("x", (4, 3))
    expected = tg.compile(activations.get(name)(node))(x=x)
    np.testing.assert_array_equal(Activation(name)(x), expected)
    np.testing.assert_array_equal(Dense(3, name, kernel_initializer="identity")(x), expected)
    agrees(Activation(name), (3,))


def test_activation_may_be_a_function_or_none():
    assert Activation(lambda x: x * 3.0)([[1.0]]).tolist() == [[3.0]]
    assert Activation(None)([[-1.0]]).tolist() == [[-1.0]]
    assert Activation(tg.relu)([[-1.0]]).tolist() == [[0.0]]


def test_embedding_looks_rows_up():
    layer = Embedding(5, 3)
    ids = np.array([[0, 4], [2, 2], [1, 3]])
    y = layer(ids)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, layer.embeddings.value[ids])
    assert layer.output_shape((2,)) == (2, 3)
    assert [w.label for w in layer.weights] == ["embedding/embeddings"]
    np.testing.assert_array_equal(layer(ids.astype("float32")), y)


def test_rows_that_repeat_get_the_sum_of_their_gradients():
    layer = Embedding(4, 2)
    y = layer(tg.input("ids", (3,), dtype="int64"))
    (slope,) = tg.gradients(tg.sum(y), layer.trainable_weights)
    assert tg.compile(slope)(ids=[1, 3, 1]).tolist() == [[0, 0], [2, 2], [0, 0], [1, 1]]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([[0, 5]], "expected ids from 0 to 4, the vocabulary of Embedding 'words'; got 5 at index (0, 1)."),
        ([[-1, 0]], "got -1 at index (0, 0)."),
        ([[0.5, 0]], "got 0.5 at index (0, 0)."),
        ([[np.nan, 0]], "got nan at index (0, 0)."),
    ],
)
def test_ids_outside_of_the_vocabulary(ids, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        Embedding(5, 3, name="words")(np.array(ids))
    assert "Embedding 'words', input 0: " in str(caught.value)
    assert message in str(caught.value)


def test_flatten():
    x = RNG.normal(size=(2, 3, 4)).astype("float32")
    np.testing.assert_array_equal(Flatten()(x), x.reshape(2, 12))
    assert Flatten()(np.ones(5)).shape == (5, 1)
    for shape in [(3, 4), (3,), (2, 3, 4)]:
        agrees(Flatten(), shape)


@pytest.mark.parametrize(
    ("target", "found"), [((2, 6), (2, 6)), ((-1,), (12,)), ((3, -1), (3, 4)), (12, (12,))]
)
def test_reshape(target, found):
    x = RNG.normal(size=(5, 3, 4)).astype("float32")
    np.testing.assert_array_equal(Reshape(target)(x), x.reshape(5, *found))
    agrees(Reshape(target), (3, 4))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Dense(0), ValueError, "Dense 'dense': units must be a whole number of at least 1, got 0."),
        (lambda: Dense(2)(np.ones(3)), GraphError, "input 0: expected (batch, axis 1), got (3,)."),
        (lambda: Dense(2, input_shape=()), GraphError, "expected input_shape (axis 1,), got ()."),
        (lambda: Embedding(0, 2), ValueError, "input_dim must be a whole number of at least 1, got 0."),
        (lambda: Embedding(2, "3"), ValueError, "output_dim must be a whole number of at least 1, got '3'."),
        (lambda: Reshape((-1, -1)), ValueError, "target_shape may have one -1 and no 0, got (-1, -1)."),
        (lambda: Reshape((2.5,)), ValueError, "Reshape 'reshape': a size must be a whole number"),
        (
            lambda: Reshape((5,))(np.ones((2, 3))),
            GraphError,
            "the 3 elements of a sample (3,) do not fill (5,).",
        ),
        (lambda: Reshape((2, -1))(np.ones((2, 3))), GraphError, "do not fill (2, -1)."),
        (lambda: Activation("relo"), ValueError, "unknown activation 'relo'; did you mean 'relu'?"),
        (lambda: Dense(2, 7), ValueError, "activation: expected a name, a config or an object, got 7."),
        (lambda: Dense(2, use_bias="yes"), ValueError, "use_bias must be True or False, got 'yes'."),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


def test_a_built_layer_names_the_axis_that_does_not_fit():
    layer = Dense(2, name="d")
    layer.ensure_built((4, 3))
    with pytest.raises(GraphError) as caught:
        layer(np.ones((2, 4, 5)))
    assert str(caught.value) == (
        "Dense 'd', input 0: expected (batch, axis 1, 3), got (2, 4, 5). "
        "Axis 2 must be 3, the size 'd' was built with."
    )


def test_an_embedding_takes_the_length_of_older_scripts():
    model = Sequential([Embedding(10, 3, input_length=4)])
    assert model.outputs[0].shape == (4, 3)
    assert Embedding.from_config(model.layers[0].get_config()).input_shape == (4,)
