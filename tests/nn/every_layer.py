"""Every registered layer with every argument of its constructor, at a value that is not the default.

`LAYERS` has a small case for each layer, with the arguments that are its own; `ANYWHERE` has those that
mean the same in all layers. An argument's entry says the first thing, in the order of `ASPECTS`, that it
changes; where it cannot change any, the docstring must say so, in the words of `INERT`.
"""

import zlib
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from nn.keras_cases import flat

import tinygraph as tg
from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn import registry, signatures
from tinygraph.nn.arguments import mapped
from tinygraph.nn.masks import mask_of
from tinygraph.nn.recurrent.states import state_shapes


class Change(NamedTuple):
    """A value of an argument, what it is the first to change, and what is given with it and without."""

    value: Any
    shows: str
    given: dict = {}  # noqa: RUF012


@dataclass
class Case:
    """The shape of a sample, or a list of them, what the layer needs, and what its arguments change."""

    shape: Any
    needs: dict = field(default_factory=dict)
    changes: dict = field(default_factory=dict)


def layer(name, **config):
    """A layer as data."""
    return {"class_name": name, "config": config}


def doubled(x):
    return x * 2.0


def scaled(x, by=1.0):
    return x * by


def positive(x, mask):
    return x[:, :, 0] > 0.0


#: the functions of `Lambda`, by name
FUNCTIONS = {function.__name__: function for function in (doubled, scaled, positive)}

WEIGHTS = ("kernel", "recurrent", "bias", "embeddings", "alpha", "beta", "gamma")
ANYWHERE = {
    **{f"{weight}_initializer": Change("ones", "weights") for weight in WEIGHTS},
    **{f"{weight}_regularizer": Change("l2", "loss") for weight in WEIGHTS},
    **{f"{weight}_constraint": Change("non_neg", "update") for weight in WEIGHTS},
    "gamma_initializer": Change("zeros", "weights"),
    "name": Change("mine", "name"),
    "trainable": Change(False, "trainable"),
    "dtype": Change("float64", "dtype"),
    "activity_regularizer": Change("l2", "loss"),
    "activation": Change("relu", "output"),
    "recurrent_activation": Change("hard_sigmoid", "output"),
    "use_bias": Change(False, "weights"),
    "unit_forget_bias": Change(False, "weights"),
    "dropout": Change(0.5, "loss"),
    "recurrent_dropout": Change(0.5, "loss"),
    "implementation": Change(1, "loss", {"dropout": 0.5}),
    "seed": Change(7, "loss", {"dropout": 0.5, "seed": 3}),
    "center": Change(False, "weights"),
    "scale": Change(False, "weights"),
    "epsilon": Change(0.5, "output"),
    "units": Change(3, "shape"),
    "filters": Change(4, "shape"),
    "strides": Change(2, "shape"),
    "dilation_rate": Change(2, "shape"),
    "groups": Change(2, "weights"),
    "padding": Change("same", "shape"),
    "data_format": Change("channels_first", "shape"),
    "keepdims": Change(True, "shape"),
    "return_sequences": Change(True, "shape"),
    "return_state": Change(True, "shape"),
    "time_major": Change(True, "shape"),
    "go_backwards": Change(True, "output"),
    "zero_output_for_mask": Change(True, "output"),
    "reset_after": Change(False, "weights"),
    "stateful": Change(True, "second"),
    "unroll": Change(True, "nothing"),
    "use_cudnn": Change(False, "nothing"),
    "flash_attention": Change(True, "nothing"),
    "synchronized": Change(True, "nothing"),
}

#: what the docstring says of arguments that change nothing
INERT = {
    "unroll": "accepted so that scripts for Keras run: every graph is unrolled here",
    "use_cudnn": "every graph takes the same path",
    "implementation": "where there is one gate, 1 and 2 are the same",
    "flash_attention": "is the same with None, False and True",
    "synchronized": "One process has them as it is",
    "output_shape": "It is found by itself; if it is given the result must have it",
}

SPACE = {1: (7, 4), 2: (7, 5, 4), 3: (7, 5, 5, 4)}
MERGES = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")
ATTENTION = {"dropout": Change(0.5, "loss"), "seed": Change(7, "loss", {"dropout": 0.5, "seed": 3})}
ONE_GATE = {"implementation": Change(1, "nothing", {"dropout": 0.5})}
SIZE = Change(3, "shape")
POOL = {"pool_size": SIZE, "strides": Change(1, "shape")}
DRAWN = {"seed": Change(7, "loss", {"seed": 3})}
RATE = {"rate": Change(0.5, "loss"), **DRAWN}
STATISTICS = {"mean": 0.0, "variance": 1.0}

