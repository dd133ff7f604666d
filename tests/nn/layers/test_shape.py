"""Flatten, Reshape, Permute and RepeatVector."""

import numpy as np
import pytest
from nn.keras_cases import arrays_of, cases, check

from tinygraph import nn
from tinygraph.graph import GraphError

RNG = np.random.default_rng(0)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", cases("repeat", "permute", "permute4"), ids=lambda case: case["id"])
def test_equals_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", ["Permute", "Flatten", "Reshape"])
def test_a_mask_ends(name):
    (case,) = [case for case in cases("carry") if case["id"] == f"carry-{name}"]
    with pytest.warns(UserWarning, match=f"{name} '.*': the mask of its input ends here"):
        check(case, arrays_of(case), nn.deserialize(case["layer"]))


@pytest.mark.parametrize("shape", [(), (3,), (4, 3), (2, 5, 3)])
def test_flatten_puts_the_channels_last(shape):
    x = RNG.normal(size=(2, *shape)).astype("float32")
    y = nn.Flatten("channels_first")(x)
    np.testing.assert_array_equal(y, (np.moveaxis(x, 1, -1) if shape else x).reshape(2, -1))
    assert nn.Flatten().get_config()["data_format"] == "channels_last"


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nn.Flatten(data_format="channels_first"), (2, 3), (6,)),
        (nn.Permute((3, 1, 2)), (2, 4, 5), (5, 2, 4)),
        (nn.Permute(1), (4,), (4,)),
        (nn.RepeatVector(4), (3,), (4, 3)),
    ],
)
def test_shapes_config_and_dtypes(layer, shape, expected):
    x = RNG.integers(0, 9, (2, *shape))
    y = layer(x)
    assert y.dtype == np.int64
    assert layer(x.astype("float32")).dtype == np.float32
    assert y.shape[1:] == layer.output_shape(shape) == layer(nn.Input(shape)).shape == expected
    assert nn.Layer.output_shape(layer, shape) == expected
    np.testing.assert_array_equal(nn.deserialize(nn.serialize(layer))(x), y)


def test_fit():
    layers = [nn.RepeatVector(5), nn.Permute((2, 1)), nn.Flatten("channels_first"), nn.Dense(1)]
    model = nn.Sequential([nn.Dense(3, "tanh", input_shape=(2,)), *layers])
    model.compile("adam", "mse")
    x = RNG.normal(size=(16, 2))
    losses = model.fit(x, x.sum(axis=1), epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.Flatten("first", name="f"), ValueError, "Flatten 'f': data_format must be"),
        (lambda: nn.Permute((0, 1), name="p"), ValueError, "Permute 'p': a number in dims must be a whole"),
        (lambda: nn.Permute((1, 3)), ValueError, "dims must be an order of the axes 1, 2, .., got (1, 3)."),
        (lambda: nn.Permute((1, 1)), ValueError, "dims must be an order of the axes 1, 2, .., got (1, 1)."),
        (
            lambda: nn.Permute((2, 1))(np.ones((1, 2))),
            GraphError,
            "input 0: expected (batch, axis 1, axis 2), got (1, 2).",
        ),
        (lambda: nn.RepeatVector(0), ValueError, "n must be a whole number of at least 1, got 0."),
        (
            lambda: nn.RepeatVector(2, name="r")(np.ones((1, 2, 3))),
            GraphError,
            "RepeatVector 'r', input 0: expected (batch, features), got (1, 2, 3).",
        ),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)
