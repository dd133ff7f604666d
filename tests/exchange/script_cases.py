"""Models that scripts are written of: every layer with every argument, and models of several layers."""

from collections.abc import Callable

import numpy as np
from nn.every_layer import LAYERS, Use, change, changes, without_and_with
from nn.keras_cases import flat

from tinygraph import nn

#: what an argument may change first that a prediction does not show
UNSEEN = {"loss", "update", "trainable", "name", "nothing", "first of a model", "batches"}


def rng():
    return np.random.default_rng(7)


def filled(model):
    """The model with weights that are not zeros or ones."""
    random = rng()
    model.set_weights(
        [
            abs(random.normal(size=w.shape)) + 0.5
            if "variance" in w.name
            else random.normal(size=w.shape) * 0.5
            for w in model.weights
        ]
    )
    return model


def of_layer(name, arguments):
    """A model of one layer, and arrays to predict from."""
    use = Use(name, arguments).fill()
    inputs = [nn.Input(x.shape[1:], dtype=x.dtype.name) for x in use.x]
    given = {name: use._symbols(value) for name, value in use.given.items()}
    model = nn.Model([*inputs, *flat(list(given.values()))], use.call(inputs, given))
    return model, [*use.x, *flat(list(use.given.values()))]


def argument_cases():
    """name -> maker: every layer as its entry has it, and with each argument that predictions show."""
    cases: dict[str, Callable] = {}
    for name, argument in changes():
        if name == "Lambda" or argument == "batch_input_shape":
            continue
        _, with_it = without_and_with(name, argument)
        cases.setdefault(name, lambda name=name: of_layer(name, LAYERS[name].needs))
        if change(name, argument).shows not in UNSEEN:
            cases[f"{name}-{argument}"] = lambda name=name, how=with_it: of_layer(name, how)
            if argument != "dtype" and name not in (
                "Bidirectional",
                "TimeDistributed",
                "RNN",
                "StackedRNNCells",
            ):
                double = with_it | {"dtype": "float64"}
                cases[f"{name}-{argument}-double"] = lambda name=name, how=double: of_layer(name, how)
    return cases


#: recurrent layers, with all that masks, directions, states and wrappers do to them
RECURRENT = {
    "LSTM": lambda **how: nn.LSTM(3, **how),
    "GRU": lambda **how: nn.GRU(3, **how),
    "GRU-before": lambda **how: nn.GRU(3, reset_after=False, **how),
    "SimpleRNN": lambda **how: nn.SimpleRNN(3, **how),
    "ConvLSTM1D": lambda **how: nn.ConvLSTM1D(2, 2, **how),
    "stacked": lambda **how: nn.RNN([nn.LSTMCell(3, dtype="float64"), nn.GRUCell(2, dtype="float64")], **how),
}
FLAGS = ("return_sequences", "return_state", "go_backwards", "zero_output_for_mask")


def recurrent(make, flags, masked, began):
    """A recurrent layer with flags, a mask and an initial state, in float64."""
    layer = make(**dict.fromkeys(flags, True), dtype="float64")
    shape = (4, 5, 2) if "ConvLSTM" in type(layer).__name__ else (4, 2)
    x = nn.Input(shape, dtype="float64", name="series")
    inputs, arrays = [x], [rng().normal(size=(3, *shape))]
    given = {}
    if masked:
        inputs.append(nn.Input((4,), dtype="bool", name="counts"))
        given["mask"] = inputs[-1]
        arrays.append(np.array([[True] * 4, [False, True, True, False], [False] * 4]))
    if began:
        layer.ensure_built(shape)
        sizes = [state[1:] for state in flat_states(layer)]
        states = [nn.Input(size, dtype="float64", name=f"state{k}") for k, size in enumerate(sizes)]
        inputs += states
        arrays += [rng().normal(size=(3, *size)) for size in sizes]
        given["initial_state"] = nested(layer, states)
    return filled(nn.Model(inputs, flat(layer(x, **given)))), arrays


def flat_states(layer):
    from tinygraph.nn.recurrent.states import state_shapes

    return [(None, *shape) for shape in state_shapes(layer.cell)]


def nested(layer, states):
    return layer.cell.nested(states) if hasattr(layer.cell, "nested") else states


def recurrent_cases():
    cases = {}
    for name, make in RECURRENT.items():
        for k in range(2 ** len(FLAGS)):
            flags = [flag for bit, flag in enumerate(FLAGS) if k >> bit & 1]
            for masked, began in ((False, False), (True, False), (False, True), (True, True)):
                title = "-".join([name, *flags, *["masked"] * masked, *["began"] * began])
                cases[title] = lambda make=make, flags=flags, m=masked, b=began: recurrent(make, flags, m, b)
    return cases


def bidirectional(mode, sequences, masked):
    x = nn.Input((5, 2), dtype="float64", name="x")
    h = nn.Masking(dtype="float64")(x) if masked else x
    layer = nn.LSTM(3, return_sequences=sequences, return_state=True, dtype="float64")
    array = rng().normal(size=(3, 5, 2))
    array[1, 2:] = array[2, :2] = 0.0
    return filled(nn.Model(x, nn.Bidirectional(layer, merge_mode=mode)(h))), [array]