LAYERS = {
    "Activation": Case((3,), {"activation": "tanh"}),
    "ActivityRegularization": Case((3,), {}, {"l1": Change(0.1, "loss"), "l2": Change(0.1, "loss")}),
    **{name: Case([(3,), (3,)]) for name in MERGES},
    "AdditiveAttention": Case([(3, 4), (5, 4)], {}, {"use_scale": Change(False, "weights"), **ATTENTION}),
    "Attention": Case(
        [(3, 4), (5, 4)],
        {},
        {"use_scale": Change(True, "weights"), "score_mode": Change("concat", "weights"), **ATTENTION},
    ),
    **{f"AveragePooling{n}D": Case(SPACE[n], {"pool_size": 2}, POOL) for n in SPACE},
    "BatchNormalization": Case(
        (4, 3),
        {},
        {
            "axis": Change(1, "weights"),
            "momentum": Change(0.5, "update"),
            "moving_mean_initializer": Change("ones", "weights"),
            "moving_variance_initializer": Change("zeros", "weights"),
        },
    ),
    "Bidirectional": Case(
        (4, 3),
        {"layer": layer("GRU", units=2)},
        {
            "layer": Change(layer("GRU", units=3), "shape"),
            "merge_mode": Change("sum", "shape"),
            "backward_layer": Change(layer("LSTM", units=2, go_backwards=True), "weights"),
        },
    ),
    "Concatenate": Case([(2, 3), (2, 3)], {}, {"axis": Change(1, "shape")}),
    **{f"Conv{n}D": Case(SPACE[n], {"filters": 2, "kernel_size": 2}, {"kernel_size": SIZE}) for n in SPACE},
    **{
        f"ConvLSTM{n}D": Case((4, *SPACE[n]), {"filters": 2, "kernel_size": 2}, {"kernel_size": SIZE})
        for n in SPACE
    },
    **{
        f"ConvLSTM{n}DCell": Case(SPACE[n], {"filters": 2, "kernel_size": 2}, {"kernel_size": SIZE})
        for n in SPACE
    },
    "Cropping1D": Case((6, 2), {}, {"cropping": Change((0, 1), "shape")}),
    "Dense": Case((3,), {"units": 2}),
    "Dot": Case(
        [(3, 4), (3, 4)], {"axes": 2}, {"axes": SIZE._replace(value=1), "normalize": Change(True, "output")}
    ),
    "Dropout": Case((4, 3), {"rate": 0.25}, {"noise_shape": Change((None, 1, 3), "loss"), **RATE}),
    "ELU": Case((3,), {}, {"alpha": Change(2.0, "output")}),
    "Embedding": Case(
        (4,),
        {"input_dim": 5, "output_dim": 2},
        {
            "input_dim": Change(6, "weights"),
            "output_dim": SIZE,
            "mask_zero": Change(True, "mask"),
            "weights": Change(np.ones((5, 2)), "weights"),
            "input_length": Change(4, "first of a model"),
        },
    ),
    "Flatten": Case((2, 3), {}, {"data_format": Change("channels_first", "output")}),
    "GRU": Case((4, 3), {"units": 2}),
    "GRUCell": Case((3,), {"units": 2}),
    "GaussianDropout": Case((3,), {"rate": 0.25}, RATE),
    "GaussianNoise": Case((3,), {"stddev": 0.25}, {"stddev": Change(0.5, "loss"), **DRAWN}),
    **{f"Global{kind}Pooling{n}D": Case(SPACE[n]) for kind in ("Average", "Max") for n in SPACE},
    "LSTM": Case((4, 3), {"units": 2}),
    "LSTMCell": Case((3,), {"units": 2}),
    "Lambda": Case(
        (4, 3),
        {"function": scaled},
        {
            "function": Change(doubled, "output"),
            "output_shape": Change((4, None), "nothing"),
            "mask": Change(positive, "mask"),
            "arguments": Change({"by": 3.0}, "output"),
        },
    ),
    "LayerNormalization": Case(
        (4, 3), {}, {"axis": Change(1, "weights"), "rms_scaling": Change(True, "weights")}
    ),
    "LeakyReLU": Case((3,), {}, {"negative_slope": Change(0.5, "output")}),
    "Masking": Case((4, 3), {}, {"mask_value": Change(1.0, "mask")}),
    **{f"MaxPooling{n}D": Case(SPACE[n], {}, POOL) for n in SPACE},
    "MultiHeadAttention": Case(
        [(2, 3, 4), (2, 3, 4)],
        {"num_heads": 2, "key_dim": 4},
        {
            "num_heads": Change(1, "weights"),
            "key_dim": Change(2, "weights"),
            "value_dim": Change(2, "weights"),
            "output_shape": Change(2, "shape"),
            "attention_axes": Change((2,), "output"),
            "sliding_window": Change(1, "output"),
            "use_gate": Change(True, "weights"),
        },
    ),
    "Normalization": Case(
        (4, 3),
        {},
        {
            "axis": Change(1, "weights"),
            "mean": Change(0.5, "output", STATISTICS),
            "variance": Change(4.0, "output", STATISTICS),
            "invert": Change(True, "output"),
        },
    ),
    "PReLU": Case((4, 3), {}, {"shared_axes": Change([1], "weights")}),
    "Permute": Case((3, 4), {"dims": (1, 2)}, {"dims": Change((2, 1), "shape")}),
    "RNN": Case(
        (4, 3), {"cell": layer("GRUCell", units=2)}, {"cell": Change(layer("LSTMCell", units=2), "weights")}
    ),
    "ReLU": Case(
        (3,),
        {},
        {
            "max_value": Change(0.25, "output"),
            "negative_slope": Change(0.5, "output"),
            "threshold": Change(0.5, "output"),
        },
    ),
    "RepeatVector": Case((3,), {"n": 2}, {"n": SIZE}),
    "Reshape": Case((3, 4), {"target_shape": (4, 3)}, {"target_shape": Change((2, -1), "shape")}),
    "SimpleRNN": Case((4, 3), {"units": 2}, ONE_GATE),
    "SimpleRNNCell": Case((3,), {"units": 2}, ONE_GATE),
    "Softmax": Case((4, 3), {}, {"axis": Change(1, "output")}),
    "SpatialDropout1D": Case((4, 3), {"rate": 0.25}, RATE),
    "StackedRNNCells": Case(
        (3,),
        {"cells": [layer("LSTMCell", units=2), layer("GRUCell", units=2)]},
        {"cells": Change([layer("LSTMCell", units=2), layer("GRUCell", units=3)], "shape")},
    ),
    "TimeDistributed": Case(
        (4, 3), {"layer": layer("Dense", units=2)}, {"layer": Change(layer("Dense", units=3), "shape")}
    ),
    "UnitNormalization": Case((4, 3), {}, {"axis": Change(1, "output")}),
    "UpSampling1D": Case(SPACE[1], {}, {"size": SIZE}),
    "UpSampling2D": Case(SPACE[2], {}, {"size": SIZE, "interpolation": Change("bilinear", "output")}),
    "UpSampling3D": Case(SPACE[3], {}, {"size": SIZE}),
    "ZeroPadding1D": Case(SPACE[1], {}, {"padding": SIZE}),
}


