"""GlobalMaxPooling and GlobalAveragePooling over one, two and three axes, and the mask of the 1D average."""

import numpy as np
import pytest
from nn.keras_cases import arrays_of, cases, check

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError

GROUPS = [f"{kind}{rank}" for kind in ("globalmax", "globalaverage") for rank in (1, 2, 3)]
LAYERS = [
    *(nn.GlobalMaxPooling1D, nn.GlobalMaxPooling2D, nn.GlobalMaxPooling3D),
    *(nn.GlobalAveragePooling1D, nn.GlobalAveragePooling2D, nn.GlobalAveragePooling3D),
]
RNG = np.random.default_rng(0)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", cases(*GROUPS, "globalmask"), ids=lambda case: case["id"])
def test_equals_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))


@pytest.mark.usefixtures("float64")
def test_the_maximum_has_no_use_for_a_mask():
    (case,) = [case for case in cases("carry") if case["id"] == "carry-GlobalMaxPooling1D"]
    with pytest.warns(UserWarning, match="GlobalMaxPooling1D '.*': the mask of its input ends here"):
        check(case, arrays_of(case), nn.deserialize(case["layer"]))


def test_a_mask_comes_from_the_layer_before_and_nothing_is_averaged_where_no_step_counts():
    model = nn.Sequential([nn.Masking(input_shape=(3, 2)), nn.GlobalAveragePooling1D()])
    x = np.array([[[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]], [[0.0, 0.0]] * 3])
    assert model.predict(x).tolist() == [[2.0, 3.0], [0.0, 0.0]]


def test_a_mask_with_channels_first(float64):
    x, mask = RNG.normal(size=(2, 5, 3)), np.array([[True, True, False, True, False]] * 2)
    expected = x[:, mask[0]].mean(axis=1)
    first = nn.GlobalAveragePooling1D("channels_first", keepdims=True)
    np.testing.assert_allclose(first(x.transpose(0, 2, 1), mask=mask), expected[:, :, None], rtol=1e-12)


@pytest.mark.parametrize("cls", LAYERS)
@pytest.mark.parametrize("keepdims", [False, True])
def test_shapes_config_and_dtype(cls, keepdims):
    sizes, ones = (4, 5, 6)[: cls.rank], (1, 1, 1)[: cls.rank]
    forms = [((*sizes, 3), None, (*ones, 3)), ((3, *sizes), "channels_first", (3, *ones))]
    for shape, data_format, kept in forms:
        layer = cls(data_format, keepdims=keepdims)
        x = RNG.normal(size=(2, *shape)).astype("float32")
        y = layer(x)
        assert y.dtype == np.float32
        expected = kept if keepdims else (3,)
        assert y.shape[1:] == layer.output_shape(shape) == layer(nn.Input(shape)).shape == expected
        np.testing.assert_array_equal(nn.deserialize(nn.serialize(layer))(x), y)


@pytest.mark.usefixtures("float64")
def test_elements_that_tie_share_the_gradient():
    # So they do in Keras, on its three backends; in MaxPooling the first has it all.
    x = tg.input("x", (1, 2, 2, 1))
    (slope,) = tg.gradients(tg.sum(nn.GlobalMaxPooling2D()(x)), [x])
    assert tg.compile(slope)(x=np.array([1.0, 0.0, 1.0, 1.0]).reshape(1, 2, 2, 1)).ravel().tolist() == [
        *(1 / 3, 0.0, 1 / 3, 1 / 3)
    ]


def test_other_names():
    assert nn.GlobalAvgPool1D is nn.GlobalAveragePooling1D
    assert nn.GlobalMaxPool2D is nn.GlobalMaxPooling2D
    assert isinstance(nn.deserialize({"class_name": "GlobalAvgPool3D"}), nn.GlobalAveragePooling3D)


@pytest.mark.parametrize("cls", [nn.GlobalMaxPooling1D, nn.GlobalAveragePooling1D])
def test_fit(cls):
    model = nn.Sequential([nn.Dense(4, "tanh", input_shape=(6, 2)), cls(), nn.Dense(1)])
    model.compile("adam", "mse")
    x = RNG.normal(size=(16, 6, 2))
    losses = model.fit(x, x.sum(axis=(1, 2)), epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: nn.GlobalMaxPooling1D(keepdims="no", name="g"),
            ValueError,
            "GlobalMaxPooling1D 'g': keepdims must be True or False, got 'no'.",
        ),
        (lambda: nn.GlobalAveragePooling2D("first"), ValueError, "data_format must be 'channels_last' or"),
        (
            lambda: nn.GlobalAveragePooling1D()(np.ones((2, 3))),
            GraphError,
            "input 0: expected (batch, length, channels), got (2, 3).",
        ),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)
