"""Models to take across: each is written once, for Keras and for tinygraph, whose names are the same.

A function here takes the package, ``keras`` or `OURS`, and returns a model. `EACH` has a model for each kind
of layer, with several arguments; `JOINED` has models of several layers; `TRAINED` has what to compile with.
"""

import zlib
from types import SimpleNamespace

import numpy as np

from tinygraph import nn

OURS = SimpleNamespace(
    layers=nn,
    **{name: getattr(nn, name) for name in ("Input", "Model", "Sequential", "optimizers", "losses")},
    **{name: getattr(nn, name) for name in ("metrics", "initializers", "regularizers", "constraints")},
)

SPACE = {1: (7, 4), 2: (7, 5, 4), 3: (5, 4, 4, 4)}
FIRST = {"data_format": "channels_first"}
MERGES = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")
BOTH = {"return_sequences": True, "return_state": True}
RECURRENT = [
    {"units": 2},
    {"units": 2, "use_bias": False, "go_backwards": True, "return_sequences": True},
    {"units": 3, "activation": "softsign", "dropout": 0.2, "recurrent_dropout": 0.1, "seed": 3, **BOTH},
    {"units": 2, "kernel_regularizer": "l2", "recurrent_constraint": "unit_norm", "unroll": True},
]
GATED = [*RECURRENT, {"units": 2, "recurrent_activation": "hard_sigmoid", "zero_output_for_mask": True}]
CONVOLVED = [
    {"kernel_size": 2},
    {"kernel_size": 3, "padding": "same", "activation": "gelu", "use_bias": False},
    {"kernel_size": 2, "strides": 2, "groups": 2},
    {"kernel_size": 2, "dilation_rate": 2, "kernel_initializer": "he_normal"},
]
POOLED = [{"pool_size": 2}, {"pool_size": 2, "strides": 1, "padding": "same"}]

