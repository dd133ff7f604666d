"""The arguments of layers, regularizers and constraints: names, order and defaults are those of Keras 3."""

import inspect
import json
from itertools import takewhile
from pathlib import Path

import pytest
from nn.every_layer import LAYERS, class_of, made, without_and_with

from tinygraph import nn
from tinygraph.nn import signatures

KERAS = json.loads((Path(__file__).parents[1] / "data" / "keras_signatures.json").read_text())
MODULES = {"layers": nn, "regularizers": nn.regularizers, "constraints": nn.constraints}

#: arguments of Keras that are not here; they are refused as unknown, and what follows them goes by name
MISSING = {
    "lora_rank": "fine-tuning of tables too large to train",
    "lora_alpha": "as lora_rank",
    "quantization_config": "computing in 8 bits and fewer",
    "renorm": "batch renormalization (Ioffe 2017)",
    "renorm_clipping": "as renorm",
    "renorm_momentum": "as renorm",
    "autocast": "mixed precision",
    ("Bidirectional", "weights"): "Keras takes it and never looks at it",
}
#: arguments that the constructors of Keras do not name
EXTRA = {
    "name": "in Keras too, by **kwargs",
    "trainable": "in Keras too, by **kwargs",
    "dtype": "in Keras too, by **kwargs",
    "activity_regularizer": "in Keras too, by **kwargs",
    "input_shape": "in Keras too, by **kwargs",
    "batch_input_shape": "in Keras 2",
    "time_major": "in Keras 2",
    "implementation": "in Keras too, by **kwargs; of SimpleRNN in Keras 2",
    "unroll": "in Keras too, of ConvLSTM by **kwargs",
    "zero_output_for_mask": "in Keras too, by **kwargs of RNN",
    "input_length": "in Keras 2",
    ("AdditiveAttention", "seed"): "in Keras too, by **kwargs of Attention",
    ("LayerNormalization", "rms_scaling"): "in Keras too, by **kwargs",
}
#: arguments of calls that are not here, and those that Keras has not
CALL_MISSING = {
    ("MultiHeadAttention", "value"): "the inputs are a list for `call`; `__call__` takes them one by one",
    ("MultiHeadAttention", "key"): "as value",
}
CALL_EXTRA = {
    "constants": "of Keras 2: what a cell gets at every step",
    "masks": "the dropout masks that a layer drew for its cell",
    "training": "every layer may take it",
    ("Lambda", "training"): "for functions that ask for it",
}


def classes(of):
    """(module, class) of all whose constructor, or call, has stored arguments."""
    return [(m, name) for m in MODULES for name, stored in KERAS[m].items() if stored.get(of)]


def split(arguments):
    """The arguments that may go by position, and those that go by name only."""
    at = arguments.index("*") if "*" in arguments else len(arguments)
    return dict(map(padded, arguments[:at])), dict(map(padded, arguments[at + 1 :]))


def padded(argument):
    """(name, default), the default being that of inspect where there is none."""
    return (*argument, inspect.Parameter.empty)[:2]


def but_for(table, name, arguments):
    """The arguments that are not in a table, by themselves or for this class."""
    return [a for a in arguments if a not in table and (name, a) not in table]


def alike(ours, theirs):
    """Whether two defaults say the same: 2 is (2, 2) for an argument with one number an axis."""
    if isinstance(theirs, str):
        return str(ours).lower() == theirs.lower()
    several = theirs if isinstance(theirs, list) else [theirs]
    return (list(ours) if isinstance(ours, tuple) else [ours] * len(several)) == several


@pytest.mark.parametrize(("module", "name"), classes("init"))
def test_constructors(module, name):
    first, more = split(KERAS[module][name]["init"])
    ours = signatures.parameters_of(getattr(MODULES[module], name))
    assert not but_for(EXTRA, name, ours.keys() - first.keys() - more.keys())
    assert not but_for(MISSING, name, (first | more).keys() - ours.keys())
    by_position = [a for a, p in ours.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert by_position[: len(first)] == list(takewhile(ours.__contains__, first))
    for argument, default in (first | more).items():
        if argument in ours:
            assert alike(ours[argument].default, default), argument


@pytest.mark.parametrize(("module", "name"), classes("call"))
def test_calls(module, name):
    _, *theirs = split(KERAS[module][name]["call"])[0]
    _, _, *ours = inspect.signature(getattr(MODULES[module], name).call).parameters
    wanted = but_for(CALL_MISSING, name, theirs)
    if wanted[:1] == ["initial_state"]:  # in the order of Keras 2; a list of states in front works as well
        wanted = [*wanted[1:], "initial_state"]
    assert ours[: len(wanted)] == wanted
    assert not but_for(CALL_EXTRA, name, ours[len(wanted) :])


@pytest.mark.parametrize("name", [name for name in LAYERS if name in KERAS["layers"]])
def test_arguments_by_position_are_those_by_name(name):
    first, _ = split(KERAS["layers"][name]["init"])
    defaults = {a: p.default for a, p in signatures.parameters_of(class_of(name)).items() if a in first}
    for argument in takewhile(defaults.__contains__, first):
        _, given = without_and_with(name, argument)
        if given.keys() <= defaults.keys():
            by_position = [*(defaults | given).values()][: max(map(list(first).index, given)) + 1]
            assert made(name, *by_position).get_config() == made(name, **given).get_config()


def test_no_reason_is_left_over():
    for table, of in ((MISSING, "init"), (CALL_MISSING, "call")):
        parts = [(name, part) for module, name in classes(of) for part in split(KERAS[module][name][of])]
        stored = {(name, argument) for name, part in parts for argument in part}
        assert set(table) <= stored | {argument for _, argument in stored}


@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU])
def test_use_cudnn(layer):
    for value in ("auto", True, False):
        assert layer(2, use_cudnn=value).get_config()["use_cudnn"] is value
    for value in ("yes", None, 1):
        with pytest.raises(
            ValueError, match=f"use_cudnn, if not 'auto', must be True or False, got {value!r}"
        ):
            layer(2, use_cudnn=value)
    with pytest.raises(TypeError, match="unknown argument 'use_cudnn'"):
        nn.SimpleRNN(2, use_cudnn=False)
