"""MaxPooling and AveragePooling over one, two and three axes."""

import numpy as np
import pytest
from nn.keras_cases import arrays_of, cases, check

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError

GROUPS = ("maxpool1", "maxpool2", "maxpool3", "averagepool1", "averagepool2", "averagepool3")
LAYERS = [
    *(nn.MaxPooling1D, nn.MaxPooling2D, nn.MaxPooling3D),
    *(nn.AveragePooling1D, nn.AveragePooling2D, nn.AveragePooling3D),
]
RNG = np.random.default_rng(0)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", cases(*GROUPS), ids=lambda case: case["id"])
def test_equals_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "case", [c for c in cases("carry") if "Pooling1D" in c["id"] and "Global" not in c["id"]]
)
def test_a_mask_ends(case):
    with pytest.warns(UserWarning, match="Pooling1D '.*': the mask of its input ends here"):
        check(case, arrays_of(case), nn.deserialize(case["layer"]))


@pytest.mark.parametrize("cls", LAYERS)
@pytest.mark.parametrize("padding", ["valid", "SAME"])
def test_shapes_config_and_dtype(cls, padding):
    sizes = (5, 6, 7)[: cls.rank]
    for shape, data_format in [((*sizes, 3), None), ((3, *sizes), "channels_first")]:
        layer = cls(2, 3, padding, data_format)
        x = RNG.normal(size=(2, *shape)).astype("float32")
        y = layer(x)
        assert y.dtype == np.float32
        new = [2, 2, 2 if padding == "valid" else 3][: cls.rank]
        expected = (*new, 3) if data_format is None else (3, *new)
        assert y.shape[1:] == layer.output_shape(shape) == layer(nn.Input(shape)).shape == expected
        config = nn.serialize(layer)
        assert config["config"]["pool_size"] == [2] * cls.rank
        assert config["config"]["padding"] == padding.lower()
        np.testing.assert_array_equal(nn.deserialize(config)(x), y)


def test_defaults_and_other_names():
    assert nn.MaxPooling2D().pool_size == nn.MaxPooling2D().strides == (2, 2)
    assert nn.MaxPool3D is nn.MaxPooling3D
    assert nn.AvgPool1D is nn.AveragePooling1D
    assert nn.deserialize({"class_name": "AvgPool2D", "config": {"pool_size": 2}}).pool_size == (2, 2)
    with pytest.raises(TypeError, match="pool_size"):
        nn.AveragePooling1D()


def slope(layer, x):
    """The gradient of the sum of a layer's results."""
    node = tg.input("x", x.shape, "float64")
    (d_x,) = tg.gradients(tg.sum(layer(node)), [node])
    return tg.compile(d_x)(x=x)[0, ..., 0].tolist()


@pytest.mark.usefixtures("float64")
def test_of_ties_the_first_in_reading_order_has_the_gradient():
    # These are the gradients of Keras on its three backends.
    x = np.array([[0.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])[None, ..., None]
    assert slope(nn.MaxPooling2D(2, 1), x) == [[0, 2, 0], [1, 1, 0], [0, 0, 0]]
    assert slope(nn.MaxPooling2D(2, 1), 0 * x) == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert slope(nn.MaxPooling1D(3, 1, "same"), 0 * x[:, 0]) == [2, 1, 0]


@pytest.mark.usefixtures("float64")
def test_padding_does_not_count():
    x = np.array([[[-1.0], [-2.0], [-3.0]]])
    assert nn.MaxPooling1D(2, padding="same")(x)[0, :, 0].tolist() == [-1.0, -3.0]
    assert nn.AveragePooling1D(3, 1, padding="same")(x)[0, :, 0].tolist() == [-1.5, -2.0, -2.5]


@pytest.mark.parametrize("cls", LAYERS[:2] + LAYERS[3:5])
def test_fit(cls):
    shape = (8, 6, 2)[-cls.rank - 1 :]
    model = nn.Sequential([nn.Dense(2, input_shape=shape), cls(2, padding="same"), nn.Flatten(), nn.Dense(1)])
    model.compile("adam", "mse")
    x = RNG.normal(size=(16, *shape))
    losses = model.fit(x, x.reshape(16, -1).max(axis=1, keepdims=True), epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: nn.MaxPooling1D(0, name="p"),
            ValueError,
            "MaxPooling1D 'p': pool_size must be a whole number",
        ),
        (lambda: nn.MaxPooling2D((2, 2, 2)), ValueError, "pool_size must be a whole number or 2 of them"),
        (
            lambda: nn.AveragePooling1D(2, 0),
            ValueError,
            "strides must be a whole number of at least 1, got 0",
        ),
        (lambda: nn.AveragePooling1D(2, padding="causal"), ValueError, "padding must be 'valid' or 'same'"),
        (lambda: nn.MaxPooling1D(data_format="last"), ValueError, "data_format must be 'channels_last' or"),
        (lambda: nn.MaxPooling1D(size=2), TypeError, "MaxPooling1D: unknown argument 'size'; did you mean"),
        (
            lambda: nn.MaxPooling1D(3, name="p")(np.ones((1, 2, 4))),
            GraphError,
            "MaxPooling1D 'p': expected a length of at least 3, which pool_size (3,) spans, got a sample of "
            "(2, 4). Make pool_size smaller, or choose padding='same'.",
        ),
        (
            lambda: nn.AveragePooling2D((1, 3), data_format="channels_first")(nn.Input((4, 2, 2))),
            GraphError,
            "expected a width of at least 3",
        ),
        (
            lambda: nn.MaxPooling2D()(np.ones((1, 2, 4))),
            GraphError,
            "input 0: expected (batch, height, width, channels), got (1, 2, 4).",
        ),
        (
            lambda: nn.MaxPooling1D(data_format="channels_first", input_shape=(1, 2, 3)),
            GraphError,
            "expected input_shape (channels, length), got (1, 2, 3). It is the shape of one sample",
        ),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)
