"""Makes keras_runs.npz: small recurrent models trained by model.fit in Keras, in float64.

    for backend in jax torch tensorflow; do
        KERAS_BACKEND=$backend python tests/data/make_keras_runs.py folder/$backend
    done
    python tests/data/merge_backends.py keras_runs.npz /tmp/jax /tmp/torch /tmp/tensorflow

A case has what a case of keras_training.npz has ("architecture", "weights", "compile", "fit", "flags" and
the arrays w, r, h/<key>, p, x0, y, sample_weight, v..: see make_keras_training.py), and besides

options   {name of a layer: arguments it gets on top of its own}; regularizers, constraints and so on are
          {"class_name", "config"}
backends  the backends that gave these numbers, and
others    {backend: "rounds", "differs" or "fails"} for the rest

Among the flags "padded" says that sequences end in zeros, "padded_left" that they begin with them, and
"stateful" that the batch size is fixed and that reset_state() came before the predict of p; "accumulated"
and "averaged" only tell what the optimizer does.

The architectures (a name in front is a layer's own name, the same as in "options"):

lstm_last, gru_last, rnn_last         x0 (5, 2); rnn = LSTM, GRU, SimpleRNN(3); out = Dense(1)
lstm_sequence, gru_sequence           the same with return_sequences; out = Dense(2)
masked_lstm_last, masked_gru_sequence the same two behind mask = Masking()
embedding_last                        x0 (6,) of words below 12; embedding = Embedding(12, 3, mask_zero);
                                      rnn = LSTM(3); out = Dense(1, sigmoid)
embedding_sequence                    the same, rnn = GRU(3, return_sequences); out = Dense(3, softmax)
softmax_last                          x0 (5, 2); rnn = LSTM(3); out = Dense(3, softmax)
bidirectional_last                    x0 (5, 2); mask = Masking(); both = Bidirectional(LSTM(2)), to which
                                      the options "rnn" go; out = Dense(3, softmax)
bidirectional_sequence                mask = Masking(); both = Bidirectional(GRU(2, return_sequences),
                                      merge_mode="sum"); out = Dense(2)
stacked_cells                         x0 (5, 2); rnn = RNN(StackedRNNCells([LSTMCell(3), GRUCell(2)]));
                                      out = Dense(1)
deep                                  x0 (5, 2); rnn = LSTM(3, return_sequences); norm = LayerNormalization;
                                      rnn_2 = GRU(2); out = Dense(1)
batchnorm                             x0 (5, 2); norm = BatchNormalization(momentum=0.9); rnn = SimpleRNN(3);
                                      out = Dense(1)
convolved                             x0 (6, 2); conv = Conv1D(3, 2, activation="tanh"); pool =
                                      AveragePooling1D(2, strides=1); rnn = GRU(3); out = Dense(1)
attended                              x0 (5, 2); rnn = LSTM(3, return_sequences); attention = Attention
                                      (use_scale) of [rnn, rnn]; pool = GlobalAveragePooling1D; out = Dense(1)
conv_lstm                             x0 (3, 5, 1); rnn = ConvLSTM1D(2, 2); flatten; out = Dense(1)
distributed                           x0 (5, 2); dense = TimeDistributed(Dense(3, tanh)); rnn = GRU(2);
                                      out = Dense(1)
stateful_lstm, stateful_gru           x0 (5, 2) in batches of 4; rnn = LSTM, GRU(3, stateful); out = Dense(1)
"""

import keras
import numpy as np
from family_spec import drawn, rng_of
from keras import layers
from make_keras_family import build, forget
from make_keras_training import binary, compile_model, feed, numbers, one_hot, spelled
from reference import BACKEND, Cases, to_numpy, use_float64

WORDS, CLASSES = 12, 3
SHAKE = 1e-9  # how far the initial weights are moved to see whether a run is well conditioned


def make(options, class_name, name, *args, **config):
    """A layer with the arguments of its architecture, and those of the case on top of them."""
    config |= {key: build(value, key) for key, value in options.get(name, {}).items()}
    if class_name in ("LSTM", "GRU"):
        config["use_cudnn"] = False
    return getattr(layers, class_name)(*args, name=name, **config)


