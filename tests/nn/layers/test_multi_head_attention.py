"""MultiHeadAttention: the numbers of Keras, axes, masks, every argument, messages, training."""

import copy

import numpy as np
import pytest
from nn.keras_cases import arrays_of, cases, check
from ops.gradcheck import check_gradients

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn import Dense, Embedding, Input, Layer, Model, MultiHeadAttention
from tinygraph.nn.masks import carry, mask_of
from tinygraph.nn.tracing import Trace

RNG = np.random.default_rng(5)
QUERY, VALUE, KEY = (RNG.normal(size=shape) for shape in ((2, 3, 5), (2, 4, 6), (2, 4, 7)))
QUERY_MASK = np.array([[1, 1, 0], [1, 1, 1]], dtype=bool)
VALUE_MASK = np.array([[1, 1, 0, 1], [1, 0, 1, 1]], dtype=bool)
KEY_MASK = np.array([[1, 0, 1, 1], [1, 1, 1, 0]], dtype=bool)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", cases("heads"), ids=lambda case: case["id"])
def test_equals_keras(case):
    check(case, arrays_of(case), nn.deserialize(case["layer"]))


def test_enough_cases():
    assert len(cases("heads")) == 27


def drawn(layer):
    """The weights by name, random ones that the layer gets."""
    layer.set_weights([RNG.normal(size=weight.shape) for weight in layer.weights])
    return {weight.label.split("/", 1)[1]: weight.value for weight in layer.weights}


def softmax(x, axes):
    e = np.exp(x - x.max(axis=axes, keepdims=True))
    return e / e.sum(axis=axes, keepdims=True)


def by_einsum(w, axes, query, value, key, mask=None):
    """The layer as Keras spells it, with a letter for each axis; the mask has the shape of the scores."""
    q, k, v = (
        np.einsum("...d,dnh->...nh", x, w[f"{name}/kernel"]) + w[f"{name}/bias"]
        for name, x in (("query", query), ("key", key), ("value", value))
    )
    target = "abcdefg"[: query.ndim - 1]
    source = "".join(letter.upper() if n in axes else letter for n, letter in enumerate(target))
    others = "".join(letter for n, letter in enumerate(target) if n not in axes)
    places = "".join(target[n] for n in axes) + "".join(source[n] for n in axes)
    scores = np.einsum(f"{target}nh,{source}nh->{others}n{places}", q, k) / np.sqrt(q.shape[-1])
    last = tuple(range(scores.ndim - len(axes), scores.ndim))
    weights = softmax(scores if mask is None else np.where(mask, scores, -1e9), last)
    means = np.einsum(f"{others}n{places},{source}nv->{target}nv", weights, v)
    if "gate/kernel" in w:
        gate = np.einsum("...d,dnh->...nh", query, w["gate/kernel"]) + w["gate/bias"]
        means = means / (1 + np.exp(-gate))
    y = np.einsum("...nv,nvo->...o", means, w["attention_output/kernel"]) + w["attention_output/bias"]
    return y, weights


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("ndim", "given"),
    [(3, None), (4, None), (4, 1), (4, (2,)), (4, -2), (5, (1, 2)), (5, [3, 1]), (5, (2,)), (5, (3, 1, 2))],
)
def test_any_axes_can_be_attended_over(ndim, given):
    several = given if isinstance(given, (tuple, list)) else (given,)
    axes = tuple(range(1, ndim - 1)) if given is None else tuple(axis % ndim for axis in several)
    sizes = (2, 3, 4, 5)[: ndim - 1]
    query = RNG.normal(size=(*sizes, 6))
    sizes = [size + (axis in axes) for axis, size in enumerate(sizes)]
    value, key = RNG.normal(size=(*sizes, 3)), RNG.normal(size=(*sizes, 2))
    layer = MultiHeadAttention(2, 4, value_dim=3, attention_axes=given)
    layer(query, value, key)
    expected = by_einsum(drawn(layer), axes, query, value, key)
    found = layer(query, value, key, return_attention_scores=True)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(layer(query, value, key), expected[0], rtol=1e-10, atol=1e-12)
    shapes = [x.shape[1:] for x in (query, value, key)]
    declared = layer.output_shape(shapes, return_attention_scores=True)
    assert declared == [result.shape[1:] for result in found]
    assert layer.output_shape(shapes) == Layer.output_shape(layer, shapes) == declared[0]
    symbols = layer(*map(Input, shapes), return_attention_scores=True)
    assert [symbol.shape for symbol in symbols] == declared


