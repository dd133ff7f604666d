"""serialize and deserialize: every registered class comes back, and names that nothing has are refused."""

import inspect
import json

import numpy as np
import pytest
from nn.every_layer import FUNCTIONS, Use, changes, without_and_with

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn import (
    activations,
    initializers,
    layer,
    losses,
    metrics,
    optimizers,
    registry,
    schedules,
    signatures,
)

#: what a class needs, or is better tested with; the others are made without arguments
ARGUMENTS = {
    "CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 7},
    "CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": 7},
    "Constant": {"value": 0.25},
    "ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5},
    "GlorotUniform": {"seed": 11},
    "Huber": {"delta": 0.5, "reduction": "sum", "name": "mine"},
    "InverseTimeDecay": {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5},
    "PiecewiseConstantDecay": {"boundaries": [2, 4], "values": [0.1, 0.2, 0.3]},
    "PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 7},
    "SGD": {"learning_rate": schedules.ExponentialDecay(0.1, 3, 0.5), "momentum": 0.5, "clipnorm": 1.0},
    "TopKCategoricalAccuracy": {"k": 2},
}
#: what is made from functions or from symbols has tests of its own below
NOT_PLAIN = ("LossFunctionWrapper", "MeanMetricWrapper", "Model", "Sequential")


def registered():
    """(kind, class or function) of all that is registered, each once."""
    return [
        (kind, thing) for kind, names in registry.KINDS.items() for thing in dict.fromkeys(names.values())
    ]


def classes(but_for=()):
    """The registered classes, but for some kinds, that can be made from plain arguments."""
    return [
        pytest.param(kind, thing, id=f"{kind}-{thing.__name__}")
        for kind, thing in registered()
        if inspect.isclass(thing) and thing.__name__ not in NOT_PLAIN and kind not in but_for
    ]


def through_json(thing):
    return nn.deserialize(json.loads(json.dumps(nn.serialize(thing))))


def test_the_walk_meets_every_kind():
    kinds = {"activation", "initializer", "layer", "loss", "metric", "model", "optimizer", "schedule"}
    assert kinds <= set(registry.KINDS)
    assert len(registered()) > 90


@pytest.mark.parametrize(("kind", "cls"), classes(but_for=["layer"]))
def test_every_class_comes_back(kind, cls):
    thing = cls(**ARGUMENTS.get(cls.__name__, {}))
    again = through_json(thing)
    assert type(again) is cls
    assert nn.serialize(again) == nn.serialize(thing)
    assert set(thing.get_config()) == set(signatures.argument_names(cls))
    for name, value in ARGUMENTS.get(cls.__name__, {}).items():
        if isinstance(value, (bool, int, float, tuple)):
            assert getattr(again, name) == value


@pytest.mark.parametrize(("name", "argument"), changes())
def test_every_layer_comes_back_with_every_argument(name, argument):
    use = Use(name, without_and_with(name, argument)[1]).fill()
    layer, weights = use.layer, use.layer.get_weights()
    config = nn.serialize(layer)
    assert {*config["config"]} == {*signatures.argument_names(type(layer))} - {"weights"}
    expected = [*use.results(), *use.results(training=True)]
    for data in (config, json.loads(json.dumps(config))):
        use.layer = nn.deserialize(data, FUNCTIONS)
        assert nn.serialize(use.layer) == config
        use.layer.ensure_built(layer.built_shape)
        use.layer.set_weights(weights)
        for one, other in zip(expected, [*use.results(), *use.results(training=True)], strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("kind", "cls"), classes())
def test_every_class_has_its_names(kind, cls):
    names = [name for name, thing in registry.KINDS[kind].items() if thing is cls]
    assert {cls.__name__, registry.snake_case(cls.__name__)} <= set(names)


@pytest.mark.parametrize("name", sorted(registry.KINDS["activation"]))
def test_every_activation_comes_back(name):
    function = activations.get(name)
    assert activations.get(nn.serialize(function)) is function
    assert nn.Activation.from_config(nn.Activation(name).get_config()).activation is function


