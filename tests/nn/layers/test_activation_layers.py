"""Softmax, ReLU, LeakyReLU, PReLU, ELU and ActivityRegularization; and what goes past a mask."""

import numpy as np
import pytest
from nn.keras_cases import arrays_of, cases, check
from ops.gradcheck import check_gradients

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn import ELU, ActivityRegularization, Dense, LeakyReLU, PReLU, ReLU, Sequential, Softmax
from tinygraph.nn.masks import carry, mask_of

RNG = np.random.default_rng(5)
CARRYING = {"Dense", "Activation", "Masking", "Softmax", "ReLU", "LeakyReLU", "PReLU", "ELU"}
CARRYING |= {"ActivityRegularization"}
CASES = cases("softmax", "relu", "leaky", "prelu", "elu", "activityreg", "activityreg3")
CASES += [case for case in cases("carry") if case["layer"]["class_name"] in CARRYING]
LAYERS = {
    "softmax": lambda: Softmax([1, 2]),
    "relu": lambda: ReLU(0.8, 0.3, 0.4),
    "leaky": lambda: LeakyReLU(0.05),
    "prelu": lambda: PReLU("uniform", "l2", "non_neg", [1]),
    "elu": lambda: ELU(0.4),
    "activity": lambda: ActivityRegularization(0.1, 0.2),
}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))


def test_there_are_enough_cases():
    assert len(CASES) >= 30


@pytest.mark.parametrize("name", LAYERS)
def test_configs_come_back(name):
    layer = LAYERS[name]()
    config = layer.get_config()
    copy = type(layer).from_config(config)
    assert copy.get_config() == config
    x = RNG.normal(size=(2, 3, 4)).astype("float32")
    y = layer(x)
    copy(x)
    copy.set_weights(layer.get_weights())
    assert y.dtype == "float32"
    np.testing.assert_array_equal(copy(x), y)
    assert layer.output_shape((3, 4)) == nn.Layer.output_shape(layer, (3, 4)) == (3, 4)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.usefixtures("float64")
def test_gradients(name):
    layer, fifths = LAYERS[name](), np.random.default_rng(1).integers(-9, 10, size=(2, 3, 4))
    check_gradients(lambda x: layer(x), fifths / 5.0 + 0.05)  # the kinks are at 0, 0.4 and 0.8


def test_rectifiers_on_infinity_have_no_nan():
    x = np.array([[-np.inf, np.inf]])
    assert ReLU(6.0, 0.0, 1.0)(x).tolist() == [[0.0, 6.0]]
    assert ELU(2.0)(x).tolist() == [[-2.0, np.inf]]
    assert LeakyReLU()(x).tolist() == [[-np.inf, np.inf]]


def test_prelu_learns_a_slope_for_each_element():
    x = RNG.normal(size=(64, 2)).astype("float32")
    model = Sequential([PReLU(input_shape=(2,))])
    model.compile(nn.optimizers.SGD(0.5), "mse")
    model.fit(x, np.where(x > 0, x, x * [0.25, -0.5]), epochs=60, verbose=0)
    np.testing.assert_allclose(model.layers[0].alpha.value, [0.25, -0.5], atol=1e-2)


def test_prelu_shares_and_fixes_its_sizes():
    layer = PReLU(shared_axes=1)
    layer(np.ones((2, 3, 4)))
    assert layer.alpha.shape == (1, 4)
    assert layer(np.ones((2, 7, 4))).shape == (2, 7, 4)
    with pytest.raises(GraphError, match=r"expected \(batch, axis 1, 4\), got \(2, 3, 5\)"):
        layer(np.ones((2, 3, 5)))
    with pytest.raises(GraphError, match=r"expected \(batch, axis 1, 4\), got \(2, 4\)"):
        layer(np.ones((2, 4)))


@pytest.mark.parametrize(
    ("config", "bound"),
    [({"alpha_regularizer": "l1"}, None), ({"alpha_constraint": "non_neg"}, 0.0)],
    ids=["regularizer", "constraint"],
)
def test_what_acts_on_alpha(config, bound):
    def trained(**config):
        model = Sequential([PReLU(nn.initializers.Constant(-0.5), input_shape=(2,), **config)])
        model.compile("sgd", "mse")
        history = model.fit(-np.eye(2), np.eye(2) * 9.0, epochs=1, verbose=0)
        return history.history["loss"][0], model.layers[0].alpha.value

    (loss, free), (other, alpha) = trained(), trained(**config)
    assert other == pytest.approx(loss + 0.01 * 0.5 * 2 * (bound is None))
    assert free.max() < 0.0
    assert bound is None or alpha.min() >= bound


