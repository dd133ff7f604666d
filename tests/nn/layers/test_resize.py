"""UpSampling, ZeroPadding1D and Cropping1D."""

import numpy as np
import pytest
from nn.keras_cases import arrays_of, cases, check
from ops.gradcheck import check_gradients

from tinygraph import nn
from tinygraph.graph import GraphError

RNG = np.random.default_rng(0)
#: the first half of the matrix that makes 8 rows of 4; what Keras has on JAX in float64, and TensorFlow too
MATRICES = {
    "bilinear": [[1, 0, 0, 0], [0.75, 0.25, 0, 0], [0.25, 0.75, 0, 0], [0, 0.75, 0.25, 0]],
    "bicubic": [
        [1.0882352941, -0.0882352941, 0, 0],
        [0.8102189781, 0.2116788321, -0.0218978102, 0],
        [0.2213740458, 0.8473282443, -0.0687022901, 0],
        [-0.0703125, 0.8671875, 0.2265625, -0.0234375],
    ],
    "lanczos3": [
        [1.1306500121, -0.1687857316, 0.0381357195, 0],
        [0.8092832156, 0.2456669848, -0.0616384914, 0.006688291],
        [0.2555211346, 0.8417450382, -0.12565741, 0.0283912372],
        [-0.1384657952, 0.9275449502, 0.2815666589, -0.0706458139],
    ],
    "lanczos5": [
        [1.158159141, -0.2094019837, 0.090275667, -0.0390328244],
        [0.794661379, 0.2562441272, -0.0923707499, 0.0414652437],
        [0.2643959943, 0.8199418568, -0.1482503097, 0.0639124585],
        [-0.176325109, 0.975217776, 0.3144658019, -0.1133584689],
    ],
}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", cases("up1", "up2", "up3", "zeropad", "crop"), ids=lambda case: case["id"])
def test_equals_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", ["UpSampling1D", "ZeroPadding1D", "Cropping1D"])
def test_a_mask_ends(name):
    (case,) = [case for case in cases("carry") if case["id"] == f"carry-{name}"]
    with pytest.warns(UserWarning, match=f"{name} '.*': the mask of its input ends here"):
        check(case, arrays_of(case), nn.deserialize(case["layer"]))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("interpolation", MATRICES)
def test_interpolation_is_that_of_keras(interpolation):
    half = np.array(MATRICES[interpolation])
    matrix = np.concatenate([half, half[::-1, ::-1]])
    x = RNG.normal(size=(2, 4, 3, 2))
    rows = nn.UpSampling2D((2, 1), interpolation=interpolation.upper())
    np.testing.assert_allclose(rows(x), np.einsum("kh,nhwc->nkwc", matrix, x), rtol=0, atol=1e-9)
    columns = nn.UpSampling2D((1, 2), "channels_first", interpolation)
    y = x.swapaxes(1, 3)
    np.testing.assert_allclose(columns(y), np.einsum("kw,nchw->nchk", matrix, y), rtol=0, atol=1e-9)
    check_gradients(rows, x)


ALL = [
    (nn.UpSampling1D(3), (4, 2), (12, 2)),
    (nn.UpSampling2D((1, 3)), (4, 5, 2), (4, 15, 2)),
    (nn.UpSampling2D(2, "channels_first", "bilinear"), (2, 4, 5), (2, 8, 10)),
    (nn.UpSampling3D((1, 2, 3), data_format="channels_first"), (2, 4, 4, 4), (2, 4, 8, 12)),
    (nn.ZeroPadding1D(2), (4, 2), (8, 2)),
    (nn.ZeroPadding1D((0, 3), "channels_first"), (2, 4), (2, 7)),
    (nn.Cropping1D((0, 3)), (4, 2), (1, 2)),
]


@pytest.mark.parametrize(("layer", "shape", "expected"), ALL)
def test_shapes_config_and_dtype(layer, shape, expected):
    x = RNG.normal(size=(2, *shape)).astype("float32")
    y = layer(x)
    assert y.dtype == np.float32
    assert y.shape[1:] == layer.output_shape(shape) == layer(nn.Input(shape)).shape == expected
    np.testing.assert_array_equal(nn.deserialize(nn.serialize(layer))(x), y)


@pytest.mark.parametrize(("layer", "shape", "expected"), ALL)
def test_whole_numbers_stay_unless_they_are_blended(layer, shape, expected):
    blends = getattr(layer, "interpolation", "nearest") != "nearest"
    x = RNG.integers(0, 9, (2, *shape))
    assert layer(x).dtype == (np.float32 if blends else np.int64)
    assert layer(nn.Input(shape, dtype="int64")).dtype == layer(x).dtype
    np.testing.assert_array_equal(layer(x), layer(x.astype("float32")))


def test_fit():
    layers = [nn.Cropping1D(1), nn.UpSampling1D(), nn.ZeroPadding1D(), nn.Flatten(), nn.Dense(1)]
    model = nn.Sequential([nn.Dense(3, "tanh", input_shape=(6, 2)), *layers])
    model.compile("adam", "mse")
    x = RNG.normal(size=(16, 6, 2))
    losses = model.fit(x, x.sum(axis=(1, 2)), epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.UpSampling1D(0, name="u"), ValueError, "UpSampling1D 'u': size must be a whole number"),
        (lambda: nn.UpSampling1D((2,)), ValueError, "size must be a whole number of at least 1, got (2,)."),
        (lambda: nn.UpSampling2D((2,)), ValueError, "size must be a whole number or 2 of them, got (2,)."),
        (lambda: nn.UpSampling3D(2, "first"), ValueError, "data_format must be 'channels_last' or"),
        (
            lambda: nn.UpSampling2D(interpolation="cubic"),
            ValueError,
            "interpolation must be 'nearest', 'bilinear', 'bicubic', 'lanczos3' or 'lanczos5', got 'cubic'.",
        ),
        (lambda: nn.ZeroPadding1D(-1), ValueError, "padding must be a whole number of at least 0, got -1."),
        (lambda: nn.ZeroPadding1D((1, 2, 3)), ValueError, "padding must be a whole number or 2 of them"),
        (lambda: nn.Cropping1D(1.5), ValueError, "cropping must be a whole number of at least 0, got 1.5."),
        (
            lambda: nn.Cropping1D((2, 1), name="c")(np.ones((1, 3, 2))),
            GraphError,
            "Cropping1D 'c': expected a length above 3, which cropping (2, 1) leaves out, got a sample of",
        ),
        (
            lambda: nn.UpSampling2D()(np.ones((1, 3, 2))),
            GraphError,
            "input 0: expected (batch, height, width, channels), got (1, 3, 2).",
        ),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)
