"""Initializers: moments, bounds and fans as in Keras, seeds, configs, and what is refused."""

import math

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import initializers, registry, signatures
from tinygraph.nn.initializers.scaling import TRUNCATED_STDDEV, fans

RANDOM = [
    initializers.RandomNormal,
    initializers.RandomUniform,
    initializers.TruncatedNormal,
    initializers.VarianceScaling,
    initializers.GlorotUniform,
    initializers.GlorotNormal,
    initializers.HeUniform,
    initializers.HeNormal,
    initializers.LecunUniform,
    initializers.LecunNormal,
    initializers.Orthogonal,
]
FIXED = [initializers.Zeros, initializers.Ones, initializers.Constant, initializers.Identity]


@pytest.mark.parametrize("cls", RANDOM)
def test_the_same_seed_gives_the_same_array_at_every_call(cls):
    first = cls(seed=7)
    array = first((4, 3))
    np.testing.assert_array_equal(array, first((4, 3)))
    np.testing.assert_array_equal(array, cls(seed=7)((4, 3)))
    assert not np.array_equal(array, cls(seed=8)((4, 3)))
    assert first.get_config()["seed"] == 7


@pytest.mark.parametrize("cls", RANDOM)
def test_without_a_seed_arrays_follow_set_seed(cls):
    """One seed is taken for each initializer, at its first call: later calls repeat it, as in Keras."""
    arrays = []
    for _ in range(2):
        tg.set_seed(3)
        first, second = cls(), cls()
        arrays.append(first((4, 3)))
        np.testing.assert_array_equal(arrays[-1], first((4, 3)))
        assert not np.array_equal(arrays[-1], second((4, 3)))
    np.testing.assert_array_equal(*arrays)
    tg.set_seed(4)
    assert not np.array_equal(arrays[0], cls()((4, 3)))
    assert cls().get_config()["seed"] is None


@pytest.mark.parametrize("cls", RANDOM + FIXED)
def test_dtypes(cls):
    assert cls()((3, 2)).dtype == "float32"
    assert cls()((3, 2), dtype="float64").dtype == "float64"
    tg.set_floatx("float64")
    assert cls()([3, 2]).dtype == "float64"
    assert cls()((3, 2)).shape == (3, 2)


@pytest.mark.parametrize("cls", RANDOM)
def test_both_float_types_draw_the_same_numbers(cls):
    draw = cls(seed=1)
    np.testing.assert_array_equal(draw((5, 4)), draw((5, 4), dtype="float64").astype("float32"))


@pytest.mark.parametrize("cls", RANDOM + FIXED)
def test_every_initializer_comes_back_from_its_config(cls):
    arguments = {"seed": 5} if "seed" in signatures.argument_names(cls) else {}
    first = cls(**arguments)
    again = registry.deserialize(registry.serialize(first))
    assert type(again) is cls
    np.testing.assert_array_equal(first((3, 3)), again((3, 3)))


# (kernel's shape, fan in, fan out), as Keras computes them
FANS = [((), 1, 1), ((5,), 5, 5), ((16, 64), 16, 64), ((3, 16, 64), 48, 192), ((3, 2, 16, 64), 96, 384)]


@pytest.mark.parametrize(("shape", "fan_in", "fan_out"), FANS)
def test_fans(shape, fan_in, fan_out):
    assert fans(shape) == (fan_in, fan_out)


# (class, variance of a kernel (3, 20, 80): fan in 60, fan out 240, and the bound of its numbers)
SCALED = [
    (initializers.GlorotUniform, 2 / 300, math.sqrt(6 / 300)),
    (initializers.GlorotNormal, 2 / 300, 2 * math.sqrt(2 / 300) / TRUNCATED_STDDEV),
    (initializers.HeUniform, 2 / 60, math.sqrt(6 / 60)),
    (initializers.HeNormal, 2 / 60, 2 * math.sqrt(2 / 60) / TRUNCATED_STDDEV),
    (initializers.LecunUniform, 1 / 60, math.sqrt(3 / 60)),
    (initializers.LecunNormal, 1 / 60, 2 * math.sqrt(1 / 60) / TRUNCATED_STDDEV),
]


@pytest.mark.parametrize(("cls", "variance", "bound"), SCALED)
def test_scaled_variance(cls, variance, bound):
    numbers = cls(seed=0)((3, 20, 80), dtype="float64")
    assert numbers.var() == pytest.approx(variance, rel=0.05)
    assert numbers.mean() == pytest.approx(0.0, abs=0.05 * math.sqrt(variance))
    assert 0.97 * bound < np.abs(numbers).max() <= bound