def class_of(name):
    """The layer of this name."""
    return registry.KINDS["layer"][name]


def shapes_of(name):
    """The shapes of a sample of each input."""
    shape = LAYERS[name].shape
    return shape if isinstance(shape, list) else [shape]


def change(name, argument):
    """What the table says of an argument of a layer; None if it says nothing."""
    shape = shapes_of(name)[0]
    shaped = {
        "input_shape": Change(shape, "first of a model"),
        "batch_input_shape": Change((2, *shape), "batches"),
    }
    return (ANYWHERE | shaped | LAYERS[name].changes).get(argument)


def changes():
    """(layer, argument) of every argument of every layer."""
    return [(name, argument) for name in LAYERS for argument in signatures.argument_names(class_of(name))]


def without_and_with(name, argument):
    """The arguments of the constructor without a change and with it."""
    value, _, given = change(name, argument)
    without = LAYERS[name].needs | given
    return without, without | {argument: value}


def made(name, /, *args, **kwargs):
    """A layer that has the same name, and draws the same numbers, whenever it is made."""
    nn.clear_session()
    tg.set_seed(20)
    return class_of(name)(*args, **kwargs)


class Use:
    """A layer, made anew from its arguments and built, with data to call it on."""

    def __init__(self, name, arguments):
        self.layer = made(name, **arguments)
        rng = np.random.default_rng(0)
        self.shapes = shapes_of(name)
        self.x = [rng.normal(size=(2, *shape)).astype("float32") for shape in self.shapes]
        if name == "Embedding":
            self.x = [np.array([[0, 1, 2, 3], [4, 0, 1, 0]])]
        if name == "Masking":
            self.x[0][:, -1] = 0.0
        self.layer.ensure_built(self.shapes if self.layer.several_inputs else self.shapes[0])
        self.given = {}
        if hasattr(self.layer, "state_size") and not isinstance(self.layer, nn.RNN):
            states = [rng.normal(size=(2, *s)).astype("float32") for s in state_shapes(self.layer)]
            self.given = {"states": states}
        if isinstance(self.layer, (nn.RNN, nn.Bidirectional)):
            self.given = {"mask": np.array([[True] * 4, [True, True, False, False]])}

    def fill(self):
        """Give the weights values that depend on their names alone."""
        drawn = [
            np.random.default_rng(zlib.crc32(w.name.encode())).normal(size=w.shape)
            for w in self.layer.weights
        ]
        named = zip(self.layer.weights, drawn, strict=True)
        self.layer.set_weights([abs(value) if "variance" in w.name else value for w, value in named])
        return self

    def call(self, x, given, **how):
        """The layer's results in one list."""
        return flat(self.layer(x if self.layer.several_inputs else x[0], **given, **how))

    def results(self, **how):
        """The layer's results on arrays."""
        return self.call(self.x, self.given, **how)

    def takes_one_sample(self):
        """Whether it takes a batch of one."""
        given = {name: mapped(lambda a: a[:1], value) for name, value in self.given.items()}
        try:
            self.call([x[:1] for x in self.x], given)
        except GraphError as error:
            assert "expected a batch of 2" in str(error)  # noqa: PT017
            return False
        return True

    def first_of_a_model(self):
        """The shape with which a model begins that it is the first layer of; or why it cannot be that."""
        try:
            return [symbol.shape for symbol in nn.Sequential([self.layer]).inputs]
        except (GraphError, TypeError) as error:
            return str(error)

    def mask(self):
        """The mask that goes on with the result."""
        nodes = [tg.constant(x) for x in self.x]
        given = {name: mapped(tg.constant, value) for name, value in self.given.items()}
        mask = mask_of(self.call(nodes, given)[0])
        return [] if mask is None else [tg.compile([mask])()]

    def step(self):
        """The loss of a training step, and the weights after it."""
        inputs = [nn.Input(x.shape[1:], dtype=x.dtype.name) for x in self.x]
        given = {name: self._symbols(value) for name, value in self.given.items()}
        model = nn.Model([*inputs, *flat(list(given.values()))], self.call(inputs, given))
        model.compile("sgd", "mse")
        arrays = [*self.x, *flat(list(self.given.values()))]
        loss = model.train_on_batch(arrays, [np.zeros((2, *y.shape)) for y in model.outputs])
        return loss, self.layer.get_weights()

    def _symbols(self, value):
        several = [nn.Input(a.shape[1:], dtype=a.dtype.name) for a in flat(value)]
        return several if isinstance(value, list) else several[0]


#: what an argument may change, in the order in which it is looked at
ASPECTS = {
    "name": lambda use: [*{use.layer.name, *(weight.label.split("/")[0] for weight in use.layer.weights)}],
    "batches": Use.takes_one_sample,
    "first of a model": Use.first_of_a_model,
    "dtype": lambda use: [*{y.dtype for y in use.results()}],
    "shape": lambda use: [y.shape for y in use.results()],
    "weights": lambda use: use.layer.get_weights(),
    "trainable": lambda use: [use.layer.trainable, len(use.layer.trainable_weights) > 0],
    "output": lambda use: use.fill().results(),
    "mask": Use.mask,
    "loss": lambda use: use.fill().step()[0],
    "update": lambda use: use.fill().step()[1],
    "second": lambda use: [use.fill().results(), use.results()],
}
