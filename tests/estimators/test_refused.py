"""What estimators refuse, and the words they do it with."""

import subprocess
import sys

import numpy as np
import pytest
from estimators.builders import build
from sklearn.exceptions import NotFittedError

from tinygraph import BackendError
from tinygraph.nn import Dense, NonFiniteError, Sequential, optimizers, schedules
from tinygraph.sklearn import LSTMClassifier, LSTMRegressor, NetworkClassifier, NetworkRegressor

X = np.random.default_rng(0).normal(size=(12, 4))
LABELS = np.array(["a", "b", "c"] * 4)
NUMBERS = X[:, 0]


def classifier(**arguments):
    return LSTMClassifier(2, **{"epochs": 1, **arguments})


def regressor(**arguments):
    return LSTMRegressor(2, **{"epochs": 1, **arguments})


def needy(meta, units):
    return build(meta, units)


def nothing(meta):
    return None


def ready(meta):
    model = build(meta)
    model.compile("adam", "mse")
    return model


def wide(meta):
    return Sequential([Dense(7, "softmax")])


def unbounded(meta):
    return Sequential([Dense(3)])


DATA = {
    "one class": (
        lambda: classifier().fit(X, ["a"] * 12),
        r"LSTMClassifier: needs two classes or more, got one class: 'a'\.",
    ),
    "no weight": (
        lambda: classifier().fit(X, LABELS, sample_weight=np.zeros(12)),
        "LSTMClassifier: each sample_weight is zero; there is nothing to learn",
    ),
    "negative weight": (lambda: regressor().fit(X, NUMBERS, -np.ones(12)), "Negative values .*sample_weight"),
    "weights of another length": (
        lambda: regressor().fit(X, NUMBERS, np.ones(5)),
        r"sample_weight.shape == \(5,\), expected \(12,\)",
    ),
    "the first part without classes": (
        lambda: classifier().partial_fit(X, LABELS),
        r"LSTMClassifier: the first partial_fit needs classes=, all labels\.",
    ),
    "other classes later": (
        lambda: classifier().partial_fit(X, LABELS, list("abc")).partial_fit(X, LABELS, list("abcd")),
        r"expected the classes \['a', 'b', 'c'\] of the first partial_fit, got \['a', 'b', 'c', 'd'\]\.",
    ),
    "a label of no class": (
        lambda: classifier().partial_fit(X, LABELS, ["a", "b"]),
        r"the label 'c' is not among the classes \['a', 'b'\] that it was made for\.",
    ),
    "a new label in a warm start": (
        lambda: classifier(warm_start=True).fit(X, LABELS).fit(X, ["a", "z"] * 6),
        r"the label 'z' is not among the classes \['a', 'b', 'c'\]",
    ),
    "numbers as labels": (lambda: classifier().fit(X, NUMBERS), "Unknown label type: continuous"),
    "labels in two columns": (
        lambda: classifier().fit(X, np.ones((12, 2), int)),
        r"y should be a 1d array, got an array of shape \(12, 2\)",
    ),
    "y in three axes": (lambda: regressor().fit(X, np.ones((12, 2, 2))), "Found array with dim 3"),
    "other outputs in a warm start": (
        lambda: regressor(warm_start=True).fit(X, X[:, :2]).fit(X, NUMBERS),
        r"LSTMRegressor: expected 2 numbers for each sample in y, as in the first fit, got 1\.",
    ),
    "other features": (
        lambda: regressor().fit(X.reshape(12, 2, 2), NUMBERS).predict(np.ones((3, 2, 5))),
        r"LSTMRegressor: expected X of \(samples, 2, 2\), as in fit, got \(samples, 2, 5\)\.",
    ),
    "other axes": (
        lambda: regressor().fit(X, NUMBERS).predict(np.ones((3, 4, 1))),
        r"LSTMRegressor: expected X of \(samples, 4\), as in fit, got \(samples, 4, 1\)\.",
    ),
    "another time": (lambda: regressor().fit(X, NUMBERS).predict(X[:, :3]), "X has 3 features, but .* 4"),
    "strings in X": (lambda: regressor().fit(X.astype(str).astype(object) + "?", NUMBERS), "convert string"),
    "X in four axes": (
        lambda: regressor().fit(np.ones((12, 2, 2, 2)), NUMBERS),
        r"LSTM 'lstm_1', input 0: expected \(batch, time, features\), got \(batch, 2, 2, 2\)",
    ),
}