def test_modes_and_distributions_of_variance_scaling():
    for mode, n in (("fan_in", 100), ("fan_out", 400), ("fan_avg", 250)):
        for distribution in ("normal", "truncated_normal", "untruncated_normal", "uniform"):
            draw = initializers.VarianceScaling(3.0, mode, distribution, seed=2)
            assert draw((100, 400), dtype="float64").var() == pytest.approx(3.0 / n, rel=0.05)
    beyond = initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal", seed=2)((100, 400))
    assert np.abs(beyond).max() > 3.0 / math.sqrt(100)


def test_plain_distributions():
    shape = (200, 200)
    normal = initializers.RandomNormal(1.0, 0.5, seed=1)(shape)
    assert (normal.mean(), normal.std()) == pytest.approx((1.0, 0.5), rel=0.02)
    uniform = initializers.RandomUniform(2.0, 6.0, seed=1)(shape)
    assert (uniform.min(), uniform.mean(), uniform.max()) == pytest.approx((2.0, 4.0, 6.0), rel=0.02)
    truncated = initializers.TruncatedNormal(1.0, 0.5, seed=1)(shape, dtype="float64")
    assert (truncated.mean(), truncated.std()) == pytest.approx((1.0, 0.5 * TRUNCATED_STDDEV), rel=0.02)
    assert 0.0 <= truncated.min() < 0.01 < 1.99 < truncated.max() <= 2.0


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (2, 3, 4), (1, 1)])
def test_orthogonal(shape):
    q = initializers.Orthogonal(gain=2.0, seed=1)(shape, dtype="float64").reshape(-1, shape[-1])
    square = q.T @ q if q.shape[0] >= q.shape[1] else q @ q.T
    np.testing.assert_allclose(square, 4.0 * np.eye(len(square)), atol=1e-12)


def test_orthogonal_is_the_factor_with_a_positive_diagonal():
    """That choice of sign makes Q evenly distributed over all rotations (Mezzadri 2007)."""
    q = initializers.Orthogonal(seed=1)((5, 3), dtype="float64")
    numbers = np.random.default_rng(1).normal(size=(5, 3))
    assert (np.diag(q.T @ numbers) > 0).all()


def test_fixed_values():
    assert initializers.Zeros()((2,)).tolist() == [0.0, 0.0]
    assert initializers.Ones()((2,)).tolist() == [1.0, 1.0]
    assert initializers.Constant(0.5)((2,)).tolist() == [0.5, 0.5]
    assert initializers.Identity(2.0)((2, 3)).tolist() == [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    first = initializers.Zeros()((2,))
    first += 1.0
    assert initializers.Zeros()((2,)).tolist() == [0.0, 0.0]


NAMES = [
    ("zeros", initializers.Zeros),
    ("Zeros", initializers.Zeros),
    ("zero", initializers.Zeros),
    ("glorot_uniform", initializers.GlorotUniform),
    ("he_normal", initializers.HeNormal),
    ("lecun_normal", initializers.LecunNormal),
    ("orthogonal", initializers.Orthogonal),
    ("OrthogonalInitializer", initializers.Orthogonal),
    ("identity", initializers.Identity),
    ("normal", initializers.RandomNormal),
    ("uniform", initializers.RandomUniform),
]


@pytest.mark.parametrize(("name", "cls"), NAMES)
def test_names(name, cls):
    assert type(initializers.get(name)) is cls


REFUSED = [
    (
        lambda: initializers.get("glorot"),
        "unknown initializer 'glorot'; did you mean 'glorot_normal'?",
    ),
    (
        lambda: initializers.GlorotUniform(seed=1.5),
        "GlorotUniform: seed must be a whole number >= 0 or None, got 1.5.",
    ),
    (
        lambda: initializers.VarianceScaling(0),
        "VarianceScaling: scale must be a number in (0, inf), got 0.",
    ),
    (
        lambda: initializers.VarianceScaling(mode="fan"),
        "VarianceScaling: unknown mode 'fan'; did you mean 'fan_in'?",
    ),
    (
        lambda: initializers.VarianceScaling(distribution="cauchy"),
        "VarianceScaling: unknown distribution 'cauchy'; there are truncated_normal, uniform, "
        "untruncated_normal.",
    ),
    (
        lambda: initializers.RandomNormal(stddev=-1.0),
        "RandomNormal: stddev must be a number in [0, inf), got -1.0.",
    ),
    (
        lambda: initializers.RandomUniform(1.0, 0.0),
        "RandomUniform: needs minval <= maxval, got 1.0 and 0.0.",
    ),
    (
        lambda: initializers.Orthogonal()((3,)),
        "Orthogonal: needs a matrix, a shape of 2 axes or more, got (3,).",
    ),
    (
        lambda: initializers.Identity()((3, 3, 3)),
        "Identity: needs a matrix, a shape of 2 axes, got (3, 3, 3).",
    ),
    (
        lambda: initializers.Constant([1.0, 2.0])((3,)),
        "Constant: a value of shape (2,) does not fit (3,).",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_refusals_say_what_to_do(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        call()
    assert str(caught.value) == message
