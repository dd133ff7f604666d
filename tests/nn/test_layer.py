"""`Layer`: called on symbols, models, nodes, arrays and lists; its weights, dtype and programs."""

import gc
import weakref

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn import LSTM, Add, Dense, Dropout, Embedding, Flatten, Input, Layer, Model, Sequential
from tinygraph.nn.latest import KEPT
from tinygraph.nn.tracing import Trace


class Scale(Layer):
    """A layer of a user: one weight, and no output_shape of its own."""

    def build(self, shape):
        self.scale = self.add_weight("scale", shape[-1:], "ones")
        self.count = self.add_weight("count", (), "zeros", trainable=False)

    def call(self, x, training):
        return x * self.scale if not training else x * self.scale * 2.0


# What it is called on.


def test_on_a_symbol_it_extends_the_layer_graph():
    x = Input((5, 3), name="x")
    y = LSTM(4)(x)
    assert isinstance(y, nn.Symbol)
    assert (y.shape, y.dtype, y.call.inputs) == ((4,), np.float32, [x])
    assert y.call.layer.built


def test_on_a_sequential_it_is_added_to_it():
    model = Sequential()
    layer = Dense(2, input_shape=(3,))
    assert layer(model) is model
    assert model.layers == [layer]


def test_on_a_node_it_lowers_itself():
    layer = Dense(2)
    x = tg.input("x", (4, 3))
    y = layer(x)
    assert isinstance(y, tg.Node)
    (dw, db) = tg.gradients(tg.sum(y), layer.trainable_weights)
    found = tg.compile([y, dw, db])(x=np.ones((4, 3)))
    np.testing.assert_allclose(found[0], np.ones((4, 3)) @ layer.kernel.value, rtol=1e-6)
    assert found[1].tolist() == [[4.0, 4.0]] * 3
    assert found[2].tolist() == [4.0, 4.0]


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda rows: np.array(rows, "float16")])
def test_on_arrays_and_lists_it_runs(kind):
    layer = Dense(1, kernel_initializer="ones")
    y = layer(kind([[1.0, 2.0], [3.0, 4.0]]))
    assert isinstance(y, np.ndarray)
    assert y.dtype == np.float32
    assert y.tolist() == [[3.0], [7.0]]


def test_on_lists_of_each_where_it_takes_several():
    ones = np.ones((2, 3))
    assert Add()([ones, ones]).tolist() == [[2.0] * 3] * 2
    assert Add()([[[1.0]], [[2.0]]]).tolist() == [[3.0]]
    x = tg.input("x", (2, 3))
    mixed = Add()([x, ones])
    assert tg.compile(mixed)(x=ones).tolist() == [[2.0] * 3] * 2
    assert Add()([Input((3,)), Input((3,))]).shape == (3,)


def test_a_model_is_a_layer():
    inner = Sequential([Dense(2, input_shape=(3,))])
    x = Input((3,))
    outer = Model(x, Dense(1)(inner(x)))
    assert [w.shape for w in outer.weights] == [(3, 2), (2,), (2, 1), (1,)]
    assert inner(np.ones((4, 3))).shape == (4, 2)
    node = inner(tg.input("x", (5, 3)))
    assert node.shape == (5, 2)
    np.testing.assert_array_equal(inner(np.ones((4, 3))), inner.predict(np.ones((4, 3))))


def test_symbols_and_others_do_not_mix():
    with pytest.raises(GraphError, match=r"Add 'add': expected symbols, got ndarray among them\."):
        Add()([Input((3,)), np.ones((2, 3))])


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", ">i4", "int64", "bool", ">f8", "float16"])
def test_numbers_of_any_type_are_taken(dtype):
    x = (np.arange(6).reshape(2, 3) % 2).astype(dtype)
    expected = np.asarray(x, "float32")
    layer = LSTM(2)
    y = layer(x[..., None])
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, layer(expected[..., None]))
    summed = Add()([x, x])
    assert (summed.dtype, summed.tolist()) == (np.float32, (expected * 2).tolist())


