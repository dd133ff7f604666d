"""Attention and AdditiveAttention: the numbers of Keras, masks, dropout, messages, training."""

import numpy as np
import pytest
from nn.keras_cases import arrays_of, cases, check
from ops.gradcheck import check_gradients

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn import AdditiveAttention, Attention, Dense, Embedding, Input, Model
from tinygraph.nn.masks import carry, mask_of
from tinygraph.nn.tracing import Trace

RNG = np.random.default_rng(4)
QUERY, VALUE, KEY = (RNG.normal(size=shape) for shape in ((2, 3, 4), (2, 5, 6), (2, 5, 4)))
QUERY_MASK = np.array([[1, 1, 0], [1, 1, 1]], dtype=bool)
VALUE_MASK = np.array([[1, 1, 0, 1, 0], [1, 0, 1, 1, 1]], dtype=bool)
KINDS = [Attention(), Attention(use_scale=True, score_mode="concat"), AdditiveAttention()]
CONFIGS = [(type(layer), layer.get_config() | {"dtype": None}) for layer in KINDS]
each_kind = pytest.mark.parametrize(("kind", "config"), CONFIGS, ids=["dot", "concat", "additive"])


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", cases("attend"), ids=lambda case: case["id"])
def test_equals_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))


def test_enough_cases():
    assert len(cases("attend")) == 42


@each_kind
def test_shapes_and_weights(kind, config):
    layer = kind(**config)
    y, weights = layer([QUERY, VALUE, KEY], return_attention_scores=True)
    assert (y.shape, weights.shape) == ((2, 3, 6), (2, 3, 5))
    assert y.dtype == weights.dtype == np.float32
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(y, weights @ VALUE, rtol=1e-4, atol=1e-5)
    shapes = [x.shape[1:] for x in (QUERY, VALUE, KEY)]
    assert layer.output_shape(shapes) == (3, 6)
    symbols = layer([Input(shape) for shape in shapes], return_attention_scores=True)
    assert [symbol.shape for symbol in symbols] == [(3, 6), (3, 5)]


@each_kind
@pytest.mark.usefixtures("float64")
def test_more_axes_are_so_many_attentions(kind, config):
    layer = kind(**config | {"dtype": "float64"})
    x = [RNG.normal(size=(2, 7, *each.shape[1:])) for each in (QUERY, VALUE, KEY)]
    mask = [RNG.random((2, 7, 3)) < 0.7, RNG.random((2, 7, 5)) < 0.7]
    flat = [each.reshape(14, *each.shape[2:]) for each in x]
    found = layer(x, mask=mask, use_causal_mask=True)
    expected = layer(flat, mask=[each.reshape(14, -1) for each in mask], use_causal_mask=True)
    np.testing.assert_allclose(found, expected.reshape(found.shape), rtol=1e-12)


@each_kind
def test_the_masks_that_inputs_carry_are_those_passed(kind, config):
    layer = kind(**config)
    query, value, key = (tg.constant(x) for x in (QUERY, VALUE, KEY))
    given = layer([query, value, key], mask=[tg.constant(QUERY_MASK), tg.constant(VALUE_MASK)])
    carry(query, tg.constant(QUERY_MASK))
    carry(value, tg.constant(VALUE_MASK))
    carry(key, tg.constant(~VALUE_MASK))  # as in Keras nobody looks at it
    carried = layer([query, value, key])
    assert mask_of(carried) is mask_of(query)
    one, other = tg.compile([given, carried])()
    np.testing.assert_array_equal(one, other)
    assert not one[~QUERY_MASK].any()
    assert one[QUERY_MASK].all()


def test_the_mask_goes_on_with_the_means_alone():
    masks = [tg.constant(QUERY_MASK), None]
    y, weights = Attention()([tg.constant(QUERY), tg.constant(KEY)], masks, return_attention_scores=True)
    assert mask_of(y) is masks[0]
    assert mask_of(weights) is None
    assert (
        mask_of(Attention()([tg.constant(QUERY), tg.constant(KEY)], [None, tg.constant(VALUE_MASK)])) is None
    )


def test_masks_of_other_forms():
    expected = Attention()([QUERY, KEY], mask=[QUERY_MASK, VALUE_MASK])
    numbers = [QUERY_MASK.astype(int), VALUE_MASK.astype("float32"), VALUE_MASK]
    np.testing.assert_array_equal(Attention()([QUERY, KEY], mask=numbers), expected)
    np.testing.assert_array_equal(Attention()([QUERY, KEY], numbers), expected)