def chain(x, options, *parts):
    """A model of layers one upon the other; a part is (class name, name, arguments.., {config})."""
    hidden = x
    for class_name, name, *args in parts:
        config = args.pop() if args and isinstance(args[-1], dict) else {}
        hidden = make(options, class_name, name, *args, **config)(hidden)
    return keras.Model(x, hidden)


def steps(*shape):
    """The input of a model."""
    return keras.Input(shape or (5, 2), name="x0")


SEQ = {"return_sequences": True}
ONE, TWO = ("Dense", "out", 1), ("Dense", "out", 2)
SOFTMAX = ("Dense", "out", CLASSES, {"activation": "softmax"})
SIGMOID = ("Dense", "out", 1, {"activation": "sigmoid"})
EMBEDDING = ("Embedding", "embedding", WORDS, 3, {"mask_zero": True})
MASKING = ("Masking", "mask")
CONVOLUTION = ("Conv1D", "conv", 3, 2, {"activation": "tanh"})
POOLING = ("AveragePooling1D", "pool", 2, {"strides": 1})

CHAINS = {
    "lstm_last": [("LSTM", "rnn", 3), ONE],
    "gru_last": [("GRU", "rnn", 3), ONE],
    "rnn_last": [("SimpleRNN", "rnn", 3), ONE],
    "lstm_sequence": [("LSTM", "rnn", 3, SEQ), TWO],
    "gru_sequence": [("GRU", "rnn", 3, SEQ), TWO],
    "masked_lstm_last": [MASKING, ("LSTM", "rnn", 3), ONE],
    "masked_gru_sequence": [MASKING, ("GRU", "rnn", 3, SEQ), TWO],
    "embedding_last": [EMBEDDING, ("LSTM", "rnn", 3), SIGMOID],
    "embedding_sequence": [EMBEDDING, ("GRU", "rnn", 3, SEQ), SOFTMAX],
    "softmax_last": [("LSTM", "rnn", 3), SOFTMAX],
    "deep": [("LSTM", "rnn", 3, SEQ), ("LayerNormalization", "norm"), ("GRU", "rnn_2", 2), ONE],
    "batchnorm": [("BatchNormalization", "norm", {"momentum": 0.9}), ("SimpleRNN", "rnn", 3), ONE],
    "convolved": [CONVOLUTION, POOLING, ("GRU", "rnn", 3), ONE],
    "conv_lstm": [("ConvLSTM1D", "rnn", 2, 2), ("Flatten", "flatten"), ONE],
}


def bidirectional(options, inner, out, **config):
    """Both directions over masked steps."""
    x = steps()
    both = layers.Bidirectional(make(options, *inner), name="both", **config)
    return keras.Model(x, make(options, *out[:3], **dict(*out[3:]))(both(layers.Masking(name="mask")(x))))


def attended(options):
    """Attention of a sequence to itself."""
    x = steps()
    hidden = make(options, "LSTM", "rnn", 3, return_sequences=True)(x)
    hidden = make(options, "Attention", "attention", use_scale=True)([hidden, hidden])
    hidden = layers.GlobalAveragePooling1D(name="pool")(hidden)
    return keras.Model(x, make(options, "Dense", "out", 1)(hidden))


def stacked_cells(options):
    """Two cells in one RNN."""
    x = steps()
    cells = layers.StackedRNNCells(
        [layers.LSTMCell(3, name="c0"), layers.GRUCell(2, name="c1")], name="cells"
    )
    hidden = make(options, "RNN", "rnn", cells)(x)
    return keras.Model(x, make(options, "Dense", "out", 1)(hidden))


def distributed(options):
    """The same dense layer at every step."""
    x = steps()
    hidden = layers.TimeDistributed(make(options, "Dense", "dense", 3, activation="tanh"), name="each")(x)
    hidden = make(options, "GRU", "rnn", 2)(hidden)
    return keras.Model(x, make(options, "Dense", "out", 1)(hidden))


