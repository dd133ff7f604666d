"""LayerNormalization, UnitNormalization and BatchNormalization."""

import numpy as np
import pytest
from nn.keras_cases import arrays_of, cases, check
from ops.gradcheck import check_gradients

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn import BatchNormalization, Dense, LayerNormalization, Masking, Sequential, UnitNormalization
from tinygraph.nn.masks import mask_of

RNG = np.random.default_rng(4)
CASES = cases(
    *("layernorm", "layernorm2", "unitnorm"),
    *("batchnorm", "batchnorm2", "batchnorm_right", "batchnorm_holes"),
)
CASES += [case for case in cases("carry") if case["id"].endswith("Normalization")]
MASK = np.array([[True, True, False, True, False], [True, False, False, False, False]])
#: an argument of another value than by default
CHANGES = {
    "beta_initializer": "ones",
    "gamma_initializer": nn.initializers.Constant(2.0),
    "center": False,
    "scale": False,
    "epsilon": 0.5,
    "axis": 1,
}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))


def test_there_are_enough_cases():
    assert len(CASES) >= 44


def moved(layer):
    """The moving statistics."""
    return layer.moving_mean.value, layer.moving_variance.value


@pytest.mark.parametrize("axis", [-1, [1, 2], [-1, 1]], ids=str)
@pytest.mark.parametrize("rms_scaling", [False, True])
@pytest.mark.usefixtures("float64")
def test_gradients_of_layer_normalization(axis, rms_scaling):
    layer = LayerNormalization(axis, epsilon=0.1, rms_scaling=rms_scaling, gamma_initializer="uniform")
    check_gradients(lambda x: layer(x), RNG.normal(size=(2, 3, 2)))


@pytest.mark.usefixtures("float64")
def test_gradients_of_unit_normalization():
    check_gradients(lambda x: UnitNormalization([1, 2])(x), RNG.normal(size=(2, 3, 2)))


@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.usefixtures("float64")
def test_gradients_of_batch_normalization(axis, mask):
    layer = BatchNormalization(axis, epsilon=0.1, gamma_initializer="uniform")
    given = {} if mask is None else {"mask": tg.constant(mask)}
    check_gradients(lambda x: layer(x, training=True, **given), RNG.normal(size=(2, 5, 2)))


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("kind", [LayerNormalization, BatchNormalization])
def test_every_argument_counts(kind, name):
    x = RNG.normal(size=(4, 3, 3)).astype("float32")
    plain = kind(
        beta_initializer=nn.initializers.Constant(0.5), gamma_initializer=nn.initializers.Constant(3.0)
    )
    other = kind.from_config(plain.get_config() | {name: CHANGES[name], "name": "other"})
    assert not np.allclose(plain(x, training=True), other(x, training=True))
    assert len(other.get_weights()) == len(plain.get_weights()) - (name in ("center", "scale"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("momentum", 0.5), ("moving_mean_initializer", "ones"), ("moving_variance_initializer", "zeros")],
)
def test_every_argument_of_the_statistics_counts(name, value):
    x = RNG.normal(size=(4, 3)).astype("float32")
    plain, other = BatchNormalization(), BatchNormalization(**{name: value})
    for layer in (plain, other):
        layer(x, training=True)
    assert not np.allclose(plain(x), other(x))


@pytest.mark.parametrize("kind", [LayerNormalization, BatchNormalization])
@pytest.mark.parametrize("name", ["beta", "gamma"])
def test_regularizers_and_constraints_reach_the_weights(kind, name):
    def trained(**config):
        model = Sequential([kind(input_shape=(3,), **config)])
        model.compile("sgd", "mse")
        history = model.fit(np.eye(3), np.eye(3) * 5.0, epochs=2, verbose=0, shuffle=False)
        return history.history["loss"][0], getattr(model.layers[0], name).value

    loss, _ = trained(**{f"{name}_initializer": "ones"})
    penalized, _ = trained(**{f"{name}_initializer": "ones", f"{name}_regularizer": "l2"})
    assert penalized == pytest.approx(loss + 0.01 * 3)
    start = nn.initializers.Constant(-1.0)
    _, free = trained(**{f"{name}_initializer": start})
    _, bound = trained(**{f"{name}_initializer": start, f"{name}_constraint": "non_neg"})
    assert free.min() < 0 <= bound.min()


