"""Makes keras_losses.npz: Keras' losses, metrics and activations on small arrays, in float64.

    KERAS_BACKEND=jax python tests/data/make_keras_losses.py [folder]

The "kind" of a case says what it is.

loss        "class_name" and "config" (of keras.losses); y_true, y_pred, perhaps sample_weight;
            value = the loss, values = the same with reduction "none" (weighted already),
            dy_pred = gradient of value.
metric      "class_name" and "config" (of keras.metrics); three uneven batches y_true0..2,
            y_pred0..2, perhaps sample_weight0..2; result[i] = result after batches 0..i.
activation  "name" and "config" (of keras.activations); x, y, and dx = gradient of sum(y * g). For
            all but softmax and log_softmax g is ones, so that dx is the derivative.
"""

import keras
import numpy as np
from reference import Cases, gradients, to_numpy, use_float64

CLASSES = 5
BATCHES = (12, 5, 9)

# (class name, config, targets): `targets` names a row of TARGETS below.
LOSSES = [
    ("MeanSquaredError", {}, "real"),
    ("MeanAbsoluteError", {}, "real"),
    ("Huber", {}, "real"),
    ("Huber", {"delta": 0.4}, "real"),
    ("LogCosh", {}, "real"),
    ("BinaryCrossentropy", {}, "binary"),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, "binary"),
    ("BinaryCrossentropy", {"from_logits": True}, "binary_logits"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "binary_logits"),
    ("CategoricalCrossentropy", {}, "onehot"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.2}, "onehot"),
    ("CategoricalCrossentropy", {}, "onehot_unnormalised"),
    ("CategoricalCrossentropy", {}, "soft"),
    ("CategoricalCrossentropy", {"from_logits": True}, "onehot_logits"),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "onehot_logits"),
    ("SparseCategoricalCrossentropy", {}, "sparse"),
    ("SparseCategoricalCrossentropy", {}, "sparse_unnormalised"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "sparse_logits"),
    ("KLDivergence", {}, "soft_unnormalised"),
    ("Poisson", {}, "counts"),
    ("CosineSimilarity", {}, "real"),
    ("Hinge", {}, "signs"),
    ("Hinge", {}, "binary_logits"),
    ("SquaredHinge", {}, "signs"),
    ("SquaredHinge", {}, "binary_logits"),
    ("CategoricalHinge", {}, "onehot_logits"),
]
LOSS_SHAPES = [((6, CLASSES), None), ((6, CLASSES), (6,))]  # of y_pred and of sample_weight
LOSS_SHAPES += [((4, 3, CLASSES), None), ((4, 3, CLASSES), (4, 1)), ((4, 3, CLASSES), (4, 3))]
REDUCTIONS = [
    ("MeanSquaredError", {"reduction": "sum"}, "real"),
    ("MeanSquaredError", {"reduction": "mean_with_sample_weight"}, "real"),
    ("SparseCategoricalCrossentropy", {"reduction": "mean_with_sample_weight"}, "sparse"),
]

# (class name, config, targets, shape of one sample's y_pred)
METRICS = [
    ("Accuracy", {}, "labels", (1,)),
    ("Accuracy", {}, "labels", (4,)),
    ("BinaryAccuracy", {}, "scored", (1,)),
    ("BinaryAccuracy", {}, "scored", ()),
    ("BinaryAccuracy", {"threshold": 0.3}, "scored", (3,)),
    ("CategoricalAccuracy", {}, "onehot_logits", (CLASSES,)),
    ("CategoricalAccuracy", {}, "onehot_logits", (4, CLASSES)),
    ("SparseCategoricalAccuracy", {}, "sparse_logits", (CLASSES,)),
    ("SparseCategoricalAccuracy", {}, "sparse_column", (CLASSES,)),
    ("SparseCategoricalAccuracy", {}, "sparse_logits", (4, CLASSES)),
    ("TopKCategoricalAccuracy", {}, "onehot_logits", (9,)),
    ("TopKCategoricalAccuracy", {"k": 2}, "onehot_logits", (CLASSES,)),
    ("SparseTopKCategoricalAccuracy", {}, "sparse_logits", (9,)),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, "sparse_logits", (CLASSES,)),
    ("MeanSquaredError", {}, "real", (3,)),
    ("MeanSquaredError", {}, "real", (1,)),
    ("MeanAbsoluteError", {}, "real", (3,)),
    ("RootMeanSquaredError", {}, "real", (3,)),
    ("Precision", {}, "scored", (1,)),
    ("Precision", {"thresholds": 0.3}, "scored", (3,)),
    ("Precision", {"thresholds": [0.2, 0.5, 0.8]}, "scored", (1,)),
    ("Recall", {}, "scored", (1,)),
    ("Recall", {"thresholds": 0.3}, "scored", (3,)),
    ("Recall", {"thresholds": [0.2, 0.5, 0.8]}, "scored", (1,)),
    ("AUC", {}, "scored", (1,)),
    ("AUC", {"num_thresholds": 5}, "scored", (1,)),
    ("AUC", {"summation_method": "majoring", "num_thresholds": 11}, "scored", (1,)),
    ("AUC", {"summation_method": "minoring", "num_thresholds": 11}, "scored", (1,)),
    ("AUC", {"thresholds": [0.1, 0.35, 0.9]}, "scored", (1,)),
    ("AUC", {"curve": "PR"}, "scored", (1,)),
    ("AUC", {"curve": "PR", "num_thresholds": 7}, "scored", (1,)),
    (
        "AUC",
        {"curve": "PR", "summation_method": "majoring", "num_thresholds": 11},
        "scored",
        (1,),
    ),
]