def test_arrays_of_any_layout_are_taken():
    layer = Dense(2)
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    expected = layer(x)
    strided = np.zeros((8, 6), "float32")
    strided[::2, ::2] = x
    frozen = x.copy()
    frozen.flags.writeable = False
    for each in (np.asfortranarray(x), strided[::2, ::2], frozen, x.astype(">f4")):
        np.testing.assert_array_equal(layer(each), expected)


def test_whole_numbers_pass_through_layers_that_only_move_them():
    ids = np.array([[[1, 2]], [[3, 4]]])
    flat = Flatten()(ids)
    assert (flat.dtype, flat.tolist()) == (np.int64, [[1, 2], [3, 4]])
    x = Input((1, 2), dtype="int64")
    y = Flatten()(x)
    assert y.dtype == np.int64
    model = Model(x, Embedding(5, 3)(y))
    assert model.predict(ids).shape == (2, 2, 3)


# Weights.


def test_weights_are_parameter_nodes_in_order():
    layer = Scale(name="s")
    layer.ensure_built((3,))
    assert layer.weights == [layer.scale, layer.count]
    assert layer.trainable_weights == [layer.scale]
    assert layer.non_trainable_weights == [layer.count]
    assert [w.label for w in layer.weights] == ["s/scale", "s/count"]
    layer.trainable = False
    assert layer.trainable_weights == []
    assert layer.weights == [layer.scale, layer.count]
    assert layer.count_params() == 4


def test_weights_are_made_once_and_shared_by_identity():
    layer = Dense(2)
    first, second = layer(tg.input("a", (2, 3))), layer(tg.input("b", (5, 3)))
    parameters = [n for n in tg.toposort([first, second]) if n.op.name == "param"]
    assert set(parameters) == set(layer.weights)
    before = layer(np.ones((2, 3)))
    layer.kernel.assign(layer.kernel.value + 1.0)
    np.testing.assert_allclose(layer(np.ones((2, 3))), before + 3.0, rtol=1e-5)


def test_get_weights_returns_copies():
    layer = Dense(2)
    layer.ensure_built((3,))
    layer.get_weights()[0][...] = 7.0
    assert not (layer.kernel.value == 7.0).any()


def test_set_weights():
    layer = Dense(2)
    layer.ensure_built((1,))
    layer.set_weights([np.array([[1, 2]]), [0.5, 0.25]])
    assert layer([[10.0]]).tolist() == [[10.5, 20.25]]
    assert layer.kernel.value.dtype == np.float32


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([np.ones((1, 2))], "Dense 'dense': expected 2 arrays, got 1."),
        ([np.ones((1, 2)), np.ones(3)], "Dense 'dense': dense/bias expects shape (2,), got shape (3,)."),
        ([np.ones((2, 1)), np.ones(2)], "dense/kernel expects shape (1, 2), got shape (2, 1)."),
        ([np.ones((1, 2)), ["a", "b"]], "dense/bias expects shape (2,), got strings."),
        ([np.ones((1, 2)), [[1], [1, 2]]], "dense/bias expects shape (2,), got rows of different lengths."),
        ([np.ones((1, 2)), np.ones(2) * 1j], "dense/bias expects shape (2,), got complex numbers."),
    ],
)
def test_a_bad_set_leaves_the_weights(values, message):
    layer = Dense(2)
    layer.ensure_built((1,))
    before = layer.get_weights()
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        layer.set_weights(values)
    assert message in str(caught.value)
    for weight, value in zip(layer.weights, before, strict=True):
        assert weight.value.tobytes() == value.tobytes()


def test_set_weights_before_building_says_so():
    with pytest.raises(ValueError, match=r"got 1\. It has no weights before it is built"):
        Dense(2).set_weights([np.ones(2)])


def test_a_build_that_fails_leaves_no_weights():
    def broken(shape, dtype=None):
        raise RuntimeError("no bias today")

    layer = Dense(2, bias_initializer=broken)
    with pytest.raises(RuntimeError):
        layer(np.ones((2, 3)))
    assert not layer.built
    assert layer.weights == []