@pytest.mark.usefixtures("float64")
def test_the_gate():
    layer = MultiHeadAttention(2, 4, value_dim=3, use_gate=True)
    layer(QUERY, VALUE)
    weights = drawn(layer)
    names = ["query", "key", "gate", "value", "attention_output"]
    assert list(weights) == [f"{name}/{part}" for name in names for part in ("kernel", "bias")]
    assert weights["gate/kernel"].shape == (5, 2, 3)
    np.testing.assert_allclose(
        layer(QUERY, VALUE), by_einsum(weights, (1,), QUERY, VALUE, VALUE)[0], rtol=1e-10
    )


AHEAD = np.arange(6) - np.arange(5)[:, None]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("window", "causal", "mask"),
    [(None, True, AHEAD <= 0), (2, False, abs(AHEAD) < 2), (3, True, (AHEAD <= 0) & (AHEAD > -3))],
)
def test_causal_masks_and_windows(window, causal, mask):
    query, value = RNG.normal(size=(2, 5, 3)), RNG.normal(size=(2, 6, 3))
    layer = MultiHeadAttention(2, 4, sliding_window=window)
    layer(query, value)
    y, weights = by_einsum(drawn(layer), (1,), query, value, value, mask)
    found = layer(query, value, use_causal_mask=causal, return_attention_scores=True)
    np.testing.assert_allclose(found[1], weights, rtol=1e-10)
    np.testing.assert_allclose(found[0], y, rtol=1e-10)
    np.testing.assert_allclose(layer(query, value, use_causal_mask=causal), y, rtol=1e-10)


@pytest.mark.usefixtures("float64")
def test_several_axes_are_causal_row_by_row():
    x, layer = RNG.normal(size=(2, 3, 4, 5)), MultiHeadAttention(2, 4)
    flat = x.reshape(2, 12, 5)
    y = layer(flat, flat, use_causal_mask=True)
    np.testing.assert_allclose(layer(x, x, use_causal_mask=True).reshape(y.shape), y, rtol=1e-10)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("axes", "shape", "full"),
    [
        (None, (4, 4), (1, 1, 4, 4)),
        (None, (2, 4, 4), (2, 1, 4, 4)),
        (None, (2, 1, 4), (2, 1, 1, 4)),
        (None, (2, 3, 4, 4), (2, 3, 4, 4)),
        ((2,), (2, 5, 4, 4), (2, 5, 1, 4, 4)),
        ((2,), (2, 4, 4), (2, 1, 1, 4, 4)),
        ((1, 2), (2, 5, 4, 5, 4), (2, 1, 5, 4, 5, 4)),
        ((1, 2), (5, 1, 5, 4), (1, 1, 5, 1, 5, 4)),
    ],
)
def test_attention_masks_of_all_shapes(axes, shape, full):
    x = RNG.normal(size=(2, 4, 3) if axes is None else (2, 5, 4, 3))
    mask = RNG.random(shape) < 0.7
    mask[..., 0] = True
    layer = MultiHeadAttention(3, 4, attention_axes=axes)
    layer(x, x)
    y, weights = by_einsum(drawn(layer), axes or (1,), x, x, x, mask.reshape(full))
    found = layer(x, x, attention_mask=mask.astype(int), return_attention_scores=True)
    np.testing.assert_allclose(found[1], weights, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found[0], y, rtol=1e-10)


def nodes_of(*arrays):
    return [tg.constant(array) for array in arrays]


def carrying(*masks):
    """The inputs as nodes that carry these masks."""
    inputs = nodes_of(QUERY, VALUE, KEY)
    for node, mask in zip(inputs, masks, strict=True):
        carry(node, None if mask is None else tg.constant(mask))
    return inputs


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("more", [{}, {"use_causal_mask": True}])
def test_the_masks_that_inputs_carry_are_those_passed(more):
    layer = MultiHeadAttention(2, 4)
    masks = {"value_mask": VALUE_MASK, "key_mask": KEY_MASK}
    passed = layer(QUERY, VALUE, KEY, **masks, **more)
    whole = VALUE_MASK[:, None] & KEY_MASK[:, None] & np.ones((3, 1), bool)
    np.testing.assert_allclose(layer(QUERY, VALUE, KEY, attention_mask=whole, **more), passed, rtol=1e-12)
    (carried,) = tg.compile([layer(*carrying(None, VALUE_MASK, KEY_MASK), **more)])()
    np.testing.assert_allclose(carried, passed, rtol=1e-12)
    over = {name: tg.constant(mask) for name, mask in masks.items()}
    (both,) = tg.compile([layer(*carrying(None, KEY_MASK, VALUE_MASK), **over, **more)])()
    np.testing.assert_allclose(both, passed, rtol=1e-12)


