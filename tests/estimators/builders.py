"""Functions that build models, for estimators."""

from tinygraph.nn import GRU, Dense, Sequential


def build(meta, units=8, activation="relu"):
    """Two Dense layers, for numbers or for classes."""
    last = {1: "sigmoid"}.get(meta["n_outputs_expected_"], "softmax") if "classes_" in meta else None
    first = Dense(units, activation, input_shape=meta["X_shape_"][1:])
    return Sequential([first, Dense(meta["n_outputs_expected_"], last)])


def recurrent(meta):
    """A GRU and a softmax, with no input shape: it is taken from X."""
    return Sequential([GRU(4), Dense(meta["n_classes_"], "softmax")])