def test_mixed_signs_of_axes_name_the_same_axes():
    x = RNG.normal(size=(2, 3, 4)).astype("float32")
    ramp = nn.initializers.RandomNormal(seed=1)
    one, other = (LayerNormalization(axis, gamma_initializer=ramp) for axis in ([1, 2], [-1, 1]))
    np.testing.assert_array_equal(one(x), other(x))
    assert other.gamma.shape == (3, 4)


def test_rms_scaling_has_a_gamma_and_no_beta_in_any_case():
    for flags in ({}, {"scale": False, "center": False}):
        layer = LayerNormalization(rms_scaling=True, **flags)
        layer(np.ones((2, 3)))
        assert [weight.name for weight in layer.weights] == ["gamma"]


def test_short_vectors_get_length_one_too():
    np.testing.assert_allclose(UnitNormalization()([[3e-8, 4e-8], [3e8, 4e8]]), [[0.6, 0.8]] * 2, rtol=1e-6)


def test_moving_statistics_follow_the_batches():
    layer, x = BatchNormalization(momentum=0.75), RNG.normal(2.0, 3.0, size=(64, 2)).astype("float32")
    layer(x, training=True)
    np.testing.assert_allclose(moved(layer)[0], 0.25 * x.mean(0), rtol=1e-5)
    np.testing.assert_allclose(moved(layer)[1], 0.75 + 0.25 * x.var(0), rtol=1e-5)
    before = moved(layer)
    layer(x)
    np.testing.assert_array_equal(moved(layer), before)


def test_a_layer_used_twice_in_a_step_moves_twice():
    layer = BatchNormalization(momentum=0.5)
    a, b = nn.Input((1,), name="a"), nn.Input((1,), name="b")
    model = nn.Model([a, b], nn.Add()([layer(a), layer(b)]))
    model([np.full((4, 1), 8.0), np.full((4, 1), 2.0)], training=True)
    assert moved(layer)[0].tolist() == [0.5 * (0.5 * 8.0) + 0.5 * 2.0]


def test_a_layer_that_is_not_trainable_stays():
    x = RNG.normal(3.0, size=(8, 2)).astype("float32")
    layer = BatchNormalization(trainable=False)
    np.testing.assert_array_equal(layer(x, training=True), layer(x))
    assert [value.tolist() for value in moved(layer)] == [[0.0, 0.0], [1.0, 1.0]]
    assert layer.trainable_weights == []


def test_what_a_mask_leaves_out_does_not_count():
    x = RNG.normal(size=(2, 5, 3)).astype("float32")
    one, other = BatchNormalization(momentum=0.0), BatchNormalization(momentum=0.0)
    spoiled = np.where(MASK[..., None], x, 1e6).astype("float32")
    y = one(x, training=True, mask=MASK)
    np.testing.assert_array_equal(y[MASK], other(spoiled, training=True, mask=MASK)[MASK])
    np.testing.assert_allclose(moved(one)[0], x[MASK].mean(0), rtol=1e-5)
    np.testing.assert_allclose(moved(other)[1], x[MASK].var(0), rtol=1e-5)


def test_a_batch_without_a_valid_step_stays_finite():
    layer = BatchNormalization()
    y = layer(np.ones((2, 5, 3)), training=True, mask=np.zeros((2, 5), bool))
    assert np.isfinite(y).all()
    assert np.isfinite(moved(layer)).all()


def test_a_mask_of_steps_spreads_over_space():
    x = RNG.normal(size=(2, 5, 4, 3)).astype("float32")
    layer = BatchNormalization(momentum=0.0)
    layer(x, training=True, mask=MASK)
    np.testing.assert_allclose(moved(layer)[0], x[MASK].mean((0, 1)), rtol=1e-5)


def test_a_mask_goes_on_in_a_model():
    x = tg.input("x", (2, 5, 3))
    for layer in (BatchNormalization(), LayerNormalization(), UnitNormalization()):
        assert mask_of(layer(Masking()(x))) is not None