@pytest.mark.usefixtures("float64")
def test_a_carried_query_mask_goes_on_and_hides_all_from_its_queries():
    layer = MultiHeadAttention(2, 4)
    plain = layer(QUERY, VALUE, KEY)
    inputs = carrying(QUERY_MASK, None, None)
    result = layer(*inputs)
    assert mask_of(result) is mask_of(inputs[0])
    (found,) = tg.compile([result])()
    np.testing.assert_allclose(found[QUERY_MASK], plain[QUERY_MASK], rtol=1e-12)
    assert not np.isclose(found[~QUERY_MASK], plain[~QUERY_MASK]).any()


@pytest.mark.usefixtures("float64")
def test_a_query_mask_that_is_passed_goes_on_and_changes_no_number():
    layer, mask = MultiHeadAttention(2, 4), tg.constant(QUERY_MASK)
    result, weights = layer(*nodes_of(QUERY, VALUE), query_mask=mask, return_attention_scores=True)
    assert mask_of(result) is mask
    assert mask_of(weights) is None
    (found,) = tg.compile([result])()
    np.testing.assert_allclose(found, layer(QUERY, VALUE), rtol=1e-12)
    np.testing.assert_array_equal(layer(QUERY, VALUE, query_mask=QUERY_MASK), layer(QUERY, VALUE))


@pytest.mark.usefixtures("float64")
def test_a_query_that_may_see_nothing():
    mask = np.ones((2, 3, 4), bool)
    mask[0, 1] = False
    layer = MultiHeadAttention(2, 4)
    layer(QUERY, VALUE)
    w = drawn(layer)
    v = np.einsum("btd,dnh->btnh", VALUE, w["value/kernel"]) + w["value/bias"]
    mean = np.einsum("nh,nho->o", v[0].mean(axis=0), w["attention_output/kernel"])
    found = layer(QUERY, VALUE, attention_mask=mask)
    np.testing.assert_allclose(found[0, 1], mean + w["attention_output/bias"], rtol=1e-10)
    y, weights = layer(QUERY, VALUE, attention_mask=mask, return_attention_scores=True)
    np.testing.assert_allclose(y[0, 1], w["attention_output/bias"], rtol=1e-10)
    assert not weights[0, :, 1].any()
    np.testing.assert_allclose(np.delete(y[0], 1, axis=0), np.delete(found[0], 1, axis=0), rtol=1e-12)
    dropping = MultiHeadAttention.from_config(layer.get_config() | {"dropout": 0.5})
    dropping(QUERY, VALUE)
    dropping.set_weights(layer.get_weights())
    np.testing.assert_allclose(dropping(QUERY, VALUE, attention_mask=mask), y, rtol=1e-12)


def test_a_mask_of_time_alone_counts_for_all_that_is_at_a_time():
    x = RNG.normal(size=(2, 3, 4, 5))
    layer = MultiHeadAttention(2, 4)
    whole = np.broadcast_to(QUERY_MASK[..., None], (2, 3, 4))
    expected = layer(x, x, value_mask=whole)
    np.testing.assert_allclose(layer(x, x, value_mask=QUERY_MASK), expected, rtol=1e-5)
    assert (layer(x, x) != expected).any()


def in_training(**config):
    """Result and weights of three steps of training."""
    layer = MultiHeadAttention(2, 4, kernel_initializer=nn.initializers.GlorotUniform(seed=1), **config)
    with Trace(training=True):
        results = layer(*nodes_of(QUERY, VALUE), training=True, return_attention_scores=True)
    run = tg.compile(results)
    return [run() for _ in range(3)]


