"""Models made of a file's description: nothing is drawn, the cost is bounded, errors say where they were."""

import json

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import defaults, nn
from tinygraph.nn import optimizers, registry
from tinygraph.saving import loading as loading_module
from tinygraph.saving.container import parsed
from tinygraph.saving.loading import brief, loading, shortened


def described():
    return registry.serialize(nn.Sequential([nn.Dense(3, name="d", input_shape=(2,))], name="m"))


def test_weights_are_zeros_and_take_what_the_file_has():
    config = described()
    with loading("m.tiny", 9 * 4):
        model = nn.deserialize(config)
    assert [w.tolist() for w in model.get_weights()] == [[[0.0] * 3] * 2, [0.0] * 3]
    assert nn.deserialize(config).get_weights()[0].any()
    with (
        pytest.raises(tg.ModelFormatError, match=r"m\.tiny: .*d/bias of shape \(3,\) needs more bytes"),
        loading("m.tiny", 9 * 4 - 1),
    ):
        nn.deserialize(config)


def test_state_of_an_optimizer_is_counted_too():
    model = nn.deserialize(described())
    for size, fits in ((2 * 9 * 4, True), (2 * 9 * 4 - 1, False)):
        adam = optimizers.Adam()
        if fits:
            with loading("m.tiny", size):
                adam.build(model.weights)
            assert not any(slot.value.any() for slot in adam.variables[2:])
        else:
            with pytest.raises(tg.ModelFormatError, match="needs more bytes"), loading("m.tiny", size):
                adam.build(model.weights)


def test_labels_are_those_of_weights_that_are_drawn():
    config = described()
    drawn = nn.deserialize(config)
    drawn.compile("adam", "mse")
    drawn.optimizer.build(drawn.weights)
    with loading("m.tiny", 1000):
        blank = nn.deserialize(config)
        blank.compile("adam", "mse")
        blank.optimizer.build(blank.weights)
    for one, other in ((drawn, blank), (drawn.optimizer, blank.optimizer)):
        names = [[p.label for p in getattr(each, "variables", None) or each.weights] for each in (one, other)]
        assert names[0] == names[1]


def test_no_seed_is_taken():
    model = described()
    tg.set_seed(3)
    with loading("m.tiny", 1000):
        nn.deserialize(model)
    seed = defaults.next_seed()
    tg.set_seed(3)
    assert seed == defaults.next_seed()


class Broken(nn.Layer):
    """A layer with a fault of its own."""

    def build(self, shape):
        self.count = 1 // 0


def test_an_error_of_ones_own_is_the_cause():
    model = described()
    model["config"]["layers"].append({"class_name": "Broken", "config": {"name": "own"}})
    with pytest.raises(tg.ModelFormatError, match="ZeroDivisionError") as refusal, loading("m.tiny", 1000):
        nn.deserialize(model, {"Broken": Broken})
    assert isinstance(refusal.value.__cause__, ZeroDivisionError)


def test_an_error_says_in_which_part_it_was():
    model = described()
    cell = {"class_name": "LSTMCell", "config": {"units": 0, "name": "c"}}
    model["config"]["layers"].append({"class_name": "RNN", "config": {"name": "r", "cell": cell}})
    with (
        pytest.raises(tg.ModelFormatError, match=r"Sequential 'm' > RNN 'r' > LSTMCell 'c': LSTM 'c': units"),
        loading("m.tiny", 1000),
    ):
        nn.deserialize(model)
    with pytest.raises(ValueError, match=r"^LSTM 'c': units"):  # elsewhere as it always was
        nn.deserialize(model)


def test_keyboard_interrupts_pass():
    with pytest.raises(KeyboardInterrupt), loading("m.tiny", 0):
        raise KeyboardInterrupt


def test_after_it_weights_are_drawn_again():
    config = described()
    with pytest.raises(tg.ModelFormatError), loading("m.tiny", 0):
        nn.deserialize(config)
    assert nn.deserialize(config).get_weights()[0].any()