def architecture(name, options):
    """A model by the name of its architecture."""
    if name in CHAINS:
        shapes = {"embedding": (6,), "convolve": (6, 2), "conv_lst": (3, 5, 1)}
        shape = next((shape for start, shape in shapes.items() if name.startswith(start)), (5, 2))
        kind = {"dtype": "int32"} if name.startswith("embedding") else {}
        return chain(keras.Input(shape, name="x0", **kind), options, *CHAINS[name])
    if name.startswith("stateful"):
        x = keras.Input(batch_shape=(4, 5, 2), name="x0")
        rnn = (name.removeprefix("stateful_").upper(), "rnn", 3, {"stateful": True})
        return chain(x, options, rnn, ONE)
    if name == "bidirectional_last":
        return bidirectional(options, ("LSTM", "rnn", 2), SOFTMAX)
    if name == "bidirectional_sequence":
        options = options | {"rnn": SEQ | options.get("rnn", {})}
        return bidirectional(options, ("GRU", "rnn", 2), TWO, merge_mode="sum")
    return {"attended": attended, "stacked_cells": stacked_cells, "distributed": distributed}[name](options)


# ---- the runs -------------------------------------------------------------------------------------


def labels(*shape):
    """Draws classes."""
    return lambda rng, size: rng.integers(CLASSES, size=(size, *shape))


def positive(*shape):
    """Draws counts."""
    return lambda rng, size: rng.poisson(2.0, size=(size, *shape)).astype(float)


def signs(rng, size):
    """Draws -1 and 1 in a column."""
    return 2 * binary(rng, size) - 1


def probabilities(rng, size):
    """Draws rows that add up to 1."""
    return rng.dirichlet(np.ones(CLASSES), size=size)


def run(name, targets, samples, batch_size, flags="", options=None, class_weight=None, **compile_args):
    """One training run: (how to draw targets, number of samples, case)."""
    fit = {"epochs": 3, "batch_size": batch_size, "shuffle": False}
    if class_weight:
        fit["class_weight"] = class_weight
    case = {"architecture": name, "options": options or {}, "compile": compile_args, "fit": fit}
    return targets, samples, case | {"flags": flags.split()}


def rnn(**config):
    """Options of the recurrent layer."""
    return {"rnn": config}


def optimizer(class_name, loss="mse", metrics=("mae",), **config):
    """The arguments of compile."""
    return {"optimizer": spelled(class_name, **config), "loss": loss, "metrics": list(metrics)}


def sgd(rate=0.1, loss="mse", **config):
    """Compile with SGD and its arguments."""
    return optimizer("SGD", loss, learning_rate=rate, **config)


def adam(rate=0.03, loss="mse", **config):
    """Compile with Adam and its arguments."""
    return optimizer("Adam", loss, learning_rate=rate, **config)


def weighted(compile_args):
    """The same, the metrics weighted too."""
    return compile_args | {"weighted_metrics": ["mse"]}


ACCURACY = ("accuracy",)
SPARSE = {"loss": "sparse_categorical_crossentropy", "metrics": ACCURACY}
BINARY = {"loss": "binary_crossentropy", "metrics": ACCURACY}
SMOOTHED = spelled("CategoricalCrossentropy", label_smoothing=0.1)
LOGITS = spelled("BinaryCrossentropy", from_logits=True)
SUMMED = spelled("MeanSquaredError", reduction="sum")
MEAN_WEIGHTED = spelled("MeanSquaredError", reduction="mean_with_sample_weight")
L1, L2 = spelled("L1", l1=0.02), spelled("L2", l2=0.05)
BOTH_NORMS = spelled("L1L2", l1=0.01, l2=0.03)
ROWS = spelled("OrthogonalRegularizer", factor=0.05)
COLUMNS = spelled("OrthogonalRegularizer", factor=0.05, mode="columns")
MAX_NORM, UNIT_NORM = spelled("MaxNorm", max_value=0.6), spelled("UnitNorm", axis=0)
NON_NEG, MIN_MAX = spelled("NonNeg"), spelled("MinMaxNorm", min_value=0.4, max_value=0.9, rate=0.7, axis=1)
EXPONENTIAL = spelled("ExponentialDecay", initial_learning_rate=0.1, decay_steps=3, decay_rate=0.6)
COSINE = spelled("CosineDecay", initial_learning_rate=0.1, decay_steps=8, alpha=0.1)
INVERSE = spelled("InverseTimeDecay", initial_learning_rate=0.1, decay_steps=2, decay_rate=0.5)
PIECES = spelled("PiecewiseConstantDecay", boundaries=[2, 5], values=[0.1, 0.03, 0.01])
THREE, PAIR = {0: 0.5, 1: 2.0, 2: 1.25}, {0: 0.4, 1: 1.5}