def test_dropout_in_training():
    plain = in_training()
    for (y, weights), later in zip(
        in_training(dropout=0.5, seed=1), in_training(dropout=0.5, seed=1), strict=True
    ):
        np.testing.assert_array_equal(y, later[0])
        np.testing.assert_allclose(weights, plain[0][1], rtol=1e-6)  # as they are before dropout
        assert (y != plain[0][0]).any()
    first, second, _ = in_training(dropout=0.5, seed=1)
    assert (first[0] != second[0]).any()
    assert (in_training(dropout=0.5, seed=2)[0][0] != first[0]).any()


@pytest.mark.usefixtures("float64")
def test_gradients_of_two_orders():
    layer = MultiHeadAttention(2, 2, use_gate=True)
    mask = tg.constant(VALUE_MASK)

    def build(*inputs):
        return layer(*inputs, value_mask=mask, use_causal_mask=True)

    check_gradients(build, QUERY[..., :2], VALUE[..., :2], KEY[..., :1])


def test_it_trains_in_a_model_on_padded_texts():
    text = Input((6,), dtype="int64", name="text")
    letters = (embed := Embedding(8, 8, mask_zero=True))(text)
    attention = MultiHeadAttention(2, 4, dropout=0.1)
    seen = attention(letters, letters)
    model = Model(text, Dense(1, activation="sigmoid")(nn.LSTM(4)(seen)))
    model.compile(nn.optimizers.Adam(0.01), "binary_crossentropy")
    x = RNG.integers(1, 8, size=(128, 6)) * (np.arange(6) < RNG.integers(2, 7, size=(128, 1)))
    y = (x == 3).any(axis=1)
    before = attention.get_weights()
    losses = model.fit(x, y, epochs=25, batch_size=32, verbose=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]
    changed = [(old != new).any() for old, new in zip(before, attention.get_weights(), strict=True)]
    assert all(changed)
    predicted = model.predict(x)
    (vectors,) = embed.get_weights()
    vectors[0] += 3.0  # of the padding, which nobody may see
    embed.set_weights([vectors])
    np.testing.assert_allclose(model.predict(x), predicted, rtol=1e-5)


def test_a_model_with_masks_as_inputs_and_its_copy():
    query, value, mask = Input((3, 5)), Input((4, 6)), Input((3, 4), dtype="bool")
    layer = MultiHeadAttention(2, 4, output_shape=3, name="mha")
    results = layer(query, value, attention_mask=mask, return_attention_scores=True)
    model = Model([query, value, mask], results)
    seen = RNG.random((2, 3, 4)) < 0.7
    expected = layer(QUERY, VALUE, attention_mask=seen, return_attention_scores=True)
    again = Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    for each in (model, again):
        for found, wanted in zip(each.predict([QUERY, VALUE, seen]), expected, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-6)
    twin = copy.deepcopy(layer)
    np.testing.assert_array_equal(twin(QUERY, VALUE), layer(QUERY, VALUE))


def test_ways_to_call_it():
    layer = MultiHeadAttention(2, 4)
    expected = layer(QUERY, VALUE, value_mask=VALUE_MASK)
    assert expected.dtype == np.float32
    np.testing.assert_array_equal(layer([QUERY, VALUE], value_mask=VALUE_MASK), expected)
    np.testing.assert_array_equal(layer(QUERY, value=VALUE, key=VALUE, value_mask=VALUE_MASK), expected)
    np.testing.assert_array_equal(layer(QUERY, VALUE, None, None, VALUE_MASK), expected)
    np.testing.assert_array_equal(layer(QUERY, VALUE, VALUE, None, None, VALUE_MASK), expected)
    np.testing.assert_array_equal(layer(QUERY.tolist(), VALUE.tolist(), value_mask=VALUE_MASK), expected)


@pytest.mark.parametrize(
    "config",
    [
        {"num_heads": 3},
        {"key_dim": 5},
        {"value_dim": 3},
        {"output_shape": 2},
        {"output_shape": (2, 3)},
        {"sliding_window": 2},
        {"kernel_initializer": "ones"},
        {"bias_initializer": "ones"},
        {"use_gate": True},
        {"seed": 3, "dropout": 0.5},
    ],
    ids=str,
)
def test_every_argument_counts(config):
    given = {"num_heads": 2, "key_dim": 4, "seed": 1}
    plain, other = MultiHeadAttention(**given), MultiHeadAttention(**given | config)
    results = [layer(*nodes_of(QUERY, VALUE), training=True) for layer in (plain, other)]
    for layer in (plain, other):
        layer.set_weights(
            [weight.value if weight.value.all() else weight.value + 0.1 for weight in layer.weights]
        )
    one, two = tg.compile(results)()
    assert one.shape != two.shape or not np.allclose(one, two)
    again = MultiHeadAttention.from_config(other.get_config())
    assert again.get_config() == other.get_config()
    assert (
        again.get_config().items()
        >= {name: nn.registry.plain(getattr(again, name)) for name in given}.items()
    )