#: layer -> shapes of a sample of its inputs, and the arguments of each layer that is called on them
EACH = {
    "Activation": ((3,), [{"activation": name} for name in nn.activations._NAMED]),
    "ActivityRegularization": ((3,), [{"l1": 0.1, "l2": 0.2}]),
    **{name: ([(3,), (3,)], [{}]) for name in MERGES},
    "AdditiveAttention": ([(3, 4), (5, 4)], [{}, {"use_scale": False, "dropout": 0.2, "seed": 3}]),
    "Attention": (
        [(3, 4), (5, 4), (5, 4)],
        [{}, {"use_scale": True, "score_mode": "concat", "dropout": 0.1}],
    ),
    **{f"AveragePooling{n}D": (SPACE[n], POOLED) for n in SPACE},
    "BatchNormalization": ((4, 3), [{}, {"axis": 1, "momentum": 0.5}, {"scale": False, "trainable": False}]),
    "Bidirectional": (
        (4, 3),
        [
            {"layer": ("GRU", {"units": 2, "dropout": 0.2})},
            {"layer": ("LSTM", {"units": 2, **BOTH}), "merge_mode": "sum"},
            {
                "layer": ("LSTM", {"units": 2, "return_sequences": True}),
                "merge_mode": None,
                "backward_layer": ("GRU", {"units": 2, "return_sequences": True, "go_backwards": True}),
            },
        ],
    ),
    "Concatenate": ([(2, 3), (2, 3)], [{}, {"axis": 1}]),
    **{f"Conv{n}D": (SPACE[n], [{"filters": 2, **each} for each in CONVOLVED]) for n in SPACE},
    **{
        f"ConvLSTM{n}D": (
            (3, *SPACE[n]),
            [
                {"filters": 2, "kernel_size": 2},
                {
                    "filters": 2,
                    "kernel_size": 2,
                    "padding": "same",
                    "use_bias": False,
                    "dropout": 0.1,
                    **BOTH,
                },
                {
                    "filters": 1,
                    "kernel_size": 2,
                    "strides": 2,
                    "go_backwards": True,
                    "unit_forget_bias": False,
                },
            ],
        )
        for n in SPACE
    },
    "Cropping1D": ((6, 2), [{}, {"cropping": (0, 1)}]),
    "Dense": (
        (3,),
        [
            {
                "units": 2,
                "activation": "exponential",
                "kernel_initializer": ("VarianceScaling", {"scale": 2.0}),
            },
            {"units": 2, "use_bias": False, "kernel_regularizer": ("L1L2", {"l1": 0.1, "l2": 0.2})},
            {"units": 2, "kernel_constraint": ("MaxNorm", {"max_value": 3, "axis": 0}), "trainable": False},
            {"units": 4, "activity_regularizer": "l2", "bias_initializer": ("Constant", {"value": 0.5})},
            {"units": 2, "activation": ("LeakyReLU", {"negative_slope": 0.5})},
        ],
    ),
    "Dot": ([(3, 4), (3, 4)], [{"axes": 2}, {"axes": (1, 2), "normalize": True}][:1]),
    "Dropout": ((4, 3), [{"rate": 0.25}, {"rate": 0.5, "noise_shape": (None, 1, 3), "seed": 3}]),
    "ELU": ((3,), [{}, {"alpha": 2.0}]),
    "Embedding": (
        (4,),
        [{"input_dim": 5, "output_dim": 2}, {"input_dim": 6, "output_dim": 3, "mask_zero": True}],
    ),
    "Flatten": ((2, 3), [{}, FIRST]),
    "GRU": ((4, 3), [*GATED, {"units": 2, "reset_after": False}]),
    "GRUCell": ((4, 3), [{"units": 2, "reset_after": False}, {"units": 3, "dropout": 0.2, "seed": 1}]),
    "GaussianDropout": ((3,), [{"rate": 0.25, "seed": 3}]),
    "GaussianNoise": ((3,), [{"stddev": 0.25}]),
    **{
        f"Global{kind}Pooling{n}D": (SPACE[n], [{}, {"keepdims": True}, FIRST])
        for kind in ("Average", "Max")
        for n in SPACE
    },
    "LSTM": ((4, 3), [*GATED, {"units": 2, "unit_forget_bias": False}]),
    "LSTMCell": ((4, 3), [{"units": 2, "use_bias": False}, {"units": 3, "recurrent_dropout": 0.2}]),
    "LayerNormalization": ((4, 3), [{}, {"axis": 1, "center": False}, {"axis": (1, 2), "epsilon": 0.1}]),
    "LeakyReLU": ((3,), [{}, {"negative_slope": 0.5}]),
    "Masking": ((4, 3), [{}, {"mask_value": 1.0}]),
    **{f"MaxPooling{n}D": (SPACE[n], [{}, *POOLED]) for n in SPACE},
    "MultiHeadAttention": (
        [(3, 4), (5, 4)],
        [
            {"num_heads": 2, "key_dim": 3},
            {
                "num_heads": 1,
                "key_dim": 2,
                "value_dim": 3,
                "output_shape": 5,
                "use_bias": False,
                "dropout": 0.1,
            },
            {"num_heads": 2, "key_dim": 2, "use_gate": True, "attention_axes": 1},
        ],
    ),
    "Normalization": (
        (4, 3),
        [
            {},
            {"axis": 1},
            {"axis": None},
            {"mean": [0.5, 1.0, 2.0], "variance": [1.0, 4.0, 9.0], "invert": True},
        ],
    ),
    "PReLU": ((4, 3), [{}, {"shared_axes": [1]}]),
    "Permute": ((3, 4), [{"dims": (2, 1)}]),
    "RNN": (
        (4, 3),
        [
            {"cell": ("LSTMCell", {"units": 2}), "return_sequences": True},
            {"cell": [("GRUCell", {"units": 2}), ("LSTMCell", {"units": 3, "dropout": 0.1})], **BOTH},
        ],
    ),
    "ReLU": ((3,), [{}, {"max_value": 0.25, "negative_slope": 0.5, "threshold": 0.1}]),
    "RepeatVector": ((3,), [{"n": 2}]),
    "Reshape": ((3, 4), [{"target_shape": (2, -1)}]),
    "SimpleRNN": ((4, 3), RECURRENT),
    "SimpleRNNCell": ((4, 3), [{"units": 2, "activation": "relu"}, {"units": 3, "use_bias": False}]),
    "Softmax": ((4, 3), [{}, {"axis": 1}]),
    "SpatialDropout1D": ((4, 3), [{"rate": 0.25}]),
    "StackedRNNCells": ((4, 3), [{"cells": [("LSTMCell", {"units": 2}), ("SimpleRNNCell", {"units": 3})]}]),
    "TimeDistributed": (
        (4, 3, 2),
        [{"layer": ("Dense", {"units": 2})}, {"layer": ("LSTM", {"units": 2})}, {"layer": ("Flatten", {})}],
    ),
    "UnitNormalization": ((4, 3), [{}, {"axis": 1}]),
    "UpSampling1D": (SPACE[1], [{"size": 3}]),
    "UpSampling2D": (SPACE[2], [{}, {"size": (2, 3), "interpolation": "bilinear"}, FIRST]),
    "UpSampling3D": (SPACE[3], [{}, {"size": (1, 2, 3)}]),
    "ZeroPadding1D": (SPACE[1], [{}, {"padding": (0, 3)}]),
}
#: the kinds that no module of layers in Keras has, or whose function would have to be written twice
APART = {"ConvLSTM1DCell", "ConvLSTM2DCell", "ConvLSTM3DCell", "Lambda"}


