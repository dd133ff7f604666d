"""Dot: the numbers of Keras, any number of axes, messages, training."""

import numpy as np
import pytest
from nn.keras_cases import arrays_of, cases, check
from ops.gradcheck import check_gradients

from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn import Dense, Dot, Input, Layer, Model

RNG = np.random.default_rng(3)
CASES = [*cases("dot"), *(case for case in cases("carry") if "Dot" in case["id"])]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))


def test_enough_cases():
    assert len(CASES) == 14


@pytest.mark.parametrize(
    ("left", "right", "axes", "formula"),
    [
        ((2, 3, 4, 5), (2, 6, 4), (2, 2), "bikj,blk->bijl"),
        ((2, 3, 4), (2, 5, 3, 6), (-2, 2), "bki,bjkl->bijl"),
        ((2, 4), (2, 3, 4, 5), (-1, -2), "bk,bikj->bij"),
        ((2, 3, 4), (2, 4), -1, "bik,bk->bi"),
        ((2, 3, 4, 5), (2, 3, 4, 5), 1, "bkij,bklm->bijlm"),
    ],
)
def test_any_number_of_axes(left, right, axes, formula):
    x, y = (RNG.normal(size=shape).astype("float32") for shape in (left, right))
    layer = Dot(axes)
    found = layer([x, y])
    np.testing.assert_allclose(found, np.einsum(formula, x, y), rtol=1e-4, atol=1e-5)
    assert found.dtype == np.float32
    shapes = [left[1:], right[1:]]
    assert layer.output_shape(shapes) == Layer.output_shape(layer, shapes) == found.shape[1:]
    assert layer([Input(shape) for shape in shapes]).shape == found.shape[1:]


def test_normalized_it_is_the_cosine_and_a_zero_vector_stays_zero():
    x, y = np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[4.0, 3.0], [1.0, 1.0]])
    np.testing.assert_allclose(Dot(1, normalize=True)([x, y]), [[24 / 25], [0.0]], rtol=1e-6)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("normalize", [False, True])
def test_gradients_of_two_orders(normalize):
    x, y = RNG.normal(size=(2, 3, 2)), RNG.normal(size=(2, 2, 3))
    check_gradients(lambda x, y: Dot((1, 2), normalize)([x, y]), x, y)


def test_it_trains_in_a_model():
    x, y = Input((4,), name="x"), Input((4,), name="y")
    model = Model([x, y], Dot(1, normalize=True)([Dense(8)(x), Dense(8)(y)]))
    model.compile(nn.optimizers.Adam(0.01), "mse")
    data = [RNG.normal(size=(64, 4)), RNG.normal(size=(64, 4))]
    target = np.sign(data[0][:, :1] * data[1][:, :1])
    losses = model.fit(data, target, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]
    assert model.predict(data).shape == (64, 1)


@pytest.mark.parametrize("axes", [1, (2, 1), [-1, 1]])
def test_config_round_trip(axes):
    layer = Dot(axes, normalize=True, name="d")
    copy = Dot.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    assert (copy.summed, copy.normalize, copy.name) == (layer.summed, True, "d")
    model = Model.from_config(Model([a := Input((3, 3)), b := Input((3, 3))], layer([a, b])).get_config())
    assert model.layers[-1].get_config() == layer.get_config()


@pytest.mark.parametrize("axes", [0, (0, 1), (1, 2, 1), (1,), "1", 1.0, True, None, ((1, 2), 1)])
def test_axes_that_are_refused(axes):
    with pytest.raises(ValueError, match="Dot 'dot': axes must be a whole number other than 0, the batch"):
        Dot(axes)


@pytest.mark.parametrize(
    ("axes", "shapes", "message"),
    [
        (1, [(3,)], "Dot 'dot': expected two inputs, got 1."),
        (1, [(3,)] * 3, "Dot 'dot': expected two inputs, got 3."),
        (
            (1, 2),
            [(3, 4), (3, 4)],
            "expected inputs of one size along axes (1, 2), got (batch, 3, 4) and (batch, 3, 4).",
        ),
        (2, [(3,), (3, 3)], "one size along axes (2, 2), got (batch, 3) and (batch, 3, 3)."),
        (-2, [(3,), (3, 3)], "one size along axes (-2, -2), got (batch, 3) and (batch, 3, 3)."),
    ],
)
def test_inputs_that_are_refused(axes, shapes, message):
    with pytest.raises(GraphError) as caught:
        Dot(axes)([Input(shape) for shape in shapes])
    assert message in str(caught.value)


def test_one_batch():
    with pytest.raises(GraphError, match=r"expected inputs of one batch, got \(1, 3\) and \(2, 3\)."):
        Dot(1)([np.ones((1, 3)), np.ones((2, 3))])
    with pytest.raises(GraphError, match="expected a list of inputs, got one"):
        Dot(1)(np.ones((2, 3)))
    with pytest.raises(ValueError, match="Dot 'dot_2': normalize must be True or False, got 1"):
        Dot(1, normalize=1)