@pytest.mark.parametrize("synchronized", [False, True])
def test_in_fit_the_statistics_move_and_serve_predict(synchronized):
    x = RNG.normal(5.0, 2.0, size=(256, 3)).astype("float32")
    y = (x.sum(1) > 15.0).astype("float32")
    norm = BatchNormalization(momentum=0.5, synchronized=synchronized, input_shape=(3,))
    model = Sequential([norm, LayerNormalization(), Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    losses = model.fit(x, y, epochs=15, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(moved(norm)[0], 5.0, atol=0.7)
    np.testing.assert_allclose(moved(norm)[1], 4.0, atol=2.0)
    before = moved(norm)
    model.evaluate(x, y, verbose=0)
    np.testing.assert_allclose(model.predict(x), model(x), rtol=1e-5)
    np.testing.assert_array_equal(moved(norm), before)


@pytest.mark.parametrize(
    "layer",
    [
        BatchNormalization(1, 0.5, 0.1, False, beta_constraint="non_neg", synchronized=True),
        LayerNormalization([1, 2], 0.1, scale=False, rms_scaling=True, gamma_regularizer="l2"),
        UnitNormalization((1, 2)),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_configs_come_back(layer):
    config = layer.get_config()
    copy = type(layer).from_config(config)
    assert copy.get_config() == config
    x = RNG.normal(size=(2, 3, 4)).astype("float32")
    y = layer(x)
    assert y.dtype == "float32"
    np.testing.assert_array_equal(copy(x), y)
    assert layer.output_shape((3, 4)) == nn.Layer.output_shape(layer, (3, 4)) == (3, 4)


def test_weights_come_in_keras_order():
    layer = BatchNormalization()
    layer(np.ones((2, 3)))
    assert [w.name for w in layer.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert layer.trainable_weights == [layer.gamma, layer.beta]


def test_zeros_have_a_finite_gradient_under_unit_normalization():
    x = tg.input("x", (2, 3))
    (slope,) = tg.gradients(tg.sum(UnitNormalization()(x)), [x])
    assert np.isfinite(tg.compile(slope)(x=np.zeros((2, 3)))).all()


@pytest.mark.parametrize("kind", [BatchNormalization, LayerNormalization, UnitNormalization])
@pytest.mark.parametrize("axis", [0, 1.5, "1", True, [0, 1], []], ids=str)
def test_axes_that_are_refused(kind, axis):
    with pytest.raises(
        ValueError, match=f"{kind.__name__} 'n': axis must be a whole number other than 0, the bat"
    ):
        kind(axis=axis, name="n")


@pytest.mark.parametrize("axis", [3, -3, [1, -2], [1, 1]], ids=str)
def test_axes_that_do_not_fit(axis):
    for kind in (LayerNormalization, UnitNormalization):
        with pytest.raises(GraphError, match=r"does not fit \(batch, 3, 4\); the batch is axis 0\."):
            kind(axis)(nn.Input((3, 4)))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: BatchNormalization([1, 2]),
            ValueError,
            "axis must be one whole number, the axis of the feat",
        ),
        (
            lambda: BatchNormalization(momentum=1.5),
            ValueError,
            "momentum must be a number in [0, 1], got 1.5",
        ),
        (lambda: BatchNormalization(epsilon=-1), ValueError, "epsilon must be a number in [0, inf), got -1"),
        (lambda: LayerNormalization(center=1), ValueError, "center must be True or False, got 1."),
        (lambda: LayerNormalization(rms_scaling="x"), ValueError, "rms_scaling must be True or False"),
        (lambda: LayerNormalization(gama=1), TypeError, "unknown argument 'gama'"),
        (
            lambda: BatchNormalization()(np.ones((2, 3)), mask=np.ones((3,), bool), training=True),
            GraphError,
            "BatchNormalization 'batch_normalization': expected a mask of the first axes of (2, 3), got one",
        ),
        (
            lambda: Sequential([BatchNormalization(input_shape=(3,)), BatchNormalization()])(np.ones((2, 4))),
            GraphError,
            "expected (batch, 3), got (2, 4).",
        ),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


def test_a_built_layer_keeps_its_sizes():
    layer = LayerNormalization([1, -1])
    layer(np.ones((2, 3, 4)))
    with pytest.raises(GraphError, match=r"expected \(batch, 3, 4\), got \(2, 3, 5\)\. Axis 2 must be 4"):
        layer(np.ones((2, 3, 5)))