def each(k, name):
    """A model with a layer of one kind for each of its arguments, all on the same inputs."""
    shapes, configs = EACH[name]
    several = isinstance(shapes, list)
    dtype = "int32" if name == "Embedding" else None
    inputs = [
        k.Input(shape, dtype=dtype, name=f"x{i}") for i, shape in enumerate(shapes if several else [shapes])
    ]
    outputs = []
    for number, config in enumerate(configs):
        layer = made(k, name, config, f"layer{number}")
        layer = k.layers.RNN(layer, name=f"run{number}") if name.endswith(("Cell", "Cells")) else layer
        result = layer(*inputs) if name == "MultiHeadAttention" else layer(inputs if several else inputs[0])
        outputs += flat(result)
    return k.Model(
        inputs if several else inputs[0], outputs if len(outputs) > 1 else outputs[0], name=name.lower()
    )


def flat(result):
    """What is in lists of lists as one list."""
    return [leaf for each in result for leaf in flat(each)] if isinstance(result, (list, tuple)) else [result]


def made(k, name, config, label=None):
    """A layer, an initializer or the like with what is in it, from data."""
    arguments = {argument: value_of(k, value) for argument, value in config.items()}
    for module in ("layers", "initializers", "regularizers", "constraints"):
        if hasattr(getattr(k, module), name):
            return getattr(getattr(k, module), name)(**arguments, **({"name": label} if label else {}))
    raise AssertionError(name)


def value_of(k, value):
    """An argument: (class, arguments) is an object."""
    if isinstance(value, list):
        return [value_of(k, each) for each in value]
    named = isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], dict)
    return made(k, *value) if named else value


def stack(k):
    words = [
        k.Input((6,), dtype="int32", name="words"),
        k.layers.Embedding(9, 4, mask_zero=True, name="embed"),
    ]
    lstm = k.layers.LSTM(3, return_sequences=True, name="lstm")
    both = k.layers.Bidirectional(k.layers.GRU(2, name="gru"), name="both")
    return k.Sequential(
        [*words, lstm, both, k.layers.Dense(2, activation="softmax", name="out")], name="stack"
    )


def masked(k):
    """Masks of Masking and of Embedding, joined, and on their way through other layers."""
    x, words = k.Input((4, 3), name="x"), k.Input((4,), dtype="int32", name="words")
    a = k.layers.Masking(-1.0, name="masking")(x)
    b = k.layers.Embedding(9, 3, mask_zero=True, name="embed")(words)
    both = k.layers.Concatenate(name="join")([a, b])
    h = k.layers.LSTM(3, return_sequences=True, name="first")(both)
    h = k.layers.TimeDistributed(k.layers.Dense(3, name="inner"), name="each")(h)
    added = k.layers.Add(name="add")([k.layers.GRU(3, return_sequences=True, name="second")(a), h])
    ends = [k.layers.LSTM(2, name="third")(added), k.layers.GlobalAveragePooling1D(name="mean")(h)]
    return k.Model([x, words], k.layers.Concatenate(name="ends")(ends), name="masked")


def states(k):
    """An encoder gives a decoder its states, by keyword; a mask that is an input."""
    x, y, mask = (
        k.Input((4, 3), name="x"),
        k.Input((5, 3), name="y"),
        k.Input((5,), dtype="bool", name="mask"),
    )
    _, h, c = k.layers.LSTM(2, return_state=True, name="encoder")(x)
    decoded = k.layers.LSTM(2, return_sequences=True, name="decoder")(y, initial_state=[h, c], mask=mask)
    run = k.layers.RNN([k.layers.GRUCell(2, name="one"), k.layers.LSTMCell(2, name="two")], name="run")
    return k.Model([x, y, mask], [decoded, run(y, initial_state=[[h], [h, c]][0:2])], name="states")


def positional(k):
    """States by position, in the order of Keras 3."""
    x = k.Input((4, 3), name="x")
    h = k.layers.Dense(2, name="dense")(k.layers.Flatten(name="flat")(x))
    return k.Model(x, k.layers.LSTM(2, name="lstm")(x, [h, h]), name="positional")


def twins(k):
    """Layers of equal shapes in several branches, made in another order than they are met."""
    dense = [k.layers.Dense(3, name=name) for name in ("d", "a", "c", "b")]
    x, y = k.Input((3,), name="x"), k.Input((3,), name="y")
    left = dense[0](dense[2](y))
    right = dense[3](x)
    return k.Model(
        [x, y], {"late": dense[1](left), "early": k.layers.Subtract(name="sub")([right, left])}, name="twins"
    )