def test_without_bias():
    layer = MultiHeadAttention(2, 4, use_bias=False, use_gate=True)
    layer(QUERY, VALUE)
    assert [weight.label.split("/", 1)[1] for weight in layer.weights] == [
        f"{name}/kernel" for name in ("query", "key", "gate", "value", "attention_output")
    ]


@pytest.mark.parametrize("flash", [None, False, True])
def test_flash_attention_changes_nothing(flash):
    layer, plain = MultiHeadAttention(2, 4, flash_attention=flash), MultiHeadAttention(2, 4)
    plain(QUERY, VALUE)
    layer(QUERY, VALUE)
    layer.set_weights(plain.get_weights())
    np.testing.assert_array_equal(layer(QUERY, VALUE), plain(QUERY, VALUE))
    assert layer.get_config()["flash_attention"] is flash


def test_kernels_of_one_shape_begin_with_other_numbers():
    layer = MultiHeadAttention(2, 4)
    layer(QUERY, QUERY)
    query, _, key, *_ = layer.get_weights()
    assert (query != key).any()
    assert abs(query).max() <= np.sqrt(
        6 / (5 * 2 + 5 * 4)
    )  # Glorot's, of 5 positions with 2 inputs, 4 outputs


def test_constraints_and_regularizers_are_of_the_weights():
    layer = MultiHeadAttention(
        2,
        4,
        kernel_constraint="non_neg",
        bias_constraint="unit_norm",
        kernel_regularizer="l2",
        bias_regularizer="l1",
    )
    query, value = Input((3, 5)), Input((4, 6))
    model = Model([query, value], layer(query, value))
    model.compile(nn.optimizers.SGD(0.0), "mse")
    w = drawn(layer)
    own = sum(0.01 * (abs(v).sum() if name.endswith("bias") else (v**2).sum()) for name, v in w.items())
    wrong = np.mean((model.predict([QUERY, VALUE]) - QUERY) ** 2)
    (loss,) = model.fit([QUERY, VALUE], QUERY, epochs=1, verbose=0).history["loss"]
    assert loss == pytest.approx(wrong + own, rel=1e-5)
    for weight in layer.weights:
        if weight.name == "kernel":
            np.testing.assert_array_equal(weight.value, np.maximum(w[weight.label.split("/", 1)[1]], 0))
        else:
            np.testing.assert_allclose(np.sqrt((weight.value**2).sum(axis=0)), 1.0, rtol=1e-5)
    kept = {"kernel_constraint", "bias_constraint", "kernel_regularizer", "bias_regularizer"}
    config = layer.get_config()
    assert all(config[name] for name in kept)
    assert MultiHeadAttention.from_config(config).get_config() == config


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("gate", [False, True])
def test_the_activity_regularizer_is_of_each_linear_map(gate):
    layer = MultiHeadAttention(2, 4, activity_regularizer="l2", use_gate=gate)
    with Trace() as trace:
        result = layer(*nodes_of(QUERY, VALUE))
    assert len(trace.losses) == 4 + gate
    w = drawn(layer)
    given = {"query": QUERY, "key": VALUE, "value": VALUE, "gate": QUERY}
    maps = {
        n: np.einsum("btd,dnh->btnh", given[n], w[f"{n}/kernel"]) + w[f"{n}/bias"]
        for n in given
        if n in layer.maps
    }
    maps |= {"gate": 1 / (1 + np.exp(-maps["gate"]))} if gate else {}
    found, loss = tg.compile([result, tg.add_n(trace.losses)])()
    total = sum((y**2).sum() for y in [*maps.values(), found])
    np.testing.assert_allclose(loss, 0.01 * total / len(QUERY), rtol=1e-10)
    config = layer.get_config()
    assert config["activity_regularizer"]["class_name"] == "L2"
    assert MultiHeadAttention.from_config(config).get_config() == config


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"num_heads": 0}, "num_heads must be a whole number of at least 1, got 0"),
        ({"key_dim": 2.0}, "key_dim must be a whole number of at least 1, got 2.0"),
        ({"value_dim": -1}, "value_dim must be a whole number of at least 1, got -1"),
        ({"dropout": 2}, "dropout must be a number in .0, 1., got 2"),
        ({"use_bias": 1}, "use_bias must be True or False, got 1"),
        ({"output_shape": 0}, "output_shape: expected sizes of at least 1 in the shape, got"),
        ({"attention_axes": "1"}, "attention_axes must be a whole number or several, got '1'"),
        ({"attention_axes": ()}, r"attention_axes must be a whole number or several, got \(\)"),
        ({"sliding_window": 0}, "sliding_window must be a whole number of at least 1, got 0"),
        ({"flash_attention": "yes"}, "flash_attention must be True or False, got 'yes'"),
        ({"use_gate": None}, "use_gate must be True or False, got None"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"kernel_initializer": "glorot"}, "unknown initializer 'glorot'"),
    ],
)
def test_arguments_that_are_refused(config, message):
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(**{"num_heads": 2, "key_dim": 4} | config)