# Optimizers, losses, clipping and schedules.
RUNS = [
    run("lstm_last", numbers(1), 14, 4, **sgd()),
    run("gru_last", numbers(1), 14, 4, "validation", **sgd(momentum=0.9, clipnorm=0.3)),
    run(
        "rnn_last",
        numbers(1),
        13,
        5,
        "sample_weight",
        **weighted(sgd(0.05, "mae", nesterov=True, momentum=0.8)),
    ),
    run("lstm_last", numbers(1), 14, 4, "validation", **adam()),
    run("gru_last", numbers(1), 11, 4, **adam(amsgrad=True, clipvalue=0.05)),
    run("rnn_last", numbers(1), 12, 4, "sample_weight validation", **adam(global_clipnorm=0.4)),
    run(
        "lstm_sequence",
        numbers(5, 2),
        10,
        4,
        **optimizer("AdamW", "mse", learning_rate=0.02, weight_decay=0.1),
    ),
    run(
        "gru_sequence",
        numbers(5, 2),
        9,
        4,
        "step_weight",
        **weighted(optimizer("RMSprop", "mae", learning_rate=0.01)),
    ),
    run(
        "lstm_sequence",
        numbers(5, 2),
        9,
        4,
        "sample_weight",
        **optimizer("Nadam", "log_cosh", learning_rate=0.02),
    ),
    run(
        "gru_last", numbers(1), 13, 4, **optimizer("Adamax", spelled("Huber", delta=0.4), learning_rate=0.03)
    ),
    run("lstm_last", numbers(1), 13, 6, **optimizer("Adadelta", "mse", learning_rate=1.0, rho=0.8)),
    run("lstm_last", numbers(1), 13, 6, "sample_weight", **optimizer("Adagrad", SUMMED, learning_rate=0.05)),
    run(
        "gru_last",
        numbers(1),
        13,
        5,
        "sample_weight",
        **optimizer("RMSprop", MEAN_WEIGHTED, learning_rate=0.01, centered=True, momentum=0.5),
    ),
    run("softmax_last", labels(), 14, 4, "validation", class_weight=THREE, **adam(**SPARSE)),
    run("softmax_last", one_hot, 13, 4, class_weight=THREE, **sgd(loss=SMOOTHED, clipvalue=0.02)),
    run("softmax_last", probabilities, 11, 4, **adam(loss="kl_divergence")),
    run("lstm_last", binary, 14, 4, class_weight=PAIR, **sgd(loss=LOGITS, weight_decay=0.05)),
    run("gru_last", signs, 13, 4, "sample_weight", **sgd(loss="squared_hinge", global_clipnorm=0.5)),
    run("lstm_last", positive(1), 13, 4, options={"out": {"activation": "softplus"}}, **adam(loss="poisson")),
    run("lstm_sequence", numbers(5, 2), 9, 4, **adam(loss="cosine_similarity")),
    run("lstm_last", numbers(1), 13, 4, **sgd(EXPONENTIAL, momentum=0.5)),
    run("rnn_last", numbers(1), 13, 4, **adam(COSINE)),
    run("gru_last", numbers(1), 13, 4, **sgd(INVERSE)),
    run("lstm_last", numbers(1), 13, 4, **optimizer("RMSprop", learning_rate=PIECES)),
    run("lstm_last", numbers(1), 16, 4, "accumulated", **sgd(gradient_accumulation_steps=2)),
    run("gru_last", numbers(1), 12, 4, "averaged", **adam(use_ema=True, ema_momentum=0.8)),
]