SMOOTH = ["sigmoid", "tanh", "softplus", "softsign", "silu", "gelu", "mish", "exponential"]
PIECEWISE = ["relu", "leaky_relu", "elu", "selu", "hard_sigmoid", "hard_tanh", "hard_silu"]
PIECEWISE += ["relu6", "linear"]
BY_ROW = ["softmax", "log_softmax"]
ACTIVATIONS = [(name, {}) for name in SMOOTH + PIECEWISE + BY_ROW]
ACTIVATIONS += [
    ("relu", {"negative_slope": 0.1, "max_value": 5.0, "threshold": 0.5}),
    ("leaky_relu", {"negative_slope": 0.05}),
    ("elu", {"alpha": 0.5}),
    ("gelu", {"approximate": True}),
]


def softmax(values):
    """Probabilities along the last axis."""
    powers = np.exp(values)
    return powers / powers.sum(axis=-1, keepdims=True)


def probabilities(rng, shape):
    """Numbers in [0, 1]: the first few exactly 0, 1 and 0.5, and on both sides of 1e-7."""
    values = rng.uniform(size=shape)
    extremes = [0.5, 0.0, 1.0, 1e-9, 1.0 - 1e-9, 3e-7, 1.0 - 3e-7]
    values.flat[: len(extremes)] = extremes[: values.size]
    return values


def scores(rng, shape):
    """Numbers in [0, 1], the first of them exactly 0.5, where a threshold may lie."""
    values = rng.uniform(size=shape)
    values.flat[0] = 0.5
    return values


def distributions(rng, shape):
    """Probabilities along the last axis; two rows are certain, two are nearly so."""
    rows = softmax(rng.normal(size=shape) * 2).reshape(-1, shape[-1])
    for row, rest in ((0, 0.0), (1, 0.0), (2, 1e-8), (3, 3e-7)):
        rows[row] = rest
        rows[row, row % 2] = 1.0 - rest * (shape[-1] - 1)
    return rows.reshape(shape)


def classes(rng, shape):
    """A class for every row of `shape`."""
    return rng.integers(shape[-1], size=shape[:-1])


def onehot(rng, shape):
    """A one-hot row for every row of `shape`."""
    return np.eye(shape[-1])[classes(rng, shape)]


def logits(rng, shape):
    """Scores, some of them large."""
    return rng.normal(size=shape) * rng.choice([1.0, 8.0], size=shape)


def binary(rng, shape):
    """Zeros and ones as floats."""
    return rng.integers(2, size=shape).astype(float)


def normal(rng, shape):
    """Numbers of either sign."""
    return rng.normal(size=shape)


def positive(rng, shape):
    """Numbers above 0 and mostly above 1, that are no probabilities."""
    return rng.uniform(0.05, 3.0, size=shape)


# name: (how to draw y_true, how to draw y_pred), both of them given the shape of y_pred
TARGETS = {
    "real": (normal, normal),
    "binary": (binary, probabilities),
    "scored": (binary, scores),
    "binary_logits": (binary, logits),
    "signs": (lambda rng, shape: 2 * binary(rng, shape) - 1, logits),
    "onehot": (onehot, distributions),
    "onehot_unnormalised": (onehot, positive),
    "onehot_logits": (onehot, logits),
    "soft": (lambda rng, shape: softmax(rng.normal(size=shape)), distributions),
    "soft_unnormalised": (
        lambda rng, shape: softmax(rng.normal(size=shape)),
        lambda rng, shape: 1.3 * probabilities(rng, shape),  # on both sides of 1, never on it
    ),
    "sparse": (classes, distributions),
    "sparse_unnormalised": (classes, positive),
    "sparse_logits": (classes, logits),
    "sparse_column": (lambda rng, shape: classes(rng, shape)[..., None], logits),
    "counts": (lambda rng, shape: rng.poisson(2.0, size=shape).astype(float), positive),
    "labels": (lambda rng, shape: rng.integers(3, size=shape).astype(float),) * 2,
    "column_of_flat": (lambda rng, shape: rng.normal(size=shape[0]), normal),
    "flat_of_column": (lambda rng, shape: rng.normal(size=(shape[0], 1)), normal),
}