def test_activity_regularization_joins_the_loss_of_each_batch():
    x = np.array([[1.0, -2.0], [3.0, 0.5]])
    plain = np.mean((x - 1.0) ** 2)
    for l1, l2 in ((0.1, 0.0), (0.0, 0.2), (0.1, 0.2)):
        model = Sequential([ActivityRegularization(l1, l2, input_shape=(2,))])
        model.compile("sgd", "mse")
        expected = plain + (l1 * np.abs(x).sum() + l2 * (x**2).sum()) / len(x)
        assert model.evaluate(x, np.ones((2, 2)), verbose=0) == pytest.approx(expected, rel=1e-6)
    np.testing.assert_array_equal(model.predict(x), x)


def test_softmax_gives_nothing_to_what_is_masked():
    x = RNG.normal(size=(2, 3, 4)).astype("float32")
    mask = RNG.random(size=x.shape) < 0.5
    mask[0, 0], mask[0, 1] = False, True
    y = Softmax()(x, mask=mask)
    expected = np.exp(x) * mask / np.maximum((np.exp(x) * mask).sum(-1, keepdims=True), 1e-30)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-7)
    assert not y[0, 0].any()
    wide = Softmax(1)(x, mask=mask[:, :, :1])
    np.testing.assert_array_equal(wide, Softmax(1)(x, mask=np.repeat(mask[:, :, :1], 4, axis=2)))


def test_a_mask_of_steps_counts_where_softmax_is_over_time():
    x = RNG.normal(size=(2, 4, 3)).astype("float32")
    mask = np.array([[True, True, False, False], [True, False, True, False]])
    each = np.repeat(mask[..., None], 3, axis=2)
    for axis in (1, [1, 2]):
        np.testing.assert_array_equal(Softmax(axis)(x, mask=mask), Softmax(axis)(x, mask=each))
    np.testing.assert_array_equal(Softmax()(x, mask=mask), Softmax()(x))
    scores = nn.Masking()(tg.input("x", (2, 4, 3)))
    assert mask_of(Softmax()(scores)) is mask_of(scores)
    node = carry(tg.input("x", (2, 4)), tg.constant(mask))
    y = tg.compile(Softmax()(node))(x=x[..., 0])
    assert (y > 0).tolist() == mask.tolist()


@pytest.mark.usefixtures("float64")
def test_gradients_of_a_masked_softmax():
    mask = tg.constant(RNG.random(size=(2, 3, 4)) < 0.6)
    for axis in (-1, [1, 2]):
        check_gradients(lambda x, axis=axis: Softmax(axis)(x, mask=mask), RNG.normal(size=(2, 3, 4)))


def test_they_train_in_a_model():
    x = RNG.normal(size=(64, 4)).astype("float32")
    labels = (x @ [1.0, -1.0, 2.0, 0.0] > 0).astype(int)
    layers = [
        Dense(8),
        PReLU(),
        Dense(8),
        ELU(),
        Dense(8),
        ReLU(6.0),
        Dense(8),
        LeakyReLU(),
        Dense(2),
        Softmax(),
    ]
    model = Sequential([ActivityRegularization(l2=1e-3, input_shape=(4,)), *layers])
    model.compile(nn.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    losses = model.fit(x, labels, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ReLU(-1), ValueError, "ReLU 're_lu': max_value must be a number in [0, inf), got -1."),
        (
            lambda: ReLU(negative_slope=None),
            ValueError,
            "negative_slope must be a number in [0, inf), got None.",
        ),
        (lambda: ReLU(threshold=-0.5), ValueError, "threshold must be a number in [0, inf), got -0.5."),
        (
            lambda: LeakyReLU(-0.1),
            ValueError,
            "LeakyReLU 'leaky_re_lu': negative_slope must be a number in [0",
        ),
        (lambda: ELU("a"), ValueError, "ELU 'elu': alpha must be a number in (-inf, inf), got 'a'."),
        (
            lambda: PReLU(shared_axes=[0]),
            ValueError,
            "PReLU 'p_re_lu': an axis in shared_axes must be a whole ",
        ),
        (
            lambda: PReLU(shared_axes=[3])(np.ones((2, 3, 4))),
            GraphError,
            "shared_axes [3] do not fit a sample of (3, 4), which has axes 1 to 2.",
        ),
        (lambda: ActivityRegularization(l1=-1.0), ValueError, "l1"),
        (
            lambda: Softmax(0),
            ValueError,
            "Softmax 'softmax': axis must be a whole number other than 0, the batch",
        ),
        (
            lambda: Softmax(2)(np.ones((2, 3))),
            GraphError,
            "axis 2 does not fit (batch, 3); the batch is axis 0.",
        ),
        (
            lambda: Softmax()(np.ones((2, 3)), mask=np.ones((2, 2), bool)),
            GraphError,
            "Softmax 'softmax': expected a mask of the first axes of (2, 3), got one of (2, 2).",
        ),
        (
            lambda: Softmax()(np.ones((2, 3)), mask=np.ones((2, 3, 1), bool)),
            GraphError,
            "expected a mask of the first axes of (2, 3), got one of (2, 3, 1).",
        ),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)