def failing_once():
    """An initializer that fails when it is first used."""
    waiting = [ValueError("not yet")]

    def initializer(shape, dtype):
        if waiting:
            raise waiting.pop()
        return np.zeros(shape, dtype)

    return initializer


@pytest.mark.parametrize(
    "make",
    [
        lambda bad: nn.RNN([nn.LSTMCell(2), nn.GRUCell(3, kernel_initializer=bad)]),
        lambda bad: nn.Bidirectional(
            LSTM(2), backward_layer=LSTM(2, kernel_initializer=bad, go_backwards=True)
        ),
        lambda bad: nn.LayerNormalization(gamma_initializer=bad),
        lambda bad: Sequential([nn.TimeDistributed(Dense(2)), Dense(2, bias_initializer=bad)]),
        lambda bad: nn.TimeDistributed(Sequential([Dense(2), Dense(2, bias_initializer=bad)])),
    ],
)
def test_a_build_that_fails_binds_no_part_to_its_shape(make):
    layer = make(failing_once())
    with pytest.raises(ValueError, match="not yet"):
        layer.ensure_built((4, 3))
    assert not layer.weights
    assert len(layer(np.ones((2, 6, 5)))) == 2


def test_an_initializer_makes_the_shape_it_is_asked_for():
    layer = Dense(2, bias_initializer=lambda shape, dtype: np.zeros(5, dtype))
    with pytest.raises(
        ValueError, match=r"Dense 'dense': the initializer of 'bias' made \(5,\), not \(2,\)\."
    ):
        layer(np.ones((1, 3)))
    assert layer.weights == []


# The training flag.


def test_training_is_off_unless_asked_for():
    layer = Scale()
    x = np.ones((1, 2))
    assert layer(x).tolist() == [[1.0, 1.0]]
    assert layer(x, training=True).tolist() == [[2.0, 2.0]]
    node = tg.input("x", (1, 2))
    assert tg.compile(layer(node, training=True))(x=x).tolist() == [[2.0, 2.0]]


def test_layers_in_a_layer_are_in_its_mode():
    class Outer(Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = Scale()

        def call(self, x, training):
            return self.inner(x)

    assert Outer()(np.ones((1, 2)), training=True).tolist() == [[2.0, 2.0]]
    assert Outer()(np.ones((1, 2))).tolist() == [[1.0, 1.0]]


def test_the_mode_of_one_call_on_a_symbol():
    x = Input((2,))
    scale = Scale()
    model = Model(x, Add()([scale(x, training=True), scale(x)]))
    model.ensure_built((2,))
    assert model.predict(np.ones((1, 2))).tolist() == [[3.0, 3.0]]


# dtype.


def test_dtype_is_that_of_the_weights_and_results():
    layer = LSTM(2, dtype="float64")
    y = layer(np.ones((2, 3, 1), "float32"))
    assert y.dtype == np.float64
    assert {w.dtype.name for w in layer.weights} == {"float64"}
    assert layer(tg.input("x", (2, 3, 1))).dtype == np.float64
    assert layer(Input((3, 1))).dtype == np.float64


def test_a_layer_keeps_the_dtype_it_was_made_with():
    layer = Dense(2)
    tg.set_floatx("float64")
    assert layer(np.ones((2, 3))).dtype == np.float32
    assert Dense(2)(np.ones((2, 3))).dtype == np.float64


def test_layers_of_two_dtypes_in_one_model():
    model = Sequential([Dense(2, input_shape=(3,)), Dense(1, dtype="float64")])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 3)), np.ones(4), verbose=0)
    assert model.predict(np.ones((4, 3))).dtype == np.float64
    assert [w.dtype.name for w in model.weights] == ["float32"] * 2 + ["float64"] * 2


# Programs for arrays.


def test_programs_of_a_layer_are_few():
    layer = Dense(2)
    layer(np.ones((1, 3)))
    ((_, first, _),) = layer.programs.latest.kept.values()
    gone = weakref.ref(first)
    del first
    for batch in range(2, KEPT + 10):
        assert layer(np.ones((batch, 3))).shape == (batch, 2)
    assert len(layer.programs.latest.kept) == KEPT
    gc.collect()
    assert gone() is None