def test_a_custom_function_needs_its_name():
    def double(x):
        return 2.0 * x

    config = nn.serialize(nn.Dense(1, activation=double))
    with pytest.raises(ValueError, match="unknown activation 'double'"):
        nn.deserialize(config)
    again = nn.deserialize(config, custom_objects={"double": double})
    assert again.activation is double


def test_wrapped_functions_come_back_by_name():
    def cubed(y_true, y_pred):
        return tg.mean(abs(y_true - y_pred) ** 3, axis=-1)

    for wrapped in (losses.LossFunctionWrapper(cubed), metrics.MeanMetricWrapper(cubed, name="mine")):
        config = json.loads(json.dumps(nn.serialize(wrapped)))
        with pytest.raises(ValueError, match="'cubed'"):
            nn.deserialize(config)
        again = nn.deserialize(config, custom_objects={"cubed": cubed})
        assert nn.serialize(again) == config
        assert again.name == wrapped.name


def test_custom_classes():
    class Scale(layer.Layer):
        def __init__(self, by, **kwargs):
            super().__init__(**kwargs)
            self.by = by

        def call(self, x, training):
            return x * self.by

    model = nn.Sequential([Scale(3.0, name="scale", input_shape=(2,))])
    config = nn.serialize(model)
    with pytest.raises(ValueError, match="unknown name 'Scale'"):
        nn.deserialize(config)
    again = nn.deserialize(config, custom_objects={"Scale": Scale})
    assert again.predict([[1.0, 2.0]]).tolist() == [[3.0, 6.0]]
    with pytest.raises(ValueError, match="unknown name 'Scale'"):  # they were for that call only
        nn.deserialize(config)


def test_initializers_draw_the_same():
    for name in ("GlorotUniform", "HeNormal", "Orthogonal", "TruncatedNormal"):
        first = getattr(initializers, name)(seed=3)
        np.testing.assert_array_equal(first((4, 4)), through_json(first)((4, 4)))


def test_a_nested_schedule_comes_back():
    rate = schedules.ExponentialDecay(0.5, 10, 0.5, staircase=True)
    again = through_json(optimizers.Adam(rate, beta_1=0.7))
    assert (again.beta_1, again.learning_rate) == (0.7, 0.5)
    assert again.get_config()["learning_rate"]["config"]["staircase"] is True


def test_strings_go_through_the_same_door():
    assert type(registry.get("optimizer", "adam")) is optimizers.Adam
    assert type(registry.get("loss", "mse")) is losses.MeanSquaredError
    assert type(registry.get("metric", "mse")) is metrics.MeanSquaredError
    assert type(nn.deserialize("adam")) is optimizers.Adam
    assert nn.deserialize("tanh") is tg.tanh
    assert type(registry.get("optimizer", optimizers.SGD)) is optimizers.SGD
    adam = optimizers.Adam()
    assert registry.get("optimizer", adam) is adam


def test_a_name_is_given_once(monkeypatch):
    monkeypatch.setitem(registry.KINDS, "layer", dict(registry.KINDS["layer"]))
    with pytest.raises(ValueError, match="register: there are two layers named 'lstm'"):
        registry.register("layer", "lstm")(type("Other", (layer.Layer,), {}))


