"""Lambda: functions of one or several inputs, what they may take and return, masks, serialization."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn.masks import carry, mask_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 4)).astype("float32")


def scaled(x, by=2.0):
    """Has a name, which a configuration can say."""
    return x * by


def positive(x, mask):
    """A mask made of values."""
    return tg.greater(x[:, :, 0], 0.0)


def as_it_came(x, mask):
    """A mask that goes on."""
    return mask


def doubled_channels(shape):
    """The whole shape of the result of a concatenation."""
    return (*shape[:-1], 2 * shape[-1])


def test_a_function_of_a_node():
    layer = nn.Lambda(lambda x: tg.sum(x * x, axis=1))
    np.testing.assert_allclose(layer(X), (X * X).sum(axis=1), rtol=1e-6)
    assert layer.output_shape((3, 4)) == layer(nn.Input((3, 4))).shape == (4,)
    assert layer.weights == []
    np.testing.assert_array_equal(nn.Lambda(tg.tanh)(X), nn.Activation("tanh")(X))


def test_a_result_without_axes():
    layer = nn.Lambda(lambda x: tg.sum(x, axis=(1, 2)), output_shape=())
    np.testing.assert_allclose(layer(X), X.sum(axis=(1, 2)), rtol=1e-5)


def test_arguments():
    np.testing.assert_array_equal(nn.Lambda(scaled, arguments={"by": 3.0})(X), X * 3)
    np.testing.assert_array_equal(
        nn.Lambda(lambda x, **given: x * given["by"], arguments={"by": 3.0})(X), X * 3
    )


def test_several_inputs_and_results():
    def both(inputs):
        x, y = inputs
        return x + y, tg.sum(x - y, axis=2)

    total, difference = nn.Lambda(both)([X, 2 * X])
    np.testing.assert_allclose(total, 3 * X, rtol=1e-6)
    np.testing.assert_allclose(difference, -X.sum(axis=2), rtol=1e-5)
    inputs = [nn.Input((3, 4)), nn.Input((3, 4))]
    symbols = nn.Lambda(both, output_shape=[(3, 4), (None,)])(inputs)
    assert [symbol.shape for symbol in symbols] == [(3, 4), (3,)]
    found = nn.Model(inputs, symbols).predict([X, 2 * X])
    np.testing.assert_allclose(found[1], difference, rtol=1e-6)


def test_training_reaches_a_function_that_asks_for_it():
    layer = nn.Lambda(lambda x, training: x * 0.0 if training else x)
    np.testing.assert_array_equal(layer(X), X)
    assert not layer(X, training=True).any()


def test_whole_numbers_stay_and_the_result_has_the_dtype_that_it_has():
    ids = nn.Input((3,), dtype="int64")
    hot = nn.Lambda(lambda ids: tg.one_hot(ids, 5))(ids)
    assert (hot.shape, hot.dtype) == ((3, 5), np.float32)
    shifted = nn.Lambda(lambda ids: [ids + 1, ids * 0.5])(ids)
    assert [symbol.dtype for symbol in shifted] == [np.int64, np.float32]
    found = nn.Model(ids, [hot, *shifted]).predict(np.array([[0, 4, 2]]))
    np.testing.assert_array_equal(found[0], np.eye(5)[[[0, 4, 2]]])
    assert found[1].tolist() == [[1, 5, 3]]
    assert found[2].tolist() == [[0, 2, 1]]


def masked(layer, mask):
    """The values and the mask of the result for X with ``mask``."""
    x = tg.input("x", X.shape)
    y = layer(carry(x, tg.constant(mask)))
    assert mask_of(y) is not None
    return tg.compile([y, mask_of(y)])(x=X)


MASK = np.array([[True, True, False], [True, False, False]])


def test_masks():
    for layer, expected in [
        (nn.Lambda(scaled, mask=as_it_came), MASK),
        (nn.Lambda(scaled, mask=positive), X[:, :, 0] > 0),
        (nn.Lambda(scaled, mask=~MASK), ~MASK),
        (nn.Lambda(scaled, mask=[[True, False, True]]), [[True, False, True]] * 2),
    ]:
        np.testing.assert_array_equal(masked(layer, MASK)[1], expected)


def test_a_function_may_take_the_mask():
    layer = nn.Lambda(lambda x, mask: tg.where(tg.expand_dims(mask, 2), x, 0.0))
    x = carry(tg.input("x", X.shape), tg.constant(MASK))
    y = layer(x)
    assert mask_of(y) is None
    np.testing.assert_array_equal(tg.compile(y)(x=X), X * MASK[..., None])
    np.testing.assert_array_equal(layer(X, mask=MASK), X * MASK[..., None])


def test_several_inputs_have_a_list_of_masks():
    def first_unmasked(inputs, mask):
        assert mask[1] is None
        return tg.where(tg.expand_dims(mask[0], 2), *inputs)

    x, y = tg.input("x", X.shape), tg.input("y", X.shape)
    result = nn.Lambda(first_unmasked)([carry(x, tg.constant(MASK)), y])
    np.testing.assert_array_equal(tg.compile(result)(x=X, y=-X), np.where(MASK[..., None], X, -X))


def test_an_input_that_comes_back_keeps_its_own_mask():
    x = carry(tg.input("x", X.shape), tg.constant(MASK))
    y = nn.Lambda(lambda x: x, mask=~MASK)(x)
    given, made = tg.compile([mask_of(x), mask_of(y)])()
    np.testing.assert_array_equal(given, ~made)
    with pytest.warns(UserWarning, match="Lambda 'ends': the mask of its input ends here"):
        assert mask_of(nn.Lambda(lambda x: x, name="ends")(x)) is None


def test_the_mask_goes_on_in_a_model():
    model = nn.Sequential([nn.Masking(input_shape=(3, 4)), nn.Lambda(scaled, mask=as_it_came), nn.LSTM(2)])
    plain = nn.Sequential([nn.Masking(input_shape=(3, 4)), nn.LSTM(2)])
    plain.set_weights(model.get_weights())
    x = X.copy()
    x[0, 1:] = 0.0
    np.testing.assert_allclose(model.predict(x), plain.predict(2 * x), rtol=1e-6)


def test_serialization_by_name():
    layer = nn.Lambda(scaled, (3, None), as_it_came, {"by": 3.0}, name="times")
    config = nn.serialize(layer)
    assert config["config"]["function"] == "scaled"
    again = nn.deserialize(config, {"scaled": scaled, "as_it_came": as_it_came})
    np.testing.assert_array_equal(again(X), X * 3)
    assert again.get_config() == layer.get_config()
    twice = nn.Lambda(lambda x: tg.concat([x, x], axis=-1), output_shape=doubled_channels)
    assert twice(X).shape == (2, 3, 8)
    twice.function = scaled
    found = nn.deserialize(nn.serialize(twice), {"scaled": scaled, "doubled_channels": doubled_channels})
    assert found.promised is doubled_channels
    array = nn.deserialize(nn.serialize(nn.Lambda(scaled, mask=MASK)), {"scaled": scaled})
    np.testing.assert_array_equal(masked(array, MASK)[1], MASK)


def test_a_model_with_a_lambda_comes_back():
    x = nn.Input((3, 4))
    model = nn.Model(x, nn.Dense(1)(nn.Lambda(scaled)(x)))
    again = nn.deserialize(nn.serialize(model), {"scaled": scaled})
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_fit():
    model = nn.Sequential(
        [nn.Dense(3, input_shape=(3, 4)), nn.Lambda(lambda x: tg.max(x, axis=1)), nn.Dense(1)]
    )
    model.compile("adam", "mse")
    losses = model.fit(X, X[:, 0, 0], epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: nn.Lambda(3, name="f"),
            ValueError,
            "Lambda 'f': function must be a function of nodes, got 3.",
        ),
        (lambda: nn.Lambda(nn.Dense(1)), ValueError, "function must be a function of nodes, got <Dense"),
        (
            lambda: nn.Lambda("scaled"),
            ValueError,
            "Lambda 'lambda': unknown function 'scaled'. Give it by this name as custom_objects.",
        ),
        (lambda: nn.Lambda(scaled, 4), ValueError, "output_shape must be a shape, a list of shapes or a"),
        (
            lambda: nn.Lambda(scaled, arguments={"bi": 1}),
            TypeError,
            "Lambda 'lambda': unknown argument 'bi'; did you mean 'by'?",
        ),
        (lambda: nn.serialize(nn.Lambda(lambda x: x)), ValueError, "a lambda has no name to find it by"),
        (
            lambda: nn.Lambda(scaled, (4, 3))(X),
            GraphError,
            "Lambda 'lambda': expected samples of (4, 3), as output_shape says, got (3, 4).",
        ),
        (
            lambda: nn.Lambda(scaled, doubled_channels)(nn.Input((3, 4))),
            GraphError,
            "expected samples of (3, 8), as output_shape says, got (3, 4).",
        ),
        (
            lambda: nn.Lambda(scaled, [(3, 4), (3, 4)])(X),
            GraphError,
            "expected samples of (3, 4), (3, 4), as output_shape says, got (3, 4).",
        ),
        (
            lambda: nn.Lambda(lambda x: 3.0)(X),
            GraphError,
            "returns nodes, which operations such as tinygraph.tanh make, got float.",
        ),
        (
            lambda: nn.Lambda(lambda x: tg.sum(x))(X),
            GraphError,
            "expected a result with the batch, 2, as first axis, got ().",
        ),
        (
            lambda: nn.Lambda(scaled, mask=lambda x, mask: x[:, :, 0])(X),
            GraphError,
            "expected a mask of True and False, such as x > 0, got float32.",
        ),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


def test_a_mask_may_be_an_input_of_the_model():
    x, mask = nn.Input(X.shape[1:]), nn.Input(MASK.shape[1:], dtype="bool")
    y = nn.Lambda(lambda x, mask: tg.where(tg.expand_dims(mask, 2), x, 0.0))(x, mask=mask)
    np.testing.assert_array_equal(nn.Model([x, mask], y).predict([X, MASK]), X * MASK[..., None])