def shared(k):
    """One layer in two places, and a result that is used twice."""
    x, y = k.Input((4, 3), name="x"), k.Input((4, 3), name="y")
    lstm, dense = k.layers.LSTM(2, name="lstm"), k.layers.Dense(2, name="dense")
    a, b = lstm(x), lstm(y)
    out = k.layers.Concatenate(name="join")([dense(a), dense(dense(b)), a])
    return k.Model([x, y], [out, a], name="shared")


def nested(k):
    """Models in models: a Functional one twice, a Sequential one in TimeDistributed."""
    a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
    join = k.layers.Concatenate(name="join")([k.layers.Dense(2, name="p")(a), k.layers.Dense(2, name="q")(b)])
    inner = k.Model([a, b], [join, k.layers.Dense(3, name="r")(join)], name="inner")
    row = k.Sequential([k.Input((2,), name="c"), k.layers.Dense(3, name="s")], name="row")
    x = k.Input((4, 2), name="x")
    steps = k.layers.TimeDistributed(row, name="steps")(x)
    last, first = k.layers.GRU(3, name="gru")(steps), k.layers.GlobalMaxPooling1D(name="max")(steps)
    _, once = inner([last, first])
    again, twice = inner([once, last])
    return k.Model(x, [again, twice, once], name="nested")


def model_in_row(k):
    """A Sequential model that begins with a Functional one."""
    a = k.Input((4, 3), name="a")
    inner = k.Model(a, k.layers.LSTM(3, name="lstm")(a), name="inner")
    return k.Sequential([k.Input((4, 3), name="x"), inner, k.layers.Dense(2, name="out")], name="row")


def heads(k):
    """Attention: with masks, causal, with its weights as a result, by keyword."""
    x, y = k.Input((4, 4), name="x"), k.Input((5,), dtype="int32", name="y")
    keys = k.layers.Embedding(9, 4, mask_zero=True, name="embed")(y)
    many = k.layers.MultiHeadAttention(2, 3, name="many")
    seen, weights = many(x, keys, return_attention_scores=True)
    causal = k.layers.MultiHeadAttention(2, 3, name="causal")(query=x, value=x, use_causal_mask=True)
    one = k.layers.Attention(name="one")([x, keys])
    more = k.layers.AdditiveAttention(name="more")([causal, keys])
    out = k.layers.LayerNormalization(name="norm")(k.layers.Add(name="sum")([seen, causal, one, more]))
    return k.Model({"x": x, "y": y}, {"out": out, "weights": weights}, name="heads")


def convolutions(k):
    layers = k.layers
    row = [layers.Conv2D(3, 2, activation="relu", name="conv"), layers.MaxPooling2D(name="pool")]
    row += [
        layers.BatchNormalization(name="norm"),
        layers.Dropout(0.3, name="drop"),
        layers.Flatten(name="flat"),
    ]
    return k.Sequential(
        [k.Input((6, 6, 2), name="x"), *row, layers.Dense(2, name="out")], name="convolutions"
    )


def stateful(k):
    x = k.Input(batch_shape=(3, 4, 2), name="x")
    return k.Model(x, k.layers.LSTM(2, stateful=True, name="lstm")(x), name="stateful")


def frozen(k):
    """Layers that are not trained among those that are."""
    layers = [
        k.layers.Dense(4, name="a", trainable=False),
        k.layers.BatchNormalization(name="b", trainable=False),
    ]
    return k.Sequential([k.Input((3,), name="x"), *layers, k.layers.Dense(1, name="c")], name="frozen")


def regression(k):
    """A small model to train."""
    lstm = k.layers.LSTM(3, name="lstm", kernel_regularizer=k.regularizers.L2(0.01))
    norm = k.layers.BatchNormalization(name="norm")
    return k.Sequential(
        [k.Input((4, 2), name="x"), lstm, norm, k.layers.Dense(1, name="out")], name="regression"
    )


def branches(k):
    """A model with several outputs to train."""
    x = k.Input((3,), name="x")
    h = k.layers.Dense(4, activation="tanh", name="hidden")(x)
    classes = k.layers.Dense(3, activation="softmax", name="classes")(h)
    return k.Model(x, {"value": k.layers.Dense(1, name="value")(h), "classes": classes}, name="branches")


JOINED = [
    stack,
    masked,
    states,
    positional,
    twins,
    shared,
    nested,
    model_in_row,
    heads,
    convolutions,
    stateful,
    frozen,
]
JOINED = {function.__name__: function for function in JOINED}