def forecaster():
    """The model that the documentation shows."""
    nn.clear_session()
    model = nn.Sequential(
        [nn.LSTM(16, return_sequences=True, input_shape=(12, 1)), nn.LSTM(16), nn.Dense(1)], name="forecaster"
    )
    return filled(model), [rng().normal(size=(3, 12, 1))]


def two_inputs():
    series, meta = nn.Input((6, 2), name="series"), nn.Input((3,), name="class")
    h = nn.Bidirectional(nn.GRU(4, return_sequences=True))(series)
    h = nn.LSTM(4, name="encoder")(h)
    both = nn.Concatenate()([h, nn.Dense(4, activation="gelu")(meta)])
    both = nn.Add()([both, nn.Dense(8, activation="tanh")(both)])
    model = nn.Model([series, meta], {"price": nn.Dense(1)(both), 'up "or" down': nn.Softmax()(both)})
    return filled(model), [rng().normal(size=(3, 6, 2)), rng().normal(size=(3, 3))]


def words():
    model = nn.Sequential(
        [
            nn.Embedding(9, 4, mask_zero=True, input_shape=(7,)),
            nn.LSTM(5, return_sequences=True, dropout=0.3),
            nn.TimeDistributed(nn.Dense(4, activation="relu")),
            nn.Bidirectional(nn.LSTM(3), merge_mode="sum"),
            nn.Dropout(0.5),
            nn.Dense(2, activation="softmax"),
        ]
    )
    ids = rng().integers(1, 9, (4, 7))
    ids[0, 3:] = ids[1, 5:] = 0
    return filled(model), [ids]


def encoder_decoder():
    source, target = nn.Input((5, 2)), nn.Input((4, 3))
    _, h, c = nn.LSTM(6, return_state=True, name="reader")(source)
    y = nn.LSTM(6, return_sequences=True, name="writer")(target, initial_state=[h, c])
    y = nn.Attention()([y, nn.Dense(6)(source)])
    return filled(nn.Model([source, target], nn.Dense(3)(y))), [
        rng().normal(size=(3, 5, 2)),
        rng().normal(size=(3, 4, 3)),
    ]


def shared_and_nested():
    inner = nn.Sequential([nn.Conv1D(3, 2, activation="relu", input_shape=(6, 2)), nn.LSTM(3)], name="inner")
    a, b = nn.Input((6, 2), name="a"), nn.Input((6, 2), name="b")
    frames = nn.Input((3, 6, 2), name="frames")
    merged = nn.Subtract()([inner(a), inner(b)])
    y = nn.GRU(3, name="lambda")(nn.TimeDistributed(inner)(frames))
    shapes = [(6, 2), (6, 2), (3, 6, 2)]
    model = nn.Model([a, b, frames], nn.Multiply()([merged, y, y]))
    return filled(model), [rng().normal(size=(3, *shape)) for shape in shapes]


def masked_merges():
    a, b = nn.Input((5, 2), name="a"), nn.Input((5, 2), name="b")
    one, other = nn.Masking()(a), nn.Masking(2.0)(b)
    parts = [kind()([one, other]) for kind in (nn.Multiply, nn.Maximum, nn.Minimum, nn.Average)]
    joined = nn.Concatenate(axis=1)([*parts, b])
    arrays = [rng().normal(size=(3, 5, 2)) for _ in range(2)]
    arrays[0][0, 3:], arrays[1][0, 2:], arrays[1][1, 0] = 0.0, 2.0, 2.0
    attended = nn.MultiHeadAttention(2, 3)(one, other, use_causal_mask=True)
    return filled(nn.Model([a, b], [nn.GRU(4)(joined), nn.GlobalAveragePooling1D()(attended)])), arrays


def masked_attention():
    """Masks of queries and values, of steps and of frames; weights that are asked for, and not."""
    ids, others = nn.Input((4,), dtype="int64", name="ids"), nn.Input((5,), dtype="int64", name="others")
    table = nn.Embedding(6, 4, mask_zero=True)
    q, v = table(ids), table(others)
    y, shares = nn.Attention()([q, v], return_attention_scores=True)
    seen = nn.Input((4, 5), dtype="bool", name="seen")
    kept = nn.Input((4, 4), dtype="bool", name="kept")
    z = nn.MultiHeadAttention(2, 3)(q, v, attention_mask=seen)
    w = nn.Softmax()(y, mask=kept)
    arrays = [rng().integers(0, 6, (3, 4)), rng().integers(0, 6, (3, 5))]
    arrays += [rng().normal(size=(3, 4, 5)) > 0, rng().normal(size=(3, 4, 4)) > 0]
    return filled(
        nn.Model(
            [ids, others, seen, kept], [y, shares, nn.GRU(3)(nn.Add()([z, nn.Activation("tanh")(z)])), w]
        )
    ), arrays