# Regularizers and constraints.
RUNS += [
    run("lstm_last", numbers(1), 13, 4, "validation", rnn(kernel_regularizer=L2), **sgd()),
    run("gru_last", numbers(1), 13, 4, "", rnn(recurrent_regularizer=L1, bias_regularizer=L2), **adam()),
    run(
        "rnn_last",
        numbers(1),
        13,
        4,
        "validation",
        rnn(kernel_regularizer=BOTH_NORMS, recurrent_regularizer=ROWS),
        **sgd(),
    ),
    run("lstm_last", numbers(1), 13, 4, "sample_weight", rnn(recurrent_regularizer=COLUMNS), **adam()),
    run("lstm_last", numbers(1), 13, 4, "", rnn(activity_regularizer=L2), **sgd()),
    run("gru_sequence", numbers(5, 2), 9, 4, "", rnn(activity_regularizer=BOTH_NORMS), **adam()),
    run(
        "lstm_last",
        numbers(1),
        13,
        4,
        "",
        {"out": {"kernel_regularizer": L1, "activity_regularizer": L2}},
        **sgd(),
    ),
    run(
        "lstm_last", numbers(1), 13, 4, "", rnn(kernel_constraint=MAX_NORM, bias_constraint=MAX_NORM), **sgd()
    ),
    run("gru_last", numbers(1), 13, 4, "", rnn(recurrent_constraint=UNIT_NORM), **adam()),
    run(
        "rnn_last",
        numbers(1),
        13,
        4,
        "",
        rnn(kernel_constraint=NON_NEG, recurrent_constraint=MIN_MAX),
        **sgd(),
    ),
    run(
        "lstm_last",
        numbers(1),
        13,
        4,
        "validation",
        rnn(bias_constraint=NON_NEG, kernel_constraint=MIN_MAX),
        **adam(),
    ),
    run(
        "lstm_last",
        numbers(1),
        13,
        4,
        "sample_weight",
        rnn(kernel_regularizer=L2, recurrent_constraint=MAX_NORM, bias_regularizer=BOTH_NORMS),
        **sgd(momentum=0.9, clipnorm=0.5),
    ),
    run(
        "softmax_last",
        labels(),
        13,
        4,
        "",
        {"out": {"kernel_constraint": UNIT_NORM}},
        THREE,
        **adam(**SPARSE),
    ),
]

# Masks, states, and the rest of the family.
RUNS += [
    run("masked_lstm_last", numbers(1), 13, 4, "padded validation", **adam()),
    run("masked_lstm_last", numbers(1), 13, 4, "padded_left sample_weight", **sgd()),
    run(
        "masked_lstm_last",
        numbers(1),
        13,
        4,
        "padded",
        rnn(go_backwards=True, activity_regularizer=L2),
        **sgd(),
    ),
    run("masked_gru_sequence", numbers(5, 2), 10, 4, "padded", **adam()),
    run("masked_gru_sequence", numbers(5, 2), 10, 4, "padded sample_weight", **sgd() | {"metrics": []}),
    run("masked_gru_sequence", numbers(5, 2), 10, 4, "padded_left step_weight", **adam()),
    run("embedding_last", binary, 14, 4, "padded validation", None, PAIR, **sgd(**BINARY)),
    run(
        "embedding_last",
        binary,
        14,
        4,
        "padded",
        {"embedding": {"embeddings_regularizer": L2}},
        **adam(**BINARY),
    ),
    run("embedding_sequence", labels(6), 10, 4, "padded", **sgd(momentum=0.5, **SPARSE)),
    run(
        "embedding_sequence",
        labels(6),
        10,
        4,
        "padded",
        {"embedding": {"embeddings_constraint": MAX_NORM}},
        **adam(**SPARSE | {"metrics": []}),
    ),
    run("bidirectional_last", labels(), 13, 4, "padded", None, THREE, **adam(**SPARSE)),
    run("bidirectional_sequence", numbers(5, 2), 10, 4, "padded_left", rnn(kernel_regularizer=L2), **sgd()),
    run("stacked_cells", numbers(1), 13, 4, **adam()),
    run("deep", numbers(1), 13, 4, "validation", **adam(clipnorm=0.5)),
    run("batchnorm", numbers(1), 14, 4, "validation", **sgd()),
    run("convolved", numbers(1), 13, 4, **adam()),
    run("attended", numbers(1), 13, 4, **sgd()),
    run("conv_lstm", numbers(1), 10, 4, "", rnn(kernel_regularizer=L2), **adam()),
    run("distributed", numbers(1), 13, 4, **sgd()),
    run("stateful_lstm", numbers(1), 12, 4, "stateful", **sgd()),
    run("stateful_gru", numbers(1), 12, 4, "stateful", **adam()),
    run(
        "stateful_lstm",
        numbers(1),
        12,
        4,
        "stateful sample_weight",
        rnn(recurrent_constraint=MAX_NORM),
        **adam(),
    ),
]


