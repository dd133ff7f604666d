"""Makes keras_training.npz: small models trained by model.fit in Keras, in float64.

    KERAS_BACKEND=jax python tests/data/make_keras_training.py [folder]

A case has "architecture" (a function below), "weights" (the path of every weight, in the order of
get_weights), "compile" and "fit" (their arguments, but the data), and "flags" that say which arrays
below there are. JSON has no integer keys: class_weight is {"0": 1.0, ..}. Arrays of a case:

    x0, x1, y                    inputs and targets
    sample_weight                if "sample_weight" (one for each sample) or "step_weight" (one
                                 for each step too) is among the flags
    vx0, vx1, vy, vsample_weight validation data, if "validation" is among the flags
    w0, w1, ..                   the weights before training (drawn here, not by initializers)
    r0, r1, ..                   the weights after it
    h/<key>                      the history, one number for each epoch
    p                            predict(inputs) after training
"""

import keras
import numpy as np
from keras.layers import LSTM, Concatenate, Dense, Embedding, Flatten, Input
from reference import Cases, make_optimizer, to_numpy, use_float64

WORDS, CLASSES = 12, 3


def lstm_regression():
    """The last output of an LSTM gives one number."""
    x = Input((6, 3), name="x0")
    hidden = LSTM(5, name="lstm")(x)
    return keras.Model(x, Dense(1, name="out")(hidden))


def lstm_sequence():
    """Every output of an LSTM gives two numbers."""
    x = Input((6, 3), name="x0")
    hidden = LSTM(5, return_sequences=True, name="lstm")(x)
    return keras.Model(x, Dense(2, name="out")(hidden))


def lstm_stack_softmax():
    """Two LSTMs, one upon the other, give the probabilities of three classes."""
    x = Input((7, 4), name="x0")
    hidden = LSTM(6, return_sequences=True, name="lstm_1")(x)
    hidden = LSTM(4, name="lstm_2")(hidden)
    return keras.Model(x, Dense(CLASSES, activation="softmax", name="out")(hidden))


def embedding_lstm_sigmoid():
    """Embedded words and an LSTM give one probability."""
    x = Input((8,), dtype="int32", name="x0")
    hidden = Embedding(WORDS, 4, name="embedding")(x)
    hidden = LSTM(5, name="lstm")(hidden)
    return keras.Model(x, Dense(1, activation="sigmoid", name="out")(hidden))


def two_inputs():
    """A sequence and a vector, each with its own layer, are joined."""
    x0, x1 = Input((5, 3), name="x0"), Input((2,), name="x1")
    hidden = [LSTM(4, name="lstm")(x0), Dense(3, activation="tanh", name="dense")(x1)]
    return keras.Model([x0, x1], Dense(1, name="out")(Concatenate(name="join")(hidden)))


def flatten_dense():
    """Dense layers alone give the probabilities of three classes."""
    x = Input((4, 3), name="x0")
    hidden = Dense(8, activation="relu", name="dense")(Flatten(name="flatten")(x))
    return keras.Model(x, Dense(CLASSES, activation="softmax", name="out")(hidden))


def shared_layers():
    """Two sequences go through the same LSTM and the same Dense layer."""
    x0, x1 = Input((5, 3), name="x0"), Input((5, 3), name="x1")
    lstm, dense = LSTM(4, name="lstm"), Dense(3, activation="tanh", name="dense")
    hidden = [dense(lstm(x)) for x in (x0, x1)]
    joined = Concatenate(name="join")(hidden)
    return keras.Model([x0, x1], Dense(1, activation="sigmoid", name="out")(joined))


def numbers(*shape):
    """Draws targets that are numbers."""
    return lambda rng, size: rng.normal(size=(size, *shape))


def labels(rng, size):
    """Draws classes."""
    return rng.integers(CLASSES, size=size)


def one_hot(rng, size):
    """Draws one-hot rows."""
    return np.eye(CLASSES)[labels(rng, size)]


def binary(rng, size):
    """Draws zeros and ones in a column."""
    return rng.integers(2, size=(size, 1)).astype(float)


def spelled(class_name, **config):
    """An optimizer, schedule or loss as a case spells it."""
    return {"class_name": class_name, "config": config}


def run(architecture, targets, samples, batch_size, flags="", class_weight=None, **compile_args):
    """One training run: (architecture, how to draw targets, number of samples, case)."""
    fit = {"epochs": 3, "batch_size": batch_size, "shuffle": False}
    if class_weight:
        fit["class_weight"] = class_weight
    case = {"architecture": architecture.__name__, "compile": compile_args, "fit": fit}
    return architecture, targets, samples, case | {"flags": flags.split()}


ADAM = spelled("Adam", learning_rate=0.05)
ADAM_GLOBAL = spelled("Adam", learning_rate=0.08, global_clipnorm=0.3)
ADAM_VALUE = spelled("Adam", learning_rate=0.02, amsgrad=True, clipvalue=0.02)
ADAMW = spelled("AdamW", learning_rate=0.03, weight_decay=0.05)
ADAGRAD = spelled("Adagrad", learning_rate=0.1)
ADAMAX = spelled("Adamax", learning_rate=0.03)
NADAM = spelled("Nadam", learning_rate=0.02)
RMSPROP = spelled("RMSprop", learning_rate=0.01)
RMSPROP_CENTERED = spelled("RMSprop", learning_rate=0.01, momentum=0.5, centered=True)
SGD_CLIPPED = spelled("SGD", learning_rate=0.1, momentum=0.9, clipnorm=0.2)
SGD_DECAYED = spelled("SGD", learning_rate=0.1, weight_decay=0.1)
RATE = spelled("ExponentialDecay", initial_learning_rate=0.1, decay_steps=4, decay_rate=0.7)
SGD_SCHEDULED = spelled("SGD", learning_rate=RATE, momentum=0.8, nesterov=True)
HUBER = spelled("Huber", delta=0.5)
SMOOTHED = spelled("CategoricalCrossentropy", label_smoothing=0.1)
SPARSE = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
BINARY = {"loss": "binary_crossentropy", "metrics": ["accuracy"]}
SQUARED = {"loss": "mse", "metrics": ["mae"]}
WEIGHTED = {"loss": HUBER, "metrics": ["mae"], "weighted_metrics": ["mse"]}
BOTH = "sample_weight validation"
THREE, TWO = {0: 0.5, 1: 2.0, 2: 1.25}, {0: 0.4, 1: 1.5}