def attention_over_axes():
    ids = nn.Input((3, 4), dtype="int64", name="ids")
    h = nn.Embedding(5, 2, mask_zero=True)(ids)
    layer = nn.MultiHeadAttention(2, 3, output_shape=(2, 2), attention_axes=(1, 2))
    y, shares = layer(h, h, return_attention_scores=True)
    return filled(nn.Model(ids, [y, shares])), [rng().integers(0, 5, (2, 3, 4))]


def half_of_the_results():
    x = nn.Input((4, 3), name="x")
    y, _ = nn.Attention()([x, x], return_attention_scores=True)
    return nn.Model(x, y), [rng().normal(size=(2, 4, 3))]


def recurrences():
    """States and masks that wrappers pass on, masks of numbers, and activations that do nothing."""
    x, counts = nn.Input((4, 2), name="x"), nn.Input((4,), dtype="int64", name="n")
    states = [nn.Input((3,), name="abcd"[k]) for k in range(4)]
    frames, of_frames = nn.Input((2, 4, 2), name="f"), nn.Input((2, 4), dtype="bool", name="m")
    y = nn.Bidirectional(nn.LSTM(3))(nn.Conv1D(2, 2, padding="causal")(x), initial_state=states)
    z = nn.LSTM(3, activation="linear")(x, mask=counts)
    w = nn.TimeDistributed(nn.SimpleRNN(3))(frames, mask=of_frames)
    arrays = [rng().normal(size=(3, 4, 2)), rng().integers(0, 2, (3, 4))]
    arrays += [rng().normal(size=(3, 3)) for _ in range(4)]
    arrays += [rng().normal(size=(3, 2, 4, 2)), rng().normal(size=(3, 2, 4)) > 0]
    model = nn.Model(
        [x, counts, *states, frames, of_frames], [y, z, w, nn.SimpleRNN(2, activation="linear")(x)]
    )
    return filled(model), arrays


def enlarged():
    x = nn.Input((3, 4, 2), name="x")
    kinds = ("bicubic", "lanczos3", "lanczos5")
    return nn.Model(x, {kind: nn.UpSampling2D(2, interpolation=kind)(x) for kind in kinds}), [
        rng().normal(size=(2, 3, 4, 2))
    ]


def mixed_types():
    ids = nn.Input((4,), dtype="int32", name="ids")
    x = nn.Embedding(5, 3, dtype="float64")(ids)
    y = nn.LSTM(3, activation="relu", use_bias=False)(x)
    z = nn.LSTM(3, recurrent_activation="hard_sigmoid", dtype="float64")(x)
    return filled(nn.Model(ids, nn.Concatenate()([y, z, nn.Dense(2, dtype="float64")(ids)]))), [
        rng().integers(0, 5, (3, 4)).astype("int32")
    ]


def activations():
    names = sorted(nn.registry.KINDS["activation"])
    x = nn.Input((8,), dtype="float64")
    return nn.Model(x, {name: nn.Activation(name, dtype="float64")(x) for name in names}), [
        rng().normal(size=(3, 8)) * 10.0 ** np.arange(-5, 3)
    ]


def hostile_names():
    """Names that are no identifiers, or would be code."""
    x = nn.Input((3,), name='x"]); import os; os.abort() #')
    h = nn.Dense(3, name='"""\nraise SystemExit\n"""')(x)
    h2 = nn.Dense(3, name="a/b")(h)
    inner = nn.Sequential([nn.Dense(3, name="b", input_shape=(3,))], name="a")
    return filled(nn.Model(x, [nn.Add(name="np")([inner(h2), h, x]), h2])), [rng().normal(size=(3, 3))]


MODELS = {
    f.__name__: f
    for f in (forecaster, two_inputs, words, encoder_decoder, shared_and_nested, masked_merges, mixed_types)
}
MODELS |= {
    f.__name__: f for f in (masked_attention, attention_over_axes, half_of_the_results, recurrences, enlarged)
}
MODELS |= {"activations": activations, "hostile_names": hostile_names}
MODELS |= {
    f"bidirectional-{mode}-{sequences}-{masked}": lambda m=mode, s=sequences, k=masked: bidirectional(m, s, k)
    for mode in ("concat", "sum", "mul", "ave", None)
    for sequences in (False, True)
    for masked in (False, True)
}
CASES = MODELS | recurrent_cases() | argument_cases()
#: what takes a few seconds: of recurrent layers the LSTM, and arguments in double precision
QUICK = [
    name
    for name in CASES
    if name in MODELS or name in LAYERS or name.endswith("-double") or name.startswith("LSTM-")
]
#: what has all of the functions, with a mask, with states to begin with, and without
WHOLE = [name for name in CASES if name in MODELS or name in LAYERS]
WHOLE += [
    f"{name}-double"
    for name in (
        *(
            "AveragePooling3D-padding",
            "UpSampling2D-interpolation",
            "Conv1D-groups",
            "ConvLSTM3DCell-padding",
        ),
        *("MultiHeadAttention-use_gate", "MultiHeadAttention-sliding_window", "Attention-score_mode"),
        *("LayerNormalization-rms_scaling", "Normalization-invert", "ReLU-threshold", "Dot-normalize"),
    )
]
WHOLE += [f"{name}{how}" for name in RECURRENT for how in ("-masked-began", "-return_state")]