def test_an_ambiguous_name():
    with pytest.raises(ValueError, match="'MeanSquaredError' is a loss and a metric; say which with kind="):
        nn.deserialize({"class_name": "MeanSquaredError", "config": {}})
    found = nn.deserialize({"class_name": "MeanSquaredError", "config": {}}, kind="metric")
    assert type(found) is metrics.MeanSquaredError
    assert type(through_json(losses.MeanSquaredError())) is losses.MeanSquaredError


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.deserialize("adamm"), "unknown name 'adamm'; did you mean 'adam'?"),
        (lambda: registry.get("optimizer", "adem"), "unknown optimizer 'adem'; did you mean 'adam'?"),
        (lambda: registry.get("activation", "than"), "unknown activation 'than'; did you mean 'tanh'?"),
        (lambda: registry.get("initializer", "glorot"), "unknown initializer 'glorot'; did you mean"),
        (lambda: registry.get("schedule", "zzz"), "unknown schedule 'zzz'; there are CosineDecay, "),
        (lambda: registry.get("optimizer", 3), "optimizer: expected a name, a config or an object, got 3."),
        (
            lambda: nn.deserialize({"config": {}}),
            "deserialize: expected {'class_name': ..., 'config': {...}}",
        ),
        (lambda: nn.deserialize(7), "deserialize: expected {'class_name': ..., 'config': {...}}, got 7."),
        (
            lambda: nn.deserialize({"class_name": "Dense", "config": 3}),
            "the config of 'Dense' must be a dict",
        ),
        (
            lambda: nn.deserialize({"class_name": "Dens", "config": {}}),
            "unknown name 'Dens'; did you mean 'Dense'?",
        ),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        call()
    assert message in str(caught.value)


def test_an_unknown_argument_in_a_config():
    with pytest.raises(TypeError, match=r"Dense: unknown argument 'unit'; did you mean 'units'\?"):
        nn.deserialize({"class_name": "Dense", "config": {"units": 2, "unit": 3}})


def two_headed():
    """Shared layers, a skip connection, a layer called with an argument, two inputs and two outputs."""
    a, b = nn.Input((4, 2), name="a"), nn.Input((4, 2), name="b")
    lstm, drop = nn.LSTM(3, name="shared", return_sequences=True), nn.Dropout(0.5, name="drop")
    hidden = [drop(lstm(s), training=False) for s in (a, b)]
    both = nn.Add(name="sum")(hidden)
    skip = nn.Concatenate(name="skip")([both, a])
    last, h, c = nn.LSTM(2, return_state=True, name="states")(skip)
    out = nn.Dense(1, name="value")(nn.Concatenate(name="join")([last, h, c]))
    return nn.Model([a, b], [out, nn.Flatten(name="flat")(both)], name="two_headed")


def nested():
    inner = nn.Sequential(
        [nn.Dense(3, activation="tanh", name="first"), nn.Dense(2, name="second")], name="inner"
    )
    x = nn.Input((5,), name="x")
    return nn.Model(x, nn.Add(name="sum")([inner(x), nn.Dense(2, name="direct")(x)]), name="outer")


@pytest.mark.parametrize("build", [two_headed, nested])
def test_models_come_back(build):
    model = build()
    again = through_json(model)
    assert nn.serialize(again) == nn.serialize(model)
    assert [w.label for w in again.weights] == [w.label for w in model.weights]
    assert set(again.weights).isdisjoint(model.weights)
    again.set_weights(model.get_weights())
    x = [np.random.default_rng(0).normal(size=(3, *s.shape)) for s in model.inputs]
    first, second = (m.predict(x if len(x) > 1 else x[0]) for m in (model, again))
    for left, right in zip(first, second, strict=True):
        np.testing.assert_array_equal(left, right)


def test_outputs_given_as_a_dict_come_back():
    x = nn.Input((3,), name="x")
    model = nn.Model({"x": x}, {"one": nn.Dense(1)(x), "two": nn.Dense(2)(x)})
    again = through_json(model)
    assert again.output_names == ["one", "two"]
    assert {name: y.shape for name, y in again.predict(np.ones((4, 3))).items()} == {
        "one": (4, 1),
        "two": (4, 2),
    }


def test_a_sequential_model_comes_back_built_or_not():
    built = nn.Sequential([nn.Input((4,), name="x"), nn.Dense(3), nn.Dropout(0.5), nn.Dense(1)], name="m")
    again = through_json(built)
    assert again.inputs[0].name == "x"
    again.set_weights(built.get_weights())
    x = np.ones((2, 4))
    np.testing.assert_array_equal(again.predict(x), built.predict(x))
    unbuilt = through_json(nn.Sequential([nn.Dense(3)], name="n"))
    assert unbuilt.weights == []
    assert unbuilt.predict(x).shape == (2, 3)