def draw(rng, model, targets, samples, flags, prefix=""):
    """Inputs, targets and sample weights by name."""
    (tensor,) = model.inputs
    shape = (samples, *tensor.shape[1:])
    x = rng.integers(1, WORDS, size=shape) if tensor.dtype == "int32" else drawn(rng, shape)
    lengths = rng.integers(1, shape[1] + 1, size=samples)
    for row, length in zip(x, lengths, strict=True):
        if "padded" in flags:
            row[length:] = 0
        if "padded_left" in flags:
            row[: len(row) - length] = 0
    arrays = {"x0": x, "y": targets(rng, samples)}
    if "sample_weight" in flags:  # beside a sequence of targets it is a column
        size = (samples, 1) if arrays["y"].ndim == 3 else samples
        arrays["sample_weight"] = rng.uniform(0.2, 2.0, size=size).round(3)
    if "step_weight" in flags:
        arrays["sample_weight"] = rng.uniform(0.2, 2.0, size=shape[:2]).round(3)
    return {prefix + name: array for name, array in arrays.items()}


def draw_weights(rng, model):
    """Initial weights, the variances among them positive."""
    values = [drawn(rng, tuple(weight.shape), 0.5) for weight in model.weights]
    positive = ["variance" in weight.name for weight in model.weights]
    return [np.abs(v) + 0.5 if at else v for v, at in zip(values, positive, strict=True)]


def train(case, weights, arrays):
    """The arrays that training leaves behind, and the model's weights by name."""
    model = architecture(case["architecture"], case["options"])
    model.set_weights(weights)
    compile_model(model, case["compile"])
    validation = {"validation_data": feed(arrays, "v")} if "validation" in case["flags"] else {}
    inputs, *rest = feed(arrays)
    names = dict(zip(("y", "sample_weight"), rest, strict=False))
    history = model.fit(inputs, **names, **validation, **case["fit"], verbose=0).history
    case["weights"] = [weight.path for weight in model.weights]
    made = {f"r{i}": to_numpy(weight) for i, weight in enumerate(model.weights)}
    made |= {f"h/{key}": np.array(values) for key, values in history.items()}
    if "stateful" in case["flags"]:
        model.get_layer("rnn").reset_state()
    return made | {"p": model.predict(inputs, batch_size=case["fit"]["batch_size"], verbose=0)}


def check_condition(rng, case, weights, arrays, made):
    """Raise if a tiny change of the initial weights makes a large one in the end."""
    shaken = [weight + SHAKE * rng.normal(size=weight.shape) for weight in weights]
    again = train(case, shaken, arrays)
    factor = max(np.max(np.abs(again[name] - made[name])) for name in made if name[0] in "rp") / SHAKE
    if factor > 300:
        raise ValueError(f"{case['id']} makes changes {factor:.0f} times as large")


def run_case(targets, samples, case):
    """All the arrays of one run."""
    rng = rng_of(case["id"])
    model = architecture(case["architecture"], case["options"])
    weights = draw_weights(rng, model)
    arrays = draw(rng, model, targets, samples, case["flags"])
    if "validation" in case["flags"]:
        arrays |= draw(rng, model, targets, 6, case["flags"], "v")
    made = train(case, weights, arrays)
    if BACKEND == "torch":
        check_condition(rng, case, weights, arrays, made)
    return arrays | {f"w{i}": weight for i, weight in enumerate(weights)} | made


def name_of(case):
    """An id that tells the architecture, the optimizer, the loss and what else is special."""
    loss = case["compile"]["loss"]
    loss = loss if isinstance(loss, str) else loss["class_name"]
    extras = [*case["flags"], *(["class_weight"] if "class_weight" in case["fit"] else [])]
    extras += [key for layer in case["options"].values() for key in layer]
    clips = [key for key in case["compile"]["optimizer"]["config"] if "clip" in key]
    return "-".join([case["architecture"], case["compile"]["optimizer"]["class_name"], loss, *extras, *clips])


def main():
    """Train every model that this backend can train, and save."""
    use_float64()
    cases, counts = Cases(), {}
    for targets, samples, case in RUNS:
        name = name_of(case)
        counts[name] = counts.get(name, 0) + 1
        case["id"] = f"{name}-{counts[name]}" if counts[name] > 1 else name
        try:
            arrays = run_case(targets, samples, case)
        except Exception as error:
            print(f"{case['id']} fails on {BACKEND}: {' '.join(str(error).split())[:300]}")
        else:
            cases.add(case, arrays)
        forget(len(cases.cases))
    cases.save("keras_runs.npz")


if __name__ == "__main__":
    main()
