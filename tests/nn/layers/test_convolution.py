"""Conv1D, Conv2D and Conv3D: the numbers of Keras, every argument, messages, training."""

import numpy as np
import pytest
from nn.keras_cases import arrays_of, cases, check

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn import Layer, constraints, initializers, regularizers

RNG = np.random.default_rng(11)
GROUPS = [f"convolve{rank}{form}" for rank in (1, 2, 3) for form in ("", "first")]
LAYERS = {1: nn.Conv1D, 2: nn.Conv2D, 3: nn.Conv3D}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", cases(*GROUPS), ids=lambda case: case["id"])
def test_equals_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))


@pytest.mark.usefixtures("float64")
def test_a_mask_ends_here_with_a_warning():
    (case,) = (case for case in cases("carry") if case["id"] == "carry-Conv1D")
    with pytest.warns(UserWarning, match="Conv1D 'conv1d': the mask of its input ends here"):
        check(case, arrays_of(case), nn.deserialize(case["layer"]))


def test_enough_cases():
    assert len(cases(*GROUPS)) >= 54


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("options", [{}, {"padding": "same", "strides": 2}, {"dilation_rate": 2}], ids=str)
def test_declared_shapes_are_those_of_the_result(rank, data_format, options):
    space = (7, 6, 5)[:rank]
    shape = (*space, 2) if data_format == "channels_last" else (2, *space)
    layer = LAYERS[rank](3, 2, data_format=data_format, **options)
    y = layer(np.ones((4, *shape)))
    assert y.dtype == "float32"
    assert y.shape[1:] == layer.output_shape(shape) == Layer.output_shape(layer, shape)
    assert layer(nn.Input(shape)).shape == y.shape[1:]


def test_channels_first_is_channels_last_transposed():
    x = RNG.normal(size=(2, 6, 5, 3))
    last, first = nn.Conv2D(4, (3, 2)), nn.Conv2D(4, (3, 2), data_format="channels_first")
    expected = last(x)
    first.ensure_built((3, 6, 5))
    first.set_weights(last.get_weights())
    np.testing.assert_allclose(first(x.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1), expected, atol=1e-6)


def test_an_activation_sees_the_format_of_the_layer():
    # Softmax goes over the last axis, which is the width where the channels are first: Keras does so too.
    layer = nn.Conv2D(4, 1, data_format="channels_first", activation="softmax")
    np.testing.assert_allclose(layer(RNG.normal(size=(2, 3, 5, 6))).sum(axis=-1), 1.0, rtol=1e-5)


def test_the_weights_begin_as_those_of_keras():
    layer = nn.Conv2D(64, (3, 5), groups=2, kernel_initializer=initializers.GlorotUniform(seed=1))
    layer.ensure_built((9, 9, 8))
    kernel, bias = layer.get_weights()
    assert kernel.shape == (3, 5, 4, 64)
    assert not bias.any()
    limit = np.sqrt(6.0 / (3 * 5 * (4 + 64)))  # a kernel element counts for the fans at each of 3 x 5 places
    assert 0.99 * limit < np.abs(kernel).max() <= limit


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filters", 4),
        ("kernel_size", 3),
        ("strides", 2),
        ("padding", "same"),
        ("padding", "causal"),
        ("data_format", "channels_first"),
        ("dilation_rate", 2),
        ("groups", 2),
        ("activation", "tanh"),
        ("use_bias", False),
        ("kernel_initializer", "ones"),
        ("bias_initializer", "zeros"),
    ],
)
def test_every_argument_counts_and_comes_back(name, value):
    given = {"filters": 2, "kernel_size": 2, "bias_initializer": "ones"}
    x = RNG.normal(size=(2, 6, 6))
    tg.set_seed(1)
    before = nn.Conv1D(**given)(x)
    tg.set_seed(1)
    layer = nn.Conv1D(**given | {name: value})
    after = layer(x)
    assert before.shape != after.shape or not np.allclose(before, after)
    again = nn.Conv1D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    again.ensure_built((6, 6))
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(x), after)