def test_masks_flow_through_a_model():
    text, asked = Input((5,), dtype="int64", name="text"), Input((3,), dtype="int64", name="asked")
    embed = Embedding(9, 4, mask_zero=True)
    model = Model([text, asked], Attention()([embed(asked), embed(text)]))
    x, q = np.array([[1, 2, 0, 0, 0]]), np.array([[3, 4, 0]])
    vectors = embed.get_weights()[0]
    expected = Attention()([vectors[q], vectors[x]], mask=[q != 0, x != 0])
    np.testing.assert_allclose(model.predict([x, q]), expected, rtol=1e-6)
    assert not expected[:, 2].any()


def test_masks_and_flags_as_arguments_of_symbols():
    query, value, mask = Input((3, 4)), Input((5, 4)), Input((5,), dtype="bool")
    arguments = {"mask": [None, mask], "return_attention_scores": True, "use_causal_mask": True}
    model = Model([query, value, mask], Attention(name="a")([query, value], **arguments))
    data = [QUERY, KEY, VALUE_MASK]
    expected = Attention()([QUERY, KEY], mask=[None, VALUE_MASK], **dict(list(arguments.items())[1:]))
    for each in (model, Model.from_config(model.get_config())):
        for found, wanted in zip(each.predict(data), expected, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_a_query_that_may_see_nothing_stays_finite_in_float32():
    nothing = np.zeros((2, 5), dtype=bool)
    y, weights = Attention()([QUERY, KEY], mask=[None, nothing], return_attention_scores=True)
    np.testing.assert_allclose(weights, 0.2)  # of scores near -1e9 a float32 keeps no digit behind the point
    np.testing.assert_allclose(y, np.broadcast_to(KEY.mean(axis=1, keepdims=True), y.shape), rtol=1e-5)


def in_training(**config):
    """Values and weights of three steps of training."""
    with Trace(training=True):
        inputs = [tg.constant(QUERY), tg.constant(KEY)]
        results = Attention(**config)(inputs, training=True, return_attention_scores=True)
    run = tg.compile(results)
    return [run() for _ in range(3)]


def test_dropout_is_of_the_weights_in_training():
    (y, weights), (_, later), _ = in_training(dropout=0.5, seed=1)
    whole = Attention()([QUERY, KEY], return_attention_scores=True)[1]
    kept = weights != 0
    assert 0 < kept.sum() < kept.size
    np.testing.assert_allclose(weights[kept], 2 * whole[kept], rtol=1e-5)
    np.testing.assert_allclose(y, weights @ KEY, rtol=1e-4, atol=1e-5)
    assert (later != weights).any()
    np.testing.assert_array_equal(
        in_training(dropout=0.5, seed=1)[2][1], in_training(dropout=0.5, seed=1)[2][1]
    )
    assert (in_training(dropout=0.5, seed=2)[0][1] != weights).any()
    np.testing.assert_allclose(Attention(dropout=0.5)([QUERY, KEY]), Attention()([QUERY, KEY]))
    assert not in_training(dropout=1.0)[0][1].any()


@pytest.mark.usefixtures("float64")
@each_kind
def test_gradients_of_two_orders(kind, config):
    layer = kind(**config | {"dtype": "float64"})
    mask = [tg.constant(QUERY_MASK), tg.constant(VALUE_MASK)]

    def build(*inputs):
        return layer(list(inputs), mask=mask, use_causal_mask=True)

    check_gradients(build, QUERY[..., :2], VALUE[..., :1], KEY[..., :2])


@each_kind
def test_it_trains_in_a_model(kind, config):
    query, value = Input((3, 4), name="query"), Input((5, 4), name="value")
    attention = kind(**config | {"name": "attention"})
    found = attention([Dense(8)(query), Dense(8)(value)])
    model = Model([query, value], Dense(1)(found))
    model.compile("adam", "mse")
    data = [RNG.normal(size=(64, 3, 4)), RNG.normal(size=(64, 5, 4))]
    target = data[1].max(axis=1)[:, :3, None]
    before = attention.get_weights()
    losses = model.fit(data, target, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]
    for old, new in zip(before, attention.get_weights(), strict=True):
        assert (old != new).any()


def test_every_argument_counts():
    plain = Attention()([QUERY, KEY])
    scaled = Attention(use_scale=True)
    np.testing.assert_allclose(scaled([QUERY, KEY]), plain)
    scaled.set_weights([0.5])
    assert (scaled([QUERY, KEY]) != plain).any()
    assert (Attention(score_mode="concat")([QUERY, KEY]) != plain).any()
    both = Attention(use_scale=True, score_mode="concat")
    both([QUERY, KEY])
    assert [weight.name for weight in both.weights] == ["scale", "concat_score_weight"]
    additive = AdditiveAttention()
    unscaled = AdditiveAttention(use_scale=False)([QUERY, KEY])
    assert (additive([QUERY, KEY]) != unscaled).any()
    additive.set_weights([np.ones(4)])
    np.testing.assert_allclose(additive([QUERY, KEY]), unscaled, rtol=1e-5)


def test_config_round_trip():
    layer = Attention(True, "concat", 0.25, 7, name="a")
    kept = {"use_scale": True, "score_mode": "concat", "dropout": 0.25, "seed": 7, "name": "a"}
    assert layer.get_config().items() >= kept.items()
    assert Attention.from_config(layer.get_config()).get_config() == layer.get_config()
    layer = AdditiveAttention(False, 0.25, seed=7)
    assert "score_mode" not in layer.get_config()
    assert AdditiveAttention.from_config(layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Attention(score_mode="add"), "score_mode must be 'dot' or 'concat', got 'add'"),
        (lambda: Attention(use_scale="yes"), "use_scale must be True or False, got 'yes'"),
        (
            lambda: Attention(dropout=1.5),
            "Attention 'attention': dropout must be a number in .0, 1., got 1.5",
        ),
        (
            lambda: Attention(seed=-1),
            "Attention 'attention': seed must be a whole number of at least 0, got -1",
        ),
    ],
)
def test_arguments_that_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
    with pytest.raises(TypeError, match="AdditiveAttention: unknown argument 'score_mode'"):
        AdditiveAttention(score_mode="concat")


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(3, 4)], "expected two inputs, query and value, or three, query, value and key; got 1."),
        ([(3, 4)] * 4, "query, value and key; got 4."),
        ([(3, 4), (5, 6)], "got (batch, 3, 4) and (batch, 5, 6)."),
        ([(3, 4), (5, 6), (4, 4)], "got (batch, 3, 4), (batch, 5, 6) and (batch, 4, 4)."),
        ([(7, 3, 4), (6, 5, 4)], "got (batch, 7, 3, 4) and (batch, 6, 5, 4)."),
        ([(4,), (4,)], "Attention 'attention', input 0: expected (batch, axis 1, axis 2), got (batch, 4)."),
    ],
)
def test_inputs_that_are_refused(shapes, message):
    with pytest.raises(GraphError) as caught:
        Attention()([Input(shape) for shape in shapes])
    assert "Attention 'attention'" in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (QUERY_MASK, r"expected mask=\[query_mask, value_mask\], arrays of truth values or None; got "),
        ([QUERY_MASK], r"expected mask=\[query_mask, value_mask\]"),
        ([None, [[1, 1, 1, 1, 1]] * 2], r"arrays of truth values or None; got \[None, \[\[1, 1"),
        ([None, QUERY_MASK], r"expected a value_mask of shape \(2, 5\), got \(2, 3\)"),
        ([VALUE_MASK, None], r"expected a query_mask of shape \(2, 3\), got \(2, 5\)"),
    ],
)
def test_masks_that_are_refused(mask, message):
    with pytest.raises(GraphError, match=message):
        Attention()([QUERY, KEY], mask=mask)


def test_other_inputs_that_are_refused():
    with pytest.raises(GraphError, match="expected a list of inputs, got one"):
        Attention()(QUERY)
    with pytest.raises(GraphError, match=r"expected inputs of one batch, got \(1, 3, 4\) and \(2, 5, 4\)."):
        Attention()([QUERY[:1], KEY])
    layer = AdditiveAttention()
    layer([QUERY, KEY])
    with pytest.raises(GraphError, match=r"expected a query of 4 features, .*; got \(2, 3, 6\)"):
        layer([np.ones((2, 3, 6)), VALUE])