def test_programs_of_a_layer_do_not_mix():
    layer = Dropout(0.5)
    x = np.ones((1, 64))
    assert layer(x).tolist() == x.tolist()
    assert 0.0 in layer(x, training=True)
    assert layer(x).tolist() == x.tolist()


def test_uses_of_a_shared_layer_have_scopes_of_their_own():
    layer = Dense(2)
    with Trace():
        first, second = layer(tg.input("a", (1, 3))), layer(tg.input("b", (1, 3)))
    assert (first.scope, second.scope) == ("dense", "dense:1")


# Names and arguments.


def test_names():
    assert [Dense(1).name, Dense(1).name, LSTM(1).name] == ["dense", "dense_1", "lstm"]
    nn.clear_session()
    assert Dense(1).name == "dense"
    assert repr(Dense(1, name="mine")) == "<Dense 'mine'>"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Dense(2, name=""), ValueError, "Dense: expected a string as name, got ''."),
        (lambda: Dense(2, name=3), ValueError, "Dense: expected a string as name, got 3."),
        (
            lambda: Dense(2, dtype="float16"),
            ValueError,
            "dtype must be 'float32' or 'float64', got 'float16'.",
        ),
        (lambda: Dense(2, trainable="no"), ValueError, "trainable must be True or False, got 'no'."),
        (lambda: Dense(2, unit=3), TypeError, "Dense: unknown argument 'unit'; did you mean 'units'?"),
        (lambda: LSTM(2, return_sequence=True), TypeError, "did you mean 'return_sequences'?"),
        (lambda: Layer()(np.ones((2, 2))), NotImplementedError, "Layer must define call(self, x, training)."),
        (
            lambda: Dense(2)(np.ones((2, 2)), traning=True),
            TypeError,
            "Dense 'dense': unknown argument 'traning'",
        ),
        (lambda: Dense(2)(Input((2,)), mask=1), TypeError, "Dense 'dense': unknown argument 'mask'"),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


