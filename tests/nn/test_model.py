"""`Model`: any graph of layers, with several inputs and outputs, shared layers and skip connections."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.graph import GraphError
from tinygraph.nn import LSTM, Add, Concatenate, Dense, Embedding, Flatten, Input, Model, Sequential

RNG = np.random.default_rng(0)


def two_by_two():
    """Two inputs, one shared layer, a skip connection, two outputs."""
    a, b = Input((3,), name="a"), Input((3,), name="b")
    shared = Dense(4, activation="tanh", name="shared")
    joined = Add(name="sum")([shared(a), shared(b)])
    number = Dense(1, name="number")(Concatenate(name="skip")([joined, a]))
    return Model([a, b], [number, Dense(3, activation="softmax", name="kind")(joined)])


def data(n=10):
    x = [RNG.normal(size=(n, 3)), RNG.normal(size=(n, 3))]
    return x, [RNG.normal(size=(n, 1)), RNG.integers(3, size=n)]


def by_hand(model, x):
    """What `two_by_two` computes, in NumPy."""
    w = {weight.label: weight.value for weight in model.weights}
    hidden = [np.tanh(each @ w["shared/kernel"] + w["shared/bias"]) for each in x]
    joined = hidden[0] + hidden[1]
    number = np.concatenate([joined, x[0]], axis=1) @ w["number/kernel"] + w["number/bias"]
    logits = joined @ w["kind/kernel"] + w["kind/bias"]
    kind = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return number, kind


LOSSES = {"number": "mse", "kind": "sparse_categorical_crossentropy"}


def test_shared_layers_have_one_set_of_weights(float64):
    model = two_by_two()
    assert [w.label for w in model.weights] == [
        "shared/kernel",
        "shared/bias",
        "number/kernel",
        "number/bias",
        "kind/kernel",
        "kind/bias",
    ]
    assert [layer.name for layer in model.layers] == ["shared", "sum", "skip", "number", "kind"]
    x, _ = data()
    for found, expected in zip(model.predict(x), by_hand(model, x), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_gradient_of_shared_weights_comes_from_every_use(float64):
    model = two_by_two()
    graph = model.trace(batch=2)
    (slope,) = tg.gradients(tg.sum(graph.outputs["number"]), [model.get_layer("shared").kernel])
    run = tg.compile({"slope": slope, "sum": tg.sum(graph.outputs["number"])})
    feeds = {"a": RNG.normal(size=(2, 3)), "b": RNG.normal(size=(2, 3))}
    found, start = run(**feeds)["slope"], model.weights[0].value
    step = np.zeros_like(start)
    step[1, 2] = 1e-6
    model.weights[0].assign(start + step)
    above = run(**feeds)["sum"]
    model.weights[0].assign(start - step)
    np.testing.assert_allclose(found[1, 2], (above - run(**feeds)["sum"]) / 2e-6, rtol=1e-6)


@pytest.mark.parametrize("form", ["list", "dict"])
def test_several_outputs_are_trained_together(form, float64):
    """The loss is the weighted sum; the history has the loss and the metrics of each output."""
    model, (x, y) = two_by_two(), data()
    ordered = form == "list"
    model.compile(
        {"class_name": "SGD", "config": {"learning_rate": 0.1}},
        loss=list(LOSSES.values()) if ordered else LOSSES,
        loss_weights=[0.5, 2.0] if ordered else {"number": 0.5, "kind": 2.0},
        metrics=[["mae"], ["accuracy"]] if ordered else {"number": ["mae"], "kind": "accuracy"},
    )
    number, kind = by_hand(model, x)
    squared, surprise = ((number - y[0]) ** 2).mean(), -np.log(kind[np.arange(10), y[1]]).mean()
    expected = {
        "loss": 0.5 * squared + 2.0 * surprise,
        "number_loss": squared,
        "kind_loss": surprise,
        "number_mae": abs(number - y[0]).mean(),
        "kind_accuracy": (kind.argmax(axis=1) == y[1]).mean(),
    }
    given = (x, y) if ordered else ({"b": x[1], "a": x[0]}, {"kind": y[1], "number": y[0]})
    found = model.evaluate(*given, verbose=0, return_dict=True)
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-6, err_msg=name)
    assert model.evaluate(*given, verbose=0) == list(found.values())
    before = model.get_weights()
    history = model.fit(*given, epochs=30, batch_size=4, verbose=0)
    assert all((a != w.value).any() for a, w in zip(before, model.weights, strict=True))
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert list(history.history) == list(expected)


def test_an_output_without_loss_is_not_trained():
    model, (x, y) = two_by_two(), data()
    model.compile("sgd", {"number": "mse"})
    before = model.get_layer("kind").get_weights()
    model.fit(x, y[0], verbose=0)
    for old, new in zip(before, model.get_layer("kind").get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert [p.shape for p in model.predict(x)] == [(10, 1), (10, 3)]
    model.fit(x, {"number": y[0]}, verbose=0)


@pytest.mark.parametrize("form", ["one", "list", "dict"])
def test_sample_weights_of_several_outputs(form, float64):
    model, (x, y) = two_by_two(), data()
    model.compile("sgd", LOSSES)
    number, kind = by_hand(model, x)
    weight = RNG.uniform(size=10)
    squared = ((number - y[0]) ** 2)[:, 0]
    surprise = -np.log(kind[np.arange(10), y[1]])
    given, weights = {
        "one": (weight, (weight, weight)),
        "list": ([weight, weight**2], (weight, weight**2)),
        "dict": ({"kind": weight}, (1.0, weight)),  # an output that is not named has weights of 1
    }[form]
    found = model.evaluate(x, y, sample_weight=given, batch_size=4, verbose=0)
    expected = [(squared * weights[0]).mean(), (surprise * weights[1]).mean()]
    np.testing.assert_allclose(found, [sum(expected), *expected], rtol=1e-6)


def test_one_loss_for_all_outputs():
    x = Input((3,), name="x")
    model = Model(x, [Dense(1, name="one")(x), Dense(2, name="two")(x)])
    model.compile("sgd", "mse", metrics=["mae"])
    found = model.evaluate(np.ones((4, 3)), [np.ones(4), np.ones((4, 2))], verbose=0, return_dict=True)
    assert list(found) == ["loss", "one_loss", "two_loss", "one_mae", "two_mae"]
    assert found["loss"] == pytest.approx(found["one_loss"] + found["two_loss"])


def test_outputs_given_as_a_dict_have_its_keys():
    x = Input((3,), name="x")
    model = Model({"x": x}, {"low": Dense(1)(x), "high": Dense(1)(x)})
    model.compile("sgd", {"low": "mse", "high": "mae"})
    y = {"low": np.zeros(4), "high": np.ones(4)}
    history = model.fit({"x": np.ones((4, 3))}, y, verbose=0)
    assert list(history.history) == ["loss", "low_loss", "high_loss"]
    assert list(model.predict(np.ones((2, 3)))) == ["low", "high"]


def test_layers_of_outputs_in_a_dict_come_by_its_sorted_keys():
    """As in Keras, so that weights are in the same order; results keep the order of the dict."""
    x = Input((3,))
    model = Model(x, {"b": Dense(1, name="b")(x), "a": Dense(2, name="a")(x)})
    assert [layer.name for layer in model.layers] == ["a", "b"]
    assert [w.shape for w in model.get_weights()] == [(3, 2), (2,), (3, 1), (1,)]
    assert list(model.predict(np.ones((1, 3)))) == ["b", "a"]
    again = Model.from_config(model.get_config())
    assert [layer.name for layer in again.layers] == ["a", "b"]


def test_names_of_outputs_are_different():
    x = Input((1,))
    shared, other = Dense(1), Dense(1)  # dense and dense_1
    model = Model(x, [shared(x), shared(other(x)), other(x)])
    assert model.output_names == ["dense_0", "dense_2", "dense_1"]
    model.compile("sgd", "mse")
    history = model.fit(np.ones((4, 1)), [np.ones(4)] * 3, verbose=0)
    assert list(history.history) == ["loss", "dense_0_loss", "dense_2_loss", "dense_1_loss"]


def test_an_input_may_be_an_output():
    x = Input((3,), name="x")
    model = Model(x, [x, Dense(1)(x)])
    passed, _ = model.predict(np.ones((2, 3)))
    assert passed.tolist() == [[1.0] * 3] * 2


def test_several_outputs_of_one_layer():
    x = Input((4, 2), name="x")
    sequence, h, c = LSTM(3, return_sequences=True, return_state=True, name="lstm")(x)
    model = Model(x, [h, sequence, c])
    assert model.output_names == ["lstm_0", "lstm_1", "lstm_2"]
    h, sequence, _ = model.predict(np.ones((2, 4, 2)))
    np.testing.assert_array_equal(sequence[:, -1], h)


def test_a_model_in_a_model_is_trained():
    inner = two_by_two()
    a, b = Input((3,), name="p"), Input((3,), name="q")
    number, kind = inner([a, b])
    model = Model([a, b], [Dense(1, name="top")(number), kind])
    assert model.output_names == ["top", "model"]
    model.compile("sgd", ["mse", "sparse_categorical_crossentropy"])
    x, y = data()
    before = inner.get_weights()
    model.fit(x, y, verbose=0)
    assert all((old != new).any() for old, new in zip(before, inner.get_weights(), strict=True))
    assert [w.label for w in model.weights][:2] == ["shared/kernel", "shared/bias"]
    scopes = {node.scope for node in model.trace(2).nodes}
    assert "model/shared" in scopes
    assert "model/shared:1" in scopes


def test_a_model_is_called_on_a_list_or_a_dict():
    model, (x, _) = two_by_two(), data()
    expected = model.predict(x)
    for given in (x, tuple(x), {"b": x[1], "a": x[0]}):
        for found, value in zip(model(given), expected, strict=True):
            np.testing.assert_allclose(found, value, rtol=1e-5)  # at once it runs in NumPy
    with pytest.raises(ValueError, match="Model 'model': 'b' is missing; expected a, b"):
        model({"a": x[0]})


def test_a_model_called_on_arrays_keeps_their_precision():
    x = Input((3,), dtype="float64")
    model = Model(x, Dense(1, dtype="float64")(x))
    array = RNG.normal(size=(4, 3))
    np.testing.assert_array_equal(model(array), model.predict(array))


def test_trace_is_a_graph_of_whole_numbers():
    graph = two_by_two().trace(batch=5)
    assert {name: node.shape for name, node in graph.outputs.items()} == {"number": (5, 1), "kind": (5, 3)}
    found = tg.compile(graph.outputs)(a=np.ones((5, 3)), b=np.ones((5, 3)))
    assert found["kind"].shape == (5, 3)


def test_freezing_between_fits():
    """Each set of trained weights has its own program, though names of weights are the same."""
    model = Sequential([Dense(2, input_shape=(3,)), Dense(2)])
    first, second = model.layers
    model.compile("sgd", "mse")
    x, y = np.ones((4, 3)), np.zeros((4, 2))
    for frozen, trained in ((first, second), (second, first)):
        frozen.trainable, trained.trainable = False, True
        before = frozen.get_weights(), trained.get_weights()
        model.fit(x, y, verbose=0)
        assert all((a == w.value).all() for a, w in zip(before[0], frozen.weights, strict=True))
        assert all((a != w.value).any() for a, w in zip(before[1], trained.weights, strict=True))
    model.trainable = False
    assert (model.trainable_weights, len(model.non_trainable_weights)) == ([], 4)
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    assert all((a == w.value).all() for a, w in zip(before, model.weights, strict=True))


def test_layers_are_in_the_order_of_keras():
    """The farthest from the outputs first, then as they were called."""
    x = Input((3,))
    long = Dense(2, name="l2")(Dense(2, name="l1")(x))
    short = Dense(2, name="s1")(x)
    model = Model(x, Concatenate(name="join")([short, long]))
    assert [layer.name for layer in model.layers] == ["l1", "s1", "l2", "join"]


def test_shared_layers_are_in_the_order_of_keras():
    """At one distance in the order in which they are met on the way back from the outputs."""
    x = Input((2,), name="x")
    d0, d1, d2, d3 = (Dense(2, name=f"d{k}") for k in range(4))
    one, two = d1(x), d2(x)
    d0(two)
    outputs = [one, d0(one), d3(d0(two))]
    model = Model(x, Concatenate(name="join")(outputs))
    assert [layer.name for layer in model.layers] == ["d1", "d2", "d0", "d3", "join"]


def test_ids_are_checked_wherever_they_flow():
    """Through a layer that only moves them, and into a model in the model."""
    ids, other = Input((2, 2), name="ids", dtype="int64"), Input((1,), name="other")
    inner = Sequential([Flatten(input_shape=(2, 2)), Embedding(5, 2, name="words"), Flatten()], name="inner")
    model = Model([other, ids], Concatenate()([inner(ids), other]))
    good = np.zeros((3, 2, 2), int)
    assert model.predict([np.ones((3, 1)), good]).shape == (3, 9)
    bad = good.copy()
    bad[2, 0, 1] = 5
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        model.predict([np.ones((3, 1)), bad])
    assert str(caught.value) == (
        "x['ids']: expected ids from 0 to 4, the vocabulary of Embedding 'words'; got 5 at index (2, 0, 1)."
    )


A, B = Input((3,), name="a"), Input((3,), name="b")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Model(A, Add()([Dense(2)(A), Dense(2)(B)])),
            "Model 'model': the outputs need the Input 'b', which is not among the inputs a;",
        ),
        (
            lambda: Model([A, B], Dense(2)(A)),
            "Model 'model': the graph is disconnected: no output follows from the Input 'b'.",
        ),
        (
            lambda: Model(Dense(2)(A), Dense(2)(A)),
            "expected inputs made by Input, got one made by Dense 'dense'",
        ),
        (
            lambda: Model(A, Dense(2, name="d")(Dense(3, name="d")(A))),
            "Model 'model': two layers are named 'd'; give one another name.",
        ),
        (
            lambda: Model([A, x := Input((3,), name="a")], Add()([A, x])),
            "Model 'model': two inputs are named 'a'; give one another name.",
        ),
        (lambda: Model([A, A], Dense(2)(A)), "expected one or more different symbols as inputs."),
        (lambda: Model([], Dense(2)(A)), "expected one or more different symbols as inputs."),
        (lambda: Model(A, []), "expected one or more different symbols as outputs."),
        (lambda: Model(A, Dense(2)), "expected symbols as outputs, got Dense."),
        (lambda: Model({"x": A}, Dense(2)(A)), "the Input under 'x' is named 'a'; use one name."),
        (lambda: Input((None, 3)), "Input: shape (None, 3) leaves axis 0 open."),
        (lambda: Input((2.5,)), "Input: expected sizes of at least 1 in the shape, got (2.5,)."),
        (lambda: Input((-1,)), "Input: expected sizes of at least 1 in the shape, got (-1,)."),
        (
            lambda: Model(A, Dense(2)(A), name="m")(np.ones((2, 4))),
            "Model 'm', input 0: expected (batch, 3), got (2, 4).",
        ),
        (lambda: Model(A, Dense(2)(A))(Input((5, 3))), "input 0: expected (batch, 3), got (batch, 5, 3)."),
        (lambda: two_by_two()([A, B, A]), "expected 2 inputs, got 3."),
        (lambda: two_by_two()(A), "expected a list of inputs, got one."),
    ],
)
def test_what_is_refused(make, message):
    with pytest.raises(GraphError) as caught:
        make()
    assert message in str(caught.value)


def test_unknown_arguments():
    with pytest.raises(TypeError, match="Model: unknown argument 'input'"):
        Model(A, Dense(2)(A), input=A)
    for dtype in ("float16", "flot", 3):
        with pytest.raises(GraphError, match=f"Input: expected dtype float32, .* or bool, got {dtype!r}"):
            Input((3,), dtype=dtype)
    with pytest.raises(GraphError, match=r"Input: expected a string as name, got 3\."):
        Input((3,), name=3)