@pytest.mark.parametrize(
    ("config", "shapes", "message"),
    [
        ({}, [(3, 5), (4, 6), (5, 6)], "got (batch, 3, 5), (batch, 4, 6), (batch, 5, 6)."),
        ({}, [(3, 5), (3, 4, 6)], "got (batch, 3, 5), (batch, 3, 4, 6)."),
        ({"attention_axes": 2}, [(3, 4, 5), (2, 4, 5)], "of equal axes beside (2,), over which it attends"),
        (
            {"attention_axes": 2},
            [(3, 5), (4, 5)],
            "between the batch and the features of 3 axes, each once; got (2,)",
        ),
        ({"attention_axes": (1, -2)}, [(3, 5), (4, 5)], "each once; got (1, -2)"),
        ({"attention_axes": 0}, [(3, 5), (4, 5)], "each once; got (0,)"),
        ({}, [(5,), (5,)], "input 0: expected (batch, axis 1, axis 2), got (batch, 5)"),
    ],
)
def test_inputs_that_are_refused(config, shapes, message):
    with pytest.raises(GraphError) as caught:
        MultiHeadAttention(2, 4, **config, name="m")(*map(Input, shapes))
    assert "MultiHeadAttention 'm'" in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ({"value_mask": QUERY_MASK}, r"expected a value_mask of shape \(2, 4\), got \(2, 3\)"),
        ({"key_mask": QUERY_MASK}, r"expected a key_mask of shape \(2, 4\), got \(2, 3\)"),
        (
            {"attention_mask": VALUE_MASK},
            r"attention_mask that broadcasts to \(2, 3, 4\), .* \(2, 2, 3, 4\); got \(2, 4\)",
        ),
        ({"attention_mask": np.ones(3, bool)}, r"got \(3,\)"),
        ({"attention_mask": np.ones((1, 2, 2, 3, 4), bool)}, r"got \(1, 2, 2, 3, 4\)"),
    ],
)
def test_masks_that_are_refused(masks, message):
    with pytest.raises(GraphError, match=message):
        MultiHeadAttention(2, 4)(QUERY, VALUE, **masks)


def test_other_calls_that_are_refused():
    layer = MultiHeadAttention(2, 4, name="m")
    with pytest.raises(GraphError, match=r"expected query and value, got one input; write layer\(x, x\)"):
        layer(QUERY)
    with pytest.raises(GraphError, match="'m': expected two inputs, query and value, or three"):
        layer([QUERY])
    with pytest.raises(GraphError, match=r"expected inputs of one batch, got \(2, 3, 5\) and \(1, 4, 6\)"):
        layer(QUERY, VALUE[:1])
    layer(QUERY, VALUE)
    with pytest.raises(GraphError, match=r"query, value and key of \[5, 6, 6\] features, .* \(2, 4, 7\)"):
        layer(QUERY, VALUE, KEY)
    with pytest.raises(TypeError, match="unknown argument 'mask'"):
        layer(QUERY, VALUE, mask=QUERY_MASK)
