"""`Sequential`: adding, building now or later, and what it refuses."""

import numpy as np
import pytest

from tinygraph.graph import GraphError
from tinygraph.nn import LSTM, Dense, Dropout, Embedding, Flatten, Input, Model, Sequential


def test_add_returns_the_model():
    model = Sequential()
    assert model.add(Dense(3, input_shape=(2,))) is model
    assert model.add(Dense(1)) is model
    assert [layer.units for layer in model.layers] == [3, 1]
    assert model.output_shape(None) == (1,)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Sequential([Dense(3, input_shape=(2,)), Dense(1)]),
        lambda: Sequential((Dense(3, input_shape=2), Dense(1))),
        lambda: Sequential([Input((2,)), Dense(3), Dense(1)]),
        lambda: Sequential().add(Dense(3, input_shape=[2])).add(Dense(1)),
        lambda: Sequential([Sequential([Dense(3, input_shape=(2,))]), Dense(1)]),
        lambda: Sequential([Sequential([Dense(3)], input_shape=(2,)), Dense(1)]),
        lambda: Sequential([Dense(3), Dense(1)], input_shape=(2,)),
        lambda: Sequential([Model(x := Input((2,)), Dense(3)(x)), Dense(1)]),
    ],
)
def test_it_is_built_at_once_where_the_shape_is_known(make):
    model = make()
    assert model.built
    assert [w.shape for w in model.weights] == [(2, 3), (3,), (3, 1), (1,)]
    assert model.predict(np.ones((5, 2))).shape == (5, 1)


def test_it_is_built_by_build():
    model = Sequential([LSTM(4), Dense(1)])
    assert (model.weights, model.built) == ([], False)
    model.build((6, 2))
    assert model.built
    assert model.count_params() == 4 * 4 * (2 + 4 + 1) + 5


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "train_on_batch"])
def test_it_is_built_by_the_first_data(method):
    model = Sequential([Flatten(), Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((4, 3, 2)), np.ones(4)
    arguments = (x,) if method == "predict" else (x, y)
    getattr(model, method)(*arguments, **({} if method == "train_on_batch" else {"verbose": 0}))
    assert model.inputs[0].shape == (3, 2)
    assert model.weights[0].shape == (6, 1)


def test_it_is_built_by_a_call():
    for call in (lambda m: m(np.ones((4, 3))), lambda m: m(Input((3,)))):
        model = Sequential([Dense(2), Dense(1)])
        call(model)
        assert [w.shape for w in model.weights] == [(3, 2), (2,), (2, 1), (1,)]


def test_ids_are_whole_numbers_from_the_start():
    model = Sequential([Embedding(5, 2, input_shape=(3,))])
    assert model.inputs[0].dtype == np.int64
    later = Sequential([Embedding(5, 2), Flatten()])
    later.predict(np.array([[1, 2]]))
    assert later.inputs[0].dtype == np.int64


def test_a_layer_that_does_not_fit_leaves_the_model():
    model = Sequential([Dense(4, input_shape=(3,))])
    with pytest.raises(GraphError, match=r"LSTM 'enc', input 0: expected \(batch, time, features\)"):
        model.add(LSTM(2, name="enc"))
    assert [layer.name for layer in model.layers] == ["dense"]
    assert model.add(Dense(1)).predict(np.ones((2, 3))).shape == (2, 1)


def test_a_first_layer_that_does_not_fit_leaves_the_model():
    built = Dense(4, input_shape=(2,))
    built.ensure_built((3,))
    model = Sequential()
    with pytest.raises(GraphError):
        model.add(built)
    assert (model.layers, model.inputs, model.outputs) == ([], [], [])
    assert model.add(Dense(1, input_shape=(5,))).predict(np.ones((2, 5))).shape == (2, 1)


def test_a_build_that_fails_leaves_the_model():
    model = Sequential([Dense(3), LSTM(2)])
    with pytest.raises(GraphError):
        model.build((4,))
    assert (model.inputs, model.calls, model.built) == ([], [], False)


def test_adding_after_a_fit_is_noticed():
    model = Sequential([Dense(3, input_shape=(2,))])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 3)), verbose=0)
    assert model(np.ones((4, 2))).shape == (4, 3)
    model.add(Dense(1))
    assert model.predict(np.ones((4, 2))).shape == (4, 1)
    assert model(np.ones((4, 2))).shape == (4, 1)
    before = model.get_weights()
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    assert all((a != w.value).any() for a, w in zip(before, model.weights, strict=True))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Sequential([Dense]), TypeError, "expected a layer to add, got <class"),
        (lambda: Sequential([3]), TypeError, "Sequential 'sequential': expected a layer to add, got 3"),
        (lambda: Sequential(Dense(3)), TypeError, "expected a list of layers, got <Dense 'dense'>"),
        (lambda: Sequential().build((3,)), GraphError, "there is no layer to build; add one first."),
        (lambda: Sequential().predict(np.ones((2, 3))), GraphError, "there is no layer to build"),
        (lambda: Sequential([Dense(3), Input((2,))]), GraphError, "an Input can only come first."),
        (lambda: Sequential([Input((2,)), Input((2,))]), GraphError, "an Input can only come first."),
        (
            lambda: Sequential([Dense(3, name="a", input_shape=(2,)), Dense(3, name="a")]),
            GraphError,
            "Sequential 'sequential': two layers are named 'a'; give one another name.",
        ),
        (
            lambda: Sequential([d := Dense(2, input_shape=(2,)), d]),
            GraphError,
            "two layers are named 'dense'",
        ),
        (
            lambda: Sequential([LSTM(4, return_state=True, input_shape=(3, 2)), Dense(1)]),
            GraphError,
            "Dense 'dense': expected one input, got 3.",
        ),
        (lambda: Sequential([Dense(2, input_shape=(None, 3))]), GraphError, "leave the batch axis out."),
        (lambda: Sequential([Dense(2)]).build((0,)), GraphError, "expected sizes of at least 1"),
        (
            lambda: Sequential([Dense(2)]).output_shape((3,)),
            GraphError,
            "its shapes are not known yet; call build(shape), or fit it.",
        ),
        (
            lambda: Sequential([Dense(2)]).trace(3),
            GraphError,
            "its shapes are not known yet; call build(shape)",
        ),
        (
            lambda: Sequential([Dense(2, input_shape=(2,))]).trace(0),
            ValueError,
            "batch must be a whole number",
        ),
        (lambda: Sequential([Dense(2)]).get_layer("densee"), ValueError, "no layer 'densee'; did you mean"),
        (lambda: Sequential(nme="a"), TypeError, "Sequential: unknown argument 'nme'; did you mean 'name'?"),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


def test_get_layer():
    drop = Dropout(0.5, name="drop")
    model = Sequential([Dense(2, input_shape=(2,)), drop])
    assert model.get_layer("drop") is drop