ARGUMENTS = {
    "units": (lambda: LSTMRegressor(0).fit(X, NUMBERS), "units must be .*, got 0"),
    "dtype": (
        lambda: regressor(dtype="float16").fit(X, NUMBERS),
        "dtype must be 'float32' or 'float64'|float16",
    ),
    "epochs": (
        lambda: regressor(epochs=0).fit(X, NUMBERS),
        "epochs must be a whole number of at least 1, got 0",
    ),
    "optimizer": (
        lambda: regressor(optimizer="adan").fit(X, NUMBERS),
        "unknown optimizer 'adan'; did you mean",
    ),
    "loss": (lambda: regressor(loss="msq").fit(X, NUMBERS), "unknown loss 'msq'; did you mean"),
    "learning rate": (
        lambda: regressor(learning_rate=-1.0).fit(X, NUMBERS),
        r"Adam: learning_rate must be a number in \[0, inf\), got -1.0",
    ),
    "class weight": (lambda: classifier(class_weight="even").fit(X, LABELS), "class_weight.* 'even'"),
    "random state": (lambda: regressor(random_state="x").fit(X, NUMBERS), "'x' cannot be used to seed"),
    "a compiled model": (
        lambda: NetworkRegressor(ready).fit(X, NUMBERS),
        "NetworkRegressor, ready: expected a model that is not compiled; give loss=, optimizer= and metrics= "
        "to NetworkRegressor, where they can be searched",
    ),
    "other outputs": (
        lambda: NetworkClassifier(wide).fit(X, LABELS),
        r"NetworkClassifier: expected a model with one output, for each sample of \(3,\), got \(7,\)\.",
    ),
    "no probabilities": (
        lambda: NetworkClassifier(unbounded, loss="mse").fit(X, LABELS).predict(X),
        "NetworkClassifier: the model's outputs are no probabilities; end it with softmax",
    ),
}

TYPES = {
    "a model for a function": (
        lambda: NetworkRegressor(Sequential([Dense(1)], name="it")).fit(X, NUMBERS),
        "NetworkRegressor: expected model= to be a function that returns a model, got <Sequential 'it'>",
    ),
    "no function": (
        lambda: NetworkRegressor().fit(X, NUMBERS),
        "to be a function that returns a model, got None",
    ),
    "an argument missing": (
        lambda: NetworkRegressor(needy).fit(X, NUMBERS),
        r"NetworkRegressor, needy\(meta, units\): missing a required argument: 'units'; .*model__<name>=",
    ),
    "an argument of no function": (
        lambda: NetworkRegressor(needy, model__units=2, model__depth=3).fit(X, NUMBERS),
        r"NetworkRegressor, needy\(meta, units\): got an unexpected keyword argument 'depth'",
    ),
    "no model": (
        lambda: NetworkRegressor(nothing).fit(X, NUMBERS),
        "NetworkRegressor, nothing: expected it to return a model, got NoneType",
    ),
    "an argument of no estimator": (
        lambda: NetworkRegressor(build, epoch=3),
        "NetworkRegressor: unknown argument 'epoch'; did you mean 'epochs'",
    ),
    "a rate for a schedule": (
        lambda: regressor(optimizer=optimizers.SGD(schedules.CosineDecay(0.1, 9)), learning_rate=0.1).fit(
            X, NUMBERS
        ),
        "SGD: the learning rate follows the schedule 'cosine_decay'",
    ),
    "callbacks": (
        lambda: regressor(callbacks=[3]).fit(X, NUMBERS),
        "callbacks: expected Callback objects, got 3",
    ),
}


@pytest.mark.parametrize(("act", "message"), (DATA | ARGUMENTS).values(), ids=DATA | ARGUMENTS)
def test_values(act, message):
    with pytest.raises(ValueError, match=message):
        act()


@pytest.mark.parametrize(("act", "message"), TYPES.values(), ids=TYPES)
def test_types(act, message):
    with pytest.raises(TypeError, match=message):
        act()


def test_a_parameter_that_there_is_not():
    with pytest.raises(ValueError, match="Invalid parameter 'unit' for estimator LSTMRegressor"):
        LSTMRegressor().set_params(unit=3)


def test_a_prediction_before_fit():
    for estimator in (classifier(), regressor()):
        with pytest.raises(NotFittedError, match="is not fitted yet"):
            estimator.predict(X)


def test_a_backend_that_there_is_not():
    with pytest.raises(BackendError, match="backend 'nump': expected one of numpy"):
        regressor(backend="nump").fit(X, NUMBERS)


def test_a_loss_that_is_nan():
    with pytest.raises(NonFiniteError, match=r"fit, epoch 1, step 1: .* not finite"):
        NetworkRegressor(build, learning_rate=1e38, optimizer="sgd").fit(1e8 * X, 1e8 * NUMBERS)


def test_scikit_learn_that_is_not_there():
    lines = "import sys; sys.modules['sklearn'] = None\nimport tinygraph.sklearn"
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True)
    assert (
        "ImportError: tinygraph.sklearn: needs scikit-learn; pip install 'tinygraph[sklearn]'." in done.stderr
    )