def test_a_function_of_ones_own_is_called_only_where_it_is_named(tmp_path):
    calls = []

    def spy(*args, **kwargs):
        calls.append(args)
        return args[0]

    model = nn.deserialize(described())
    model.compile("adam", "mse", metrics=["mae"])
    model.save(tmp_path / "m.tiny")
    tg.load(tmp_path / "m.tiny", {"spy": spy})
    assert not calls
    named = nn.Sequential([nn.Lambda(spy, input_shape=(2,))])
    named.save(tmp_path / "m.tiny")
    calls.clear()
    tg.load(tmp_path / "m.tiny", {"spy": spy})
    assert calls


def test_a_description_has_so_many_parts(monkeypatch):
    monkeypatch.setattr(loading_module, "MOST_PARTS", 4)  # a model, a layer, two initializers
    longer = described()
    with loading("m.tiny", 1000):
        nn.deserialize(longer)
    longer["config"]["layers"].append({"class_name": "Flatten", "config": {}})
    with pytest.raises(tg.ModelFormatError, match="more than 4 parts"), loading("m.tiny", 1000):
        nn.deserialize(longer)


def test_messages_are_short():
    assert shortened("x" * 100) == "x" * 100
    assert len(shortened("x" * 10**6)) < 600
    assert len(brief(["x" * 10**6] * 10**4)) < 1000
    deep = json.loads("[" * 900 + "]" * 900)
    assert len(brief(deep)) < 100


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1, "a": 2}', "the key 'a' stands there twice"),
        ("[" * 20_000, "nested too deeply"),
        ("[" + "1," * 200_000 + "1]", "more than a model needs"),
        ('"' + "x" * 2**22 + '"', "more than a model needs"),
        ("[" * 50_000, "more than a model needs"),
        ("{", "no JSON"),
    ],
    ids=["twice", "deep", "values", "long", "containers", "open"],
)
def test_json_is_read_strictly(text, told):
    with pytest.raises(tg.ModelFormatError, match=rf"m\.tiny: model: .*{told}"):
        parsed("m.tiny", "model", text)
    assert parsed("m.tiny", "model", '{"a": [1, NaN]}')["a"][0] == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "loss"}, "expected 'Dense' to be a layer, got 'loss'"),
        ({"kind": 3}, "expected 'Dense' to be a layer, got 3"),
        ({"module": "os"}, "unknown argument 'module'"),
        ({"class_name": "D" * 10**6}, "unknown layer"),
    ],
)
def test_a_config_is_of_the_kind_that_is_wanted(change, told):
    dense = {"class_name": "Dense", "kind": "layer", "config": {"units": 2}} | change
    with pytest.raises((ValueError, TypeError), match=told):
        nn.TimeDistributed(dense)


def test_a_model_is_a_layer_and_a_loss_a_metric():
    assert nn.TimeDistributed(described()).layer.name == "m"
    model = nn.deserialize(described())
    model.compile("sgd", "mse", metrics=[registry.serialize(nn.losses.Huber())])
    model.fit(np.ones((2, 2)), np.ones((2, 3)), verbose=0)


class Inside(nn.Layer):
    """A layer with one inside that gets a new name each time."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = nn.Dense(2)

    def call(self, x):
        return self.dense(x)


def test_a_layer_inside_ones_own_may_have_another_name(tmp_path):
    model = nn.Sequential([Inside(input_shape=(3,))])
    model.compile("adam", "mse")
    model.fit(np.ones((2, 3)), np.ones((2, 2)), verbose=0)
    model.save(tmp_path / "m.tiny")
    again = tg.load(tmp_path / "m.tiny", {"Inside": Inside})
    assert again.weights[0].label != model.weights[0].label
    assert (again.get_weights()[0] == model.get_weights()[0]).all()