SCHEDULES = {
    "exponential": ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5}),
    "cosine": ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 9}),
    "restarts": ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 2}),
    "inverse": ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5}),
    "polynomial": ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "power": 2.0}),
    "piecewise": ("PiecewiseConstantDecay", {"boundaries": [1, 3], "values": [0.1, 0.05, 0.01]}),
}
#: case -> optimizer with its arguments; a learning rate may be the name of a schedule
OPTIMIZERS = {
    "sgd": ("SGD", {"learning_rate": "exponential"}),
    "momentum": ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True, "clipnorm": 1.0}),
    "adam": ("Adam", {"learning_rate": 0.01}),
    "amsgrad": (
        "Adam",
        {"learning_rate": "piecewise", "amsgrad": True, "use_ema": True, "ema_momentum": 0.9},
    ),
    "adamw": ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.1}),
    "adamax": ("Adamax", {"learning_rate": 0.01, "global_clipnorm": 1.0}),
    "nadam": ("Nadam", {"learning_rate": 0.01}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.01}),
    "centered": ("RMSprop", {"learning_rate": "cosine", "momentum": 0.5, "centered": True}),
    "adagrad": ("Adagrad", {"learning_rate": "restarts", "initial_accumulator_value": 0.2}),
    "adadelta": ("Adadelta", {"learning_rate": "inverse", "clipvalue": 0.5}),
    "accumulated": ("Adam", {"learning_rate": "polynomial", "gradient_accumulation_steps": 2}),
}


def compiled(k, name):
    """A model that is compiled with one of the optimizers."""
    cls, arguments = OPTIMIZERS[name]
    if isinstance(rate := arguments["learning_rate"], str):
        schedule, given = SCHEDULES[rate]
        arguments = arguments | {"learning_rate": getattr(k.optimizers.schedules, schedule)(**given)}
    optimizer = getattr(k.optimizers, cls)(**arguments)
    if name in ("adam", "sgd"):
        model = branches(k)
        model.compile(
            optimizer,
            loss={"value": "mse", "classes": k.losses.CategoricalCrossentropy(label_smoothing=0.1)},
            loss_weights={"value": 0.5, "classes": 2.0},
            metrics={"value": [k.metrics.RootMeanSquaredError(name="rms"), "mae"], "classes": ["accuracy"]},
            weighted_metrics={"classes": [k.metrics.AUC(num_thresholds=50)]},
        )
        return model
    model = regression(k)
    model.compile(optimizer, loss="mse", metrics=["mae"])
    return model


#: case -> what makes it, of a package
CASES = {name: (lambda k, name=name: each(k, name)) for name in EACH} | JOINED
TRAINED = {f"trained_{name}": (lambda k, name=name: compiled(k, name)) for name in OPTIMIZERS}


def dtype_of(symbol):
    """The dtype of an input, of either package."""
    return np.dtype(str(getattr(symbol.dtype, "name", symbol.dtype)))


def inputs_for(model, samples=3):
    """An array for each input, by name, that depends on names and shapes alone."""
    arrays = {}
    for symbol in model.inputs:
        name, shape, dtype = symbol.name, tuple(symbol.shape), dtype_of(symbol)
        shape = (samples, *(shape[1:] if shape[:1] == (None,) else shape))
        if name == "x" and model.name == "stateful":
            shape = (3, 4, 2)
        rng = np.random.default_rng(zlib.crc32(f"{model.name}/{name}".encode()))
        drawn = rng.integers(0, 5, shape) if dtype.kind in "ib" else rng.normal(size=shape)
        if model.name == "masked" and name == "x":
            drawn[:, -1] = -1.0
        arrays[name] = (drawn > 1 if dtype.kind == "b" else drawn).astype(dtype)
    return arrays


def targets_for(model, samples=3):
    """True values for `TRAINED`."""
    rng = np.random.default_rng(1)
    if model.name == "branches":
        return {"value": rng.normal(size=(samples, 1)), "classes": np.eye(3)[rng.integers(0, 3, samples)]}
    return rng.normal(size=(samples, 1))


def fill(model):
    """Give all weights values that depend on their shapes and order alone; variances stay positive."""
    values = []
    for k, value in enumerate(model.get_weights()):
        drawn = np.random.default_rng(k).normal(scale=0.5, size=value.shape)
        named = model.weights[k].name
        drawn = abs(drawn) + 0.5 if "variance" in named else 0.0 * drawn if "count" in named else drawn
        values.append(np.asarray(drawn, np.float64))
    model.set_weights(values)
