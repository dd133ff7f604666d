"""SpatialDropout1D, GaussianDropout and GaussianNoise; what they share with Dropout is in test_dropout.py."""

import math

import numpy as np
import pytest
from nn.keras_cases import arrays_of, cases, check

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn import Dense, Dropout, GaussianDropout, GaussianNoise, Masking, Sequential, SpatialDropout1D
from tinygraph.nn.masks import mask_of

NAMES = ("Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise")
CASES = cases(*(f"quiet{name}" for name in NAMES))
CASES += [case for case in cases("carry") if case["layer"]["class_name"] in NAMES]
KINDS = [Dropout, SpatialDropout1D, GaussianDropout, GaussianNoise]
ONES = np.ones((200, 5, 100), "float32")


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))


def drawn(layer, steps=1):
    """What a layer makes of ones in training, at each of several steps."""
    x = tg.input("x", ONES.shape)
    run = tg.compile(layer(x, training=True))
    return [run(x=ONES) for _ in range(steps)]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_drawn_at_inference(kind):
    x = np.arange(24.0).reshape(2, 3, 4)
    assert kind(0.4)(x).tolist() == x.tolist()
    assert kind(0.0)(x, training=True).tolist() == x.tolist()
    assert "uniform" not in Sequential([kind(0.4, input_shape=(3, 4))]).trace(batch=2).count()


@pytest.mark.parametrize("kind", KINDS)
def test_draws_follow_from_seed_and_step(kind):
    first, second = drawn(kind(0.4, seed=3), 2)
    again = drawn(kind(0.4, seed=3), 2)
    assert (first != second).any()
    np.testing.assert_array_equal(again, [first, second])
    assert (drawn(kind(0.4, seed=4))[0] != first).any()


@pytest.mark.parametrize("kind", KINDS)
def test_two_uses_draw_twice(kind):
    x, layer = nn.Input((5, 100), name="x"), kind(0.4, seed=3)
    a, b = nn.Model(x, [layer(x), layer(x)])(ONES, training=True)
    assert (a != b).any()


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_moments_of_gaussian_dropout(rate):
    (y,) = drawn(GaussianDropout(rate, seed=1))
    deviation = math.sqrt(rate / (1.0 - rate))
    assert abs(y.mean() - 1.0) < 5 * deviation / math.sqrt(y.size)
    assert y.std() == pytest.approx(deviation, rel=5 / math.sqrt(2 * y.size))


@pytest.mark.parametrize("stddev", [0.1, 1.0, 3.0])
def test_moments_of_gaussian_noise(stddev):
    (y,) = drawn(GaussianNoise(stddev, seed=1))
    assert abs(y.mean() - 1.0) < 5 * stddev / math.sqrt(y.size)
    assert y.std() == pytest.approx(stddev, rel=5 / math.sqrt(2 * y.size))


def test_noise_multiplies_or_adds():
    two = np.full((4, 3), 2.0)
    for kind, scale in ((GaussianDropout, 2.0), (GaussianNoise, 1.0)):
        one = kind(0.3, seed=5, dtype="float64")(two / 2.0, training=True) - 1.0
        other = kind(0.3, seed=5, dtype="float64")(two, training=True) - 2.0
        np.testing.assert_allclose(other, one * scale, rtol=1e-9)


def test_spatial_dropout_drops_whole_features():
    (y,) = drawn(SpatialDropout1D(0.25, seed=1))
    assert (y == y[:, :1]).all()
    assert set(np.unique(y).tolist()) == {0.0, float(np.float32(1 / 0.75))}
    features = y[:, 0]
    assert abs((features == 0).mean() - 0.25) < 5 * math.sqrt(0.25 * 0.75 / features.size)
    np.testing.assert_array_equal(y, drawn(Dropout(0.25, (None, 1, None), seed=1))[0])


@pytest.mark.parametrize("kind", KINDS)
def test_fit_draws_anew_in_every_step(kind):
    model = Sequential([kind(0.5, input_shape=(4, 100)), nn.Flatten(), Dense(1, kernel_initializer="ones")])
    model.compile(nn.optimizers.SGD(0.0), "mse")
    history = model.fit(ONES[:8, :4], np.ones(8), batch_size=8, epochs=5, verbose=0)
    assert len(set(history.history["loss"])) == 5


@pytest.mark.parametrize("kind", KINDS)
def test_configs_come_back(kind):
    layer = kind(0.3, seed=9, name="n")
    config = layer.get_config()
    assert config["seed"] == 9
    copy = kind.from_config(config)
    assert copy.get_config() == config
    np.testing.assert_array_equal(drawn(copy), drawn(layer))
    assert layer.output_shape((5, 100)) == nn.Layer.output_shape(layer, (5, 100)) == (5, 100)
    assert layer(ONES, training=True).dtype == "float32"


@pytest.mark.parametrize("kind", KINDS)
def test_a_mask_goes_on_in_training(kind):
    x = Masking()(tg.input("x", (2, 3, 4)))
    assert mask_of(kind(0.3)(x, training=True)) is mask_of(x)


def test_the_same_noise_in_the_gradient():
    x = tg.input("x", ONES.shape)
    y = GaussianDropout(0.3, seed=3)(x, training=True)
    value, slope = tg.compile([y, *tg.gradients(tg.sum(y), [x])])(x=ONES)
    np.testing.assert_array_equal(value, slope)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: GaussianDropout(1.0), ValueError, "'gaussian_dropout': rate must be a number in [0, 1)"),
        (
            lambda: GaussianNoise(-0.1),
            ValueError,
            "GaussianNoise 'gaussian_noise': stddev must be a number in [0, ",
        ),
        (lambda: GaussianNoise("a"), ValueError, "stddev must be a number in [0, inf), got 'a'."),
        (
            lambda: GaussianNoise(0.1, seed=1.5),
            ValueError,
            "seed must be a whole number of at least 0, got 1.5.",
        ),
        (lambda: SpatialDropout1D(1.1), ValueError, "rate must be a number in [0, 1], got 1.1."),
        (lambda: SpatialDropout1D(0.1, noise=1), TypeError, "SpatialDropout1D: unknown argument 'noise'"),
        (
            lambda: SpatialDropout1D(0.1)(np.ones((2, 3))),
            GraphError,
            "expected (batch, time, features), got (2, ",
        ),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)