@pytest.mark.parametrize(
    "given",
    [
        {"kernel_regularizer": regularizers.L2(0.1)},
        {"bias_regularizer": "l1"},
        {"activity_regularizer": "l2"},
        {"kernel_constraint": constraints.MaxNorm(0.5)},
        {"bias_constraint": constraints.MaxNorm(0.01)},
    ],
    ids=lambda given: next(iter(given)),
)
def test_regularizers_and_constraints_change_what_is_learned(given):
    x, y = RNG.normal(size=(8, 6, 2)), RNG.normal(size=(8, 5, 3))

    def learned(**given):
        layer = nn.Conv1D(3, 2, bias_initializer="ones", kernel_initializer="ones", **given)
        model = nn.Sequential([layer])
        model.compile("sgd", "mse")
        model.fit(x, y, epochs=2, verbose=0)
        return np.concatenate([weight.ravel() for weight in layer.get_weights()])

    assert not np.allclose(learned(), learned(**given))
    layer = nn.Conv1D(3, 2, **given)
    assert nn.deserialize(nn.serialize(layer)).get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"filters": 0}, "filters must be a whole number of at least 1, got 0"),
        ({"kernel_size": (2, 2, 2)}, r"kernel_size must be a whole number or 2 of them, got \(2, 2, 2\)"),
        ({"kernel_size": (2, 0)}, "kernel_size must be a whole number of at least 1, got 0"),
        ({"strides": 0}, "strides must be a whole number of at least 1, got 0"),
        ({"dilation_rate": 1.5}, "dilation_rate must be a whole number of at least 1, got 1.5"),
        ({"padding": "causal"}, "padding must be 'valid' or 'same', got 'causal'"),
        ({"data_format": "NHWC"}, "data_format must be 'channels_last' or 'channels_first', got 'NHWC'"),
        ({"strides": 2, "dilation_rate": (1, 2)}, r"cannot both be above 1, got \(2, 2\) and \(1, 2\)"),
        ({"groups": 3}, "filters must be a multiple of groups, got 4 and 3"),
        ({"use_bias": 1}, "use_bias must be True or False, got 1"),
    ],
)
def test_arguments_that_cannot_be(given, words):
    with pytest.raises(ValueError, match=rf"Conv2D.*{words}"):
        nn.Conv2D(**{"filters": 4, "kernel_size": 2} | given)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (nn.Conv1D, (5,), r"expected \(batch, length, channels\), got \(2, 5\)"),
        (nn.Conv2D, (5, 5), r"expected \(batch, height, width, channels\), got \(2, 5, 5\)"),
        (nn.Conv3D, (5, 5, 5), r"expected \(batch, depth, height, width, channels\)"),
        (
            nn.Conv2D,
            (5, 2, 4),
            r"expected a width of at least 3, which kernel_size \(3, 3\) and dilation_rate \(1, 1\) span, "
            r"got a sample of \(5, 2, 4\)\. Make the kernel smaller, or choose padding='same'\.",
        ),
        (nn.Conv1D, (5, 3), "expected channels in 2 equal groups, got 3 of them"),
    ],
)
def test_inputs_that_do_not_fit(layer, shape, words):
    layer = layer(4, 3, groups=2, name="c")
    with pytest.raises(GraphError, match=rf"Conv\dD 'c'.*{words}"):
        layer(np.ones((2, *shape)))
    with pytest.raises(GraphError, match=r"Conv\dD 'c'"):
        layer(nn.Input(shape))
    assert not layer.built


@pytest.mark.parametrize(
    ("data_format", "axis", "shape"), [("channels_last", 2, (6, 3)), ("channels_first", 1, (3, 6))]
)
def test_the_channels_stay_as_they_were_built(data_format, axis, shape):
    layer = nn.Conv1D(2, 2, data_format=data_format, name="c")
    layer(np.ones((1, *((6, 2) if axis == 2 else (2, 6)))))
    with pytest.raises(GraphError, match=f"Axis {axis} must be 2, the channels 'c' was built with"):
        layer(np.ones((1, *shape)))
    longer = (9, 2) if axis == 2 else (2, 9)
    assert layer(np.ones((1, *longer))).shape == (1, *layer.output_shape(longer))


def test_a_causal_convolution_sees_nothing_of_what_comes():
    layer = nn.Conv1D(2, 3, padding="causal", dilation_rate=2)
    x = RNG.normal(size=(1, 9, 1))
    before = layer(x)
    x[:, 5] += 1.0
    after = layer(x)
    np.testing.assert_array_equal(before[:, :5], after[:, :5])
    assert not np.allclose(before[:, [5, 7]], after[:, [5, 7]])


def test_a_model_of_convolutions_learns():
    """Which half of a small image has the bright spot."""
    x = RNG.normal(size=(64, 6, 8, 1)) * 0.1
    columns = RNG.integers(0, 8, 64)
    x[np.arange(64), RNG.integers(0, 6, 64), columns] += 2.0
    y = (columns >= 4).astype("int64")
    model = nn.Sequential(
        [
            nn.Conv2D(4, 3, padding="same", activation="relu", input_shape=(6, 8, 1)),
            nn.Conv2D(4, 3, strides=2, activation="relu"),
            nn.Flatten(),
            nn.Dense(2, activation="softmax"),
        ]
    )
    model.compile(nn.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=15, batch_size=16, verbose=0).history
    assert history["accuracy"][-1] > 0.9 > history["accuracy"][0]