def test_layers_that_are_attributes_are_trained():
    class Block(Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.first = nn.Dense(3, activation="tanh")
            self.others = [nn.Dense(2), nn.Dense(1)]

        def call(self, x):
            x = self.first(x)
            for layer in self.others:
                x = layer(x)
            return x

    model = nn.Sequential([Block(name="block", input_shape=(4,))])
    assert [w.shape for w in model.weights] == [(4, 3), (3,), (3, 2), (2,), (2, 1), (1,)]
    assert model.weights[0].label == "block/dense/kernel"
    before = model.get_weights()
    model.compile("sgd", "mse")
    model.train_on_batch(np.ones((5, 4)), np.ones((5, 1)))
    assert not any(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_setting_trainable_reaches_all_that_a_layer_is_made_of():
    model = nn.Sequential([nn.BatchNormalization(input_shape=(3,)), nn.Bidirectional(nn.LSTM(2))][:1])
    model.compile("sgd", "mse")
    model.trainable = False
    before = model.get_weights()
    model.train_on_batch(np.random.default_rng(0).normal(size=(4, 3)), np.ones((4, 3)))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    layer = nn.BatchNormalization()
    x = np.random.default_rng(0).normal(size=(4, 3))
    trained = layer(x, training=True)
    layer.trainable = False
    assert not np.allclose(layer(x, training=True), trained)
    both = nn.Bidirectional(nn.LSTM(2))
    both.trainable = False
    assert not both.forward.cell.trainable
    with pytest.raises(ValueError, match="trainable must be True or False"):
        both.trainable = "no"


def test_an_input_may_fix_the_batch():
    x = nn.Input(batch_shape=(4, 5, 2))
    model = nn.Model(x, nn.Dense(1)(nn.LSTM(3, stateful=True)(x)))
    model.compile("adam", "mse")
    data, y = np.ones((8, 5, 2)), np.ones((8, 1))
    model.fit(data, y, batch_size=4, verbose=0)
    before = model.get_weights()
    for batch_size in (3, 8):
        with pytest.raises(GraphError, match="Model 'model': expected a batch of 4"):
            model.fit(data, y, batch_size=batch_size, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    with pytest.raises(GraphError, match="Model 'model': expected a batch of 4"):
        model.predict(data[:3])
    assert nn.Model.from_config(model.get_config()).inputs[0].batch == 4
    assert nn.Input((5, 2), batch_size=4).batch == 4
    for wrong in ({}, {"shape": (2,), "batch_shape": (3, 2)}, {"batch_shape": (3, 2), "batch_size": 3}):
        with pytest.raises(GraphError, match="Input: expected a shape, perhaps with a batch_size"):
            nn.Input(**wrong)


def test_a_mask_may_be_a_list():
    x = np.random.default_rng(0).normal(size=(2, 3, 2))
    mask = [[True, True, False], [True, False, False]]
    layer = nn.LSTM(3)
    np.testing.assert_array_equal(layer(x, mask=mask), layer(x, mask=np.array(mask)))


class Times(Layer):
    """A layer of a user whose call takes more than x, and needs it."""

    def call(self, x, factor, repeat=1):
        return tg.concat([x * factor] * repeat, axis=-1)


def test_arguments_of_a_call_on_symbols_are_known_when_its_shape_is_found():
    x, by = Input((3,)), Input((1,))
    assert Times()(x, 2.0).shape == (3,)
    assert Times()(x, factor=by, repeat=2).shape == (6,)
    model = Model([x, by], Times()(x, factor=by, repeat=2))
    found = model.predict([np.ones((2, 3)), np.array([[2.0], [3.0]])])
    np.testing.assert_array_equal(found, [[2.0] * 6, [3.0] * 6])


def test_a_result_on_symbols_has_the_dtype_that_it_has():
    class Positive(Layer):
        def call(self, x, training):
            return x > 0.0

    assert Positive()(Input((3,))).dtype == bool


class Halves(Layer):
    def call(self, x, training):
        return x[:, :2], (x[:, 2:], x)


def test_results_may_be_a_tuple():
    array = np.arange(8.0).reshape(2, 4)
    first, (second, whole) = Halves()(array)
    np.testing.assert_array_equal(np.concatenate([first, second], axis=1), whole)
    x = Input((4,))
    first, (second, whole) = Halves()(x)
    assert [first.shape, second.shape, whole.shape] == [(2,), (2,), (4,)]
    np.testing.assert_array_equal(Model(x, [first, second]).predict(array)[1], array[:, 2:])


def test_layers_in_a_dict_are_trained():
    class Towers(Layer):
        def __init__(self):
            super().__init__()
            self.towers = {name: Dense(1, name=name) for name in ("left", "right")}

        def call(self, x, training):
            return self.towers["left"](x) * self.towers["right"](x)

    model = Sequential([Towers()], input_shape=(3,))
    assert len(model.trainable_weights) == 4


def test_freezing_leaves_the_order_of_weights():
    """As in Keras: the layer's own weights, then those of its layers, one after another."""
    frozen, trained = nn.GRU(2, trainable=False, name="a"), nn.GRU(3, go_backwards=True, name="b")
    layer = nn.Bidirectional(frozen, backward_layer=trained)
    layer.ensure_built((4, 1))
    assert [weight.shape[-1] for weight in layer.weights] == [6, 6, 6, 9, 9, 9]
    assert [weight.shape[-1] for weight in layer.trainable_weights] == [9, 9, 9]


@pytest.mark.parametrize("kind", [nn.Activation, nn.ReLU, nn.GlobalMaxPooling1D, nn.ZeroPadding1D, Scale])
def test_a_layer_of_one_size_of_batch_is_called_on_an_input(kind):
    layer = kind("tanh") if kind is nn.Activation else kind()
    fixed = type(layer).from_config(layer.get_config() | {"batch_input_shape": (2, 5, 3)})
    x, inputs = np.random.default_rng(0).normal(size=(2, 5, 3)), Input((5, 3))
    np.testing.assert_allclose(Model(inputs, fixed(inputs)).predict(x), layer(x), rtol=1e-6)