def draw(rng, targets, shape):
    """y_true and y_pred."""
    return [maker(rng, shape) for maker in TARGETS[targets]]


def weights(rng, shape):
    """Sample weights, about one in six of them 0."""
    return rng.uniform(0.2, 2.0, size=shape) * (rng.uniform(size=shape) > 0.16)


def words(*parts):
    """A case's id: its parts, and configs as name_value."""
    texts = []
    for part in parts:
        pairs = part.items() if isinstance(part, dict) else [(part,)]
        texts += ["_".join(str(word) for word in pair) for pair in pairs]
    return "-".join(texts).translate(str.maketrans({"[": "", "]": "", " ": "", ",": "_"}))


def loss_configurations():
    """(class name, config, targets, shape of y_pred, shape of sample_weight or None)."""
    for loss in LOSSES:
        for shape, weight_shape in LOSS_SHAPES:
            yield *loss, shape, weight_shape
    for loss in REDUCTIONS:
        for weight_shape in (None, (6,)):
            yield *loss, (6, CLASSES), weight_shape
    yield "MeanSquaredError", {}, "column_of_flat", (6, 1), (6,)
    yield "MeanSquaredError", {}, "flat_of_column", (6,), (6,)
    yield "MeanSquaredError", {}, "real", (6, 1), (6, 1)
    yield "BinaryCrossentropy", {}, "binary", (6, 1), (6,)
    yield (
        "SparseCategoricalCrossentropy",
        {"from_logits": True},
        "sparse_column",
        (6, CLASSES),
        (6,),
    )


def run_loss(rng, class_name, config, targets, shape, weight_shape):
    """The arrays of one loss."""
    y_true, y_pred = draw(rng, targets, shape)
    arrays = {"y_true": y_true, "y_pred": y_pred}
    weight = {} if weight_shape is None else {"sample_weight": weights(rng, weight_shape)}
    make = getattr(keras.losses, class_name)
    loss, unreduced = make(**config), make(**config | {"reduction": "none"})
    arrays["value"] = to_numpy(loss(y_true, y_pred, **weight))
    arrays["values"] = to_numpy(unreduced(y_true, y_pred, **weight))
    (arrays["dy_pred"],) = gradients(lambda y: loss(y_true, y, **weight), [y_pred])
    return arrays | weight


def run_metric(rng, class_name, config, targets, sample_shape, weighted):
    """The arrays of one metric."""
    metric = getattr(keras.metrics, class_name)(**config)
    arrays, results = {}, []
    for i, size in enumerate(BATCHES):
        y_true, y_pred = draw(rng, targets, (size, *sample_shape))
        weight = {"sample_weight": weights(rng, size)} if weighted else {}
        metric.update_state(y_true, y_pred, **weight)
        results.append(to_numpy(metric.result()))
        arrays |= {f"y_true{i}": y_true, f"y_pred{i}": y_pred}
        arrays |= {f"{name}{i}": array for name, array in weight.items()}
    return arrays | {"result": np.stack(results)}


def run_activation(rng, name, config):
    """The arrays of one activation, at points that keep off 0, 0.5, 1, 3, 5 and 6."""
    function = keras.activations.get(name)
    x = np.linspace(-7.95, 7.93, 41)
    g = np.ones(41)
    if name in BY_ROW:
        x, g = rng.uniform(-8, 8, size=(3, 14)), rng.normal(size=(3, 14))

    def loss(x):
        return keras.ops.sum(function(x, **config) * keras.ops.convert_to_tensor(g))

    y = to_numpy(function(keras.ops.convert_to_tensor(x), **config))
    return {"x": x, "y": y, "g": g, "dx": gradients(loss, [x])[0]}


def main():
    """Run every loss, metric and activation and save."""
    use_float64()
    cases = Cases()
    seeds = iter(range(1000))
    for loss in loss_configurations():
        class_name, config, targets, shape, weight_shape = loss
        sizes = ["x".join(map(str, shape)), "w" + "x".join(map(str, weight_shape or (0,)))]
        case = {"id": words("loss", class_name, config, targets, *sizes), "kind": "loss"}
        case |= {"class_name": class_name, "config": config}
        cases.add(case, run_loss(np.random.default_rng(next(seeds)), *loss))
    for class_name, config, targets, shape in METRICS:
        for weighted in (False, True):
            metric = (class_name, config, targets, shape, weighted)
            sizes = ["x".join(map(str, ("b", *shape))), "weighted" if weighted else "unweighted"]
            case = {"id": words("metric", class_name, config, targets, *sizes), "kind": "metric"}
            case |= {"class_name": class_name, "config": config}
            cases.add(case, run_metric(np.random.default_rng(next(seeds)), *metric))
    for name, config in ACTIVATIONS:
        case = {"id": words("activation", name, config), "kind": "activation"}
        case |= {"name": name, "config": config}
        cases.add(case, run_activation(np.random.default_rng(next(seeds)), name, config))
    cases.save("keras_losses.npz")


if __name__ == "__main__":
    main()