RUNS = [
    run(lstm_regression, numbers(1), 22, 8, optimizer=ADAM, **SQUARED),
    run(lstm_regression, numbers(1), 19, 4, BOTH, optimizer=SGD_CLIPPED, **WEIGHTED),
    run(lstm_sequence, numbers(6, 2), 17, 5, "validation", optimizer=RMSPROP, **SQUARED),
    run(lstm_sequence, numbers(6, 2), 13, 4, "step_weight", optimizer=ADAM, **WEIGHTED),
    run(lstm_stack_softmax, labels, 23, 6, "validation", optimizer=ADAM_GLOBAL, **SPARSE),
    run(lstm_stack_softmax, labels, 20, 7, "", THREE, optimizer=RMSPROP_CENTERED, **SPARSE),
    run(embedding_lstm_sigmoid, binary, 21, 8, optimizer=ADAM, **BINARY),
    run(embedding_lstm_sigmoid, binary, 18, 5, "validation", TWO, optimizer=ADAMW, **BINARY),
    run(two_inputs, numbers(1), 16, 6, "sample_weight", optimizer=NADAM, **SQUARED),
    run(two_inputs, numbers(1), 15, 4, "validation", optimizer=SGD_SCHEDULED, **SQUARED),
    run(flatten_dense, one_hot, 25, 8, optimizer=ADAGRAD, loss=SMOOTHED, metrics=["accuracy"]),
    run(flatten_dense, labels, 22, 5, "validation", THREE, optimizer=SGD_DECAYED, **SPARSE),
    run(shared_layers, binary, 14, 4, optimizer=ADAMAX, **BINARY),
    run(shared_layers, binary, 19, 8, BOTH, optimizer=ADAM_VALUE, **BINARY),
]


def draw(rng, model, targets, samples, flags, prefix=""):
    """Inputs, targets and weights for a model, by name."""
    arrays = {}
    for tensor in model.inputs:
        shape = (samples, *tensor.shape[1:])
        words = tensor.dtype == "int32"
        drawn = rng.integers(WORDS, size=shape) if words else rng.normal(size=shape)
        arrays[prefix + tensor.name] = drawn
    arrays[prefix + "y"] = targets(rng, samples)
    if "sample_weight" in flags:
        arrays[prefix + "sample_weight"] = rng.uniform(0.0, 2.0, size=samples)
    if "step_weight" in flags:
        arrays[prefix + "sample_weight"] = rng.uniform(0.0, 2.0, size=(samples, 6))
    return arrays


def feed(arrays, prefix=""):
    """Inputs, targets and perhaps weights, as fit and validation_data take them."""
    x = [arrays[prefix + name] for name in ("x0", "x1") if prefix + name in arrays]
    rest = [arrays[prefix + name] for name in ("y", "sample_weight") if prefix + name in arrays]
    return (x if len(x) > 1 else x[0], *rest)


def compile_model(model, arguments):
    """model.compile with arguments as a case spells them."""
    loss = arguments["loss"]
    if isinstance(loss, dict):
        loss = getattr(keras.losses, loss["class_name"])(**loss["config"])
    chosen = {"optimizer": make_optimizer(arguments["optimizer"]), "loss": loss}
    model.compile(**arguments | chosen)


def train(rng, architecture, targets, samples, case):
    """The model after training, and the arrays of one case."""
    model = architecture()
    model.set_weights([rng.normal(size=weight.shape) * 0.5 for weight in model.weights])
    arrays = draw(rng, model, targets, samples, case["flags"])
    validation = {}
    if "validation" in case["flags"]:
        arrays |= draw(rng, model, targets, 10, case["flags"], "v")
        validation["validation_data"] = feed(arrays, "v")
    arrays |= {f"w{i}": to_numpy(weight) for i, weight in enumerate(model.weights)}
    compile_model(model, case["compile"])
    inputs, *rest = feed(arrays)
    names = dict(zip(("y", "sample_weight"), rest, strict=False))
    history = model.fit(inputs, **names, **validation, **case["fit"], verbose=0).history
    arrays |= {f"r{i}": to_numpy(weight) for i, weight in enumerate(model.weights)}
    arrays |= {f"h/{key}": np.array(values) for key, values in history.items()}
    return model, arrays | {"p": model.predict(inputs, verbose=0)}


def main():
    """Train every model and save."""
    use_float64()
    cases = Cases()
    for seed, (architecture, targets, samples, case) in enumerate(RUNS):
        model, arrays = train(np.random.default_rng(seed), architecture, targets, samples, case)
        kind = case["compile"]["optimizer"]["class_name"].lower()
        extras = [*case["flags"], *(["class_weight"] if "class_weight" in case["fit"] else [])]
        case["id"] = "-".join([case["architecture"], kind, *extras])
        case["weights"] = [weight.path for weight in model.weights]
        cases.add(case, arrays)
    cases.save("keras_training.npz")


if __name__ == "__main__":
    main()
