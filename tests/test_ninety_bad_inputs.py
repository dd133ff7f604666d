"""Ninety bad inputs over the whole library, each with its message: who, what was expected, what came.

None is taken silently, and none leaves a trace: weights, the state of the optimizer and the history of a
model that has been trained are, to the bit, what they were, and it can be trained on.
"""

from __future__ import annotations

import copy

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import BackendError, GraphError, nn
from tinygraph.datasets import make_windows
from tinygraph.exchange import torch
from tinygraph.nn import (
    LSTM,
    DataError,
    Dense,
    Sequential,
    callbacks,
    constraints,
    initializers,
    losses,
    metrics,
    optimizers,
    regularizers,
    schedules,
)
from tinygraph.saving.errors import ModelFormatError

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(12, 5, 3)), RANDOM.normal(size=(12, 1))
x = tg.input("x", (2, 3))
ids = tg.input("ids", (2,), "int64")
series = np.arange(10.0)


def trained():
    """A model after an epoch, with an optimizer that has a state."""
    model = Sequential([LSTM(4, input_shape=(5, 3), name="enc"), Dense(1, name="out")], name="m")
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(X, Y, batch_size=4, verbose=0)
    return model


def state(model):
    """The bits of weights and optimizer, and the history."""
    parameters = [*model.weights, *model.optimizer.variables]
    return [p.value.tobytes() for p in parameters], copy.deepcopy(model.history.history)


def bad(array, index, value):
    array = np.array(array)
    array[index] = value
    return array


def empty(folder):
    path = folder / "empty.safetensors"
    path.write_bytes(b"")
    return path


def text(folder, name="text.safetensors"):
    path = folder / name
    path.write_text("These are no weights.")
    return path


def archive(folder):
    np.savez(folder / "a.npz", a=np.ones(3))
    return folder / "a.npz"


def of_another(folder, end=".safetensors", **config):
    """The weights of a model that is another one."""
    other = Sequential([LSTM(config.pop("units", 4), input_shape=(5, 3), name="enc"), Dense(1, **config)])
    path = folder / f"other{end}"
    other.save_weights(path)
    return path


#: what is called on the trained model m and an empty folder, the error, and its message; one that ends in
#: "..." goes on in words of the system or of a library
CASES = {
    "shape": [
        (lambda m, folder: tg.matmul(x, x), GraphError,
         "matmul: needs (m, k) @ (k, n), got (2, 3) and (2, 3); inputs x, x."),
        (lambda m, folder: x + np.ones((4, 4)), GraphError,
         "add: needs shapes that broadcast (equal, or 1, on each axis), got (2, 3) and (4, 4); inputs x, "
         "constant."),
        (lambda m, folder: tg.reshape(x, shape=(4, 4)), GraphError,
         "reshape: needs 16 elements for (4, 4), got (2, 3); inputs x."),
        (lambda m, folder: tg.reshape(x, shape=(-1, -1)), GraphError,
         "reshape: needs at most one size of -1, not (-1, -1), got (2, 3); inputs x."),
        (lambda m, folder: tg.concat([x, tg.ones((2, 4))], axis=0), GraphError,
         "concat: needs inputs whose shapes differ on axis 0 only, got (2, 3) and (2, 4); inputs x, "
         "constant."),
        (lambda m, folder: tg.split(x, 2, axis=1), GraphError,
         "split: 3 on axis 1 of x is not 2 equal parts."),
        (lambda m, folder: tg.broadcast_to(x, shape=(4, 4)), GraphError,
         "broadcast_to: needs shapes that broadcast (equal, or 1, on each axis), got (2, 3); inputs x."),
        (lambda m, folder: tg.softmax_cross_entropy(np.ones((4, 3)), x), GraphError,
         "softmax_cross_entropy: needs shapes that broadcast (equal, or 1, on each axis), got (4, 3) and "
         "(2, 3); inputs constant, x."),
        (lambda m, folder: x[5], GraphError,
         "slice: needs an index below 2 on axis 0, not 5, got (2, 3); inputs x."),
        (lambda m, folder: tg.gather(x, [0, 5]), GraphError,
         "gather: needs indices from -2 to 1 on axis 0, not [0, 5], got (2, 3) and (2,); inputs x, "
         "constant."),
        (lambda m, folder: tg.gradients(x, [x]), GraphError,
         "gradients: <x float32[2, 3]> has 6 elements; reduce it with tg.sum or tg.mean, or give a seed."),
        (lambda m, folder: tg.compile(tg.tanh(x))(x=np.ones((3, 2))), GraphError,
         "input 'x': expected shape (2, 3), got (3, 2)."),
        (lambda m, folder: Dense(4, name="d")(np.ones(3)), GraphError,
         "Dense 'd', input 0: expected (batch, axis 1), got (3,)."),
        (lambda m, folder: LSTM(4, name="l")(np.ones((2, 3))), GraphError,
         "LSTM 'l', input 0: expected (batch, time, features), got (2, 3)."),
        (lambda m, folder: LSTM(4, name="l")(np.ones((2, 3, 4)), initial_state=[np.ones((2, 5))] * 2),
         GraphError,
         "LSTM 'l': expected an initial_state of (2, 4), (2, 4), got (2, 5), (2, 5)."),
        (lambda m, folder: LSTM(4, name="l")(np.ones((2, 3, 4)), mask=np.ones((2, 4), bool)), GraphError,
         "LSTM 'l': expected a mask of (2, 3), got (2, 4)."),
        (lambda m, folder: nn.Add(name="a")([np.ones((2, 3)), np.ones((2, 4))]), GraphError,
         "Add 'a': expected inputs whose shapes broadcast, got (batch, 3) and (batch, 4)."),
        (lambda m, folder: nn.Conv1D(3, 9, name="c")(np.ones((2, 3, 4))), GraphError,
         "Conv1D 'c': expected a length of at least 9, which kernel_size (9,) and dilation_rate (1,) span,"
         " got a sample of (3, 4). Make the kernel smaller, or choose padding='same'."),
        (lambda m, folder: nn.Reshape((4, 4), name="r")(np.ones((2, 3))), GraphError,
         "Reshape 'r': the 3 elements of a sample (3,) do not fill (4, 4)."),
        (lambda m, folder: m.fit(X[:, :4], Y), DataError,
         "x: expected (samples, 5, 3), got (12, 4, 3). Axis 1 must be 5, as the model was built with."),
        (lambda m, folder: m.fit(X, np.ones((12, 3))), DataError,
         "y: expected (samples, 1) to match the output 'out', got (12, 3)."),
        (lambda m, folder: m.fit(X[:11], Y), DataError,
         "expected as many samples everywhere, but x has 11, y has 12."),
        (lambda m, folder: m.fit(X, Y, sample_weight=np.ones(5)), DataError,
         "sample_weight: expected a weight for each sample, (12,), got (5,)."),
        (lambda m, folder: m.evaluate(X[0], Y), DataError,
         "x: expected (samples, 5, 3), got (5, 3). For a single sample write x[None]."),
        (lambda m, folder: m.predict(X[..., :2]), DataError,
         "x: expected (samples, 5, 3), got (12, 5, 2). Axis 2 must be 3, as the model was built with."),
        (lambda m, folder: m.set_weights(m.get_weights()[:-1]), ValueError,
         "Sequential 'm': expected 5 arrays, got 4."),
        (lambda m, folder: m.set_weights([w.T for w in m.get_weights()]), ValueError,
         "Sequential 'm': enc/kernel expects shape (3, 16), got shape (16, 3)."),
        (lambda m, folder: metrics.MeanAbsoluteError().update_state([1.0], [1.0, 2.0]), GraphError,
         "MeanAbsoluteError: expected y_true of y_pred's shape (2, 1), got (1,)."),
        (lambda m, folder: losses.MeanSquaredError()(x, tg.ones((3, 3))), GraphError,
         "MeanSquaredError: expected y_true of y_pred's shape (3, 3), got (2, 3)."),
        (lambda m, folder: initializers.Orthogonal()((3,)), ValueError,
         "Orthogonal: needs a matrix, a shape of 2 axes or more, got (3,)."),
        (lambda m, folder: make_windows(np.ones((2, 2, 2)), length=1), ValueError,
         "series: expected shape (n,) or (n, features), got (2, 2, 2); put time on the first axis and all "
         "features on the second."),
    ],
    "type": [
        (lambda m, folder: tg.sum("a"), GraphError,
         "sum: expected numbers, arrays of numbers or nodes, got 'a'."),
        (lambda m, folder: tg.tanh(None), GraphError,
         "tanh: expected numbers, arrays of numbers or nodes, got None."),
        (lambda m, folder: tg.tanh(1j), GraphError,
         "tanh: expected numbers, arrays of numbers or nodes, got 1j."),
        (lambda m, folder: tg.tanh({"a": 1}), GraphError,
         "tanh: expected numbers, arrays of numbers or nodes, got {'a': 1}."),
        (lambda m, folder: tg.sum(x, axis="x"), GraphError,
         "sum: needs a whole number as axis, not 'x', got (2, 3); inputs x."),
        (lambda m, folder: tg.sum(x, axis=1.5), GraphError,
         "sum: needs a whole number as axis, not 1.5, got (2, 3); inputs x."),
        (lambda m, folder: tg.sum(x, keepdims="yes"), GraphError,
         "sum: needs keepdims True or False, not 'yes', got (2, 3); inputs x."),
        (lambda m, folder: tg.clip(x, "a", 1.0), GraphError,
         "clip: needs a number as low, not 'a'; see tg.maximum and tg.minimum, got (2, 3); inputs x."),
        (lambda m, folder: tg.reshape(x, shape="a"), GraphError,
         "reshape: needs a shape of whole numbers >= 0, not ['a'], got (2, 3); inputs x."),
        (lambda m, folder: tg.split(x, "2", axis=1), GraphError,
         "split: expected a number of parts or a list of their sizes, got '2'."),
        (lambda m, folder: x["a"], GraphError,
         "slice: needs whole numbers and slices as index, not 'a'; see gather, got (2, 3); inputs x."),
        (lambda m, folder: x[::0], GraphError,
         "slice: needs slices of whole numbers, whose step is not 0, not slice(None, None, 0), got (2, 3);"
         " inputs x."),
        (lambda m, folder: np.mean(x), TypeError,
         "x has no value yet: use functions of tinygraph, as tg.mean for np.mean."),
        (lambda m, folder: x.mean(), AttributeError,
         "Node: a node has no attribute 'mean'; there is tg.mean(node)."),
        (lambda m, folder: x.cpu(), AttributeError, "Node: a node has no attribute 'cpu'."),
        (lambda m, folder: tg.one_hot(x, 3), GraphError,
         "one_hot: needs whole numbers as classes, not float32, got (2, 3); inputs x."),
        (lambda m, folder: tg.input(3, (2,)), GraphError,
         "input 3: expected a string as name, got 3."),
        (lambda m, folder: tg.param("w", [1j]), GraphError,
         "w: expected numbers, got an array of complex128."),
        (lambda m, folder: tg.gradients(tg.sum(x), None), GraphError,
         "gradients: expected a list of nodes, got NoneType."),
        (lambda m, folder: tg.gradients(tg.sum(x), [x], seed=3.0), GraphError,
         "gradients: expected a node as seed, got float; see tg.constant."),
        (lambda m, folder: tg.gradients(tg.sum(x), [ids]), GraphError,
         "gradients: only float nodes have gradients, not <ids int64[2]>."),
        (lambda m, folder: tg.compile(3), GraphError,
         "compile: expected a node, or a list or dict of nodes, got int."),
        (lambda m, folder: tg.compile([x, "a"]), GraphError,
         "compile: output '1' is no node but str."),
        (lambda m, folder: tg.compile(tg.tanh(x))(np.ones((2, 3))), GraphError,
         "run: expected arrays by name, (x=...), got 1 without."),
        (lambda m, folder: tg.compile(tg.tanh(x))(x="a"), GraphError,
         "input 'x': expected float32, got <U1."),
        (lambda m, folder: tg.Graph([x]), GraphError,
         "Graph: expected nodes by name, {'y': node}, and updates by parameter, got list."),
        (lambda m, folder: tg.scope(3).__enter__(), GraphError,
         "scope: expected a string as name, got 3."),
        (lambda m, folder: Dense("4", name="d"), ValueError,
         "Dense 'd': units must be a whole number of at least 1, got '4'."),
        (lambda m, folder: Dense(4, name=3), ValueError,
         "Dense: expected a string as name, got 3."),
        (lambda m, folder: Dense(4, activation=3), ValueError,
         "activation: expected a name, a config or an object, got 3."),
        (lambda m, folder: LSTM(4, name="l")(np.ones((2, 3, 4)), initial_state="a"), GraphError,
         "LSTM 'l': expected an initial_state of (2, 4), (2, 4), got str."),
        (lambda m, folder: LSTM(4, name="l")(np.ones((2, 3, 4)), mask="a"), GraphError,
         "LSTM 'l': expected a mask of (2, 3), got str."),
        (lambda m, folder: LSTM(4, name="l")(np.ones((2, 3, 4)), training="yes"), ValueError,
         "LSTM 'l': training must be True or False, got 'yes'."),
        (lambda m, folder: nn.Masking("a", name="mask"), ValueError,
         "Masking 'mask': mask_value must be a number in (-inf, inf), got 'a'."),
        (lambda m, folder: nn.Bidirectional(Dense(3, name="d"), name="b"), GraphError,
         "Bidirectional 'b': expected a recurrent layer, got <Dense 'd'>."),
        (lambda m, folder: nn.Lambda(lambda x: 3, name="three")(np.ones((2, 3))), GraphError,
         "Lambda 'three': expected a function that returns nodes, which operations such as tinygraph.tanh "
         "make, got int."),
        (lambda m, folder: m.fit(X.astype(str), Y), DataError,
         "x: expected numbers, got strings."),
        (lambda m, folder: m.fit(X, Y + 1j), DataError,
         "y: expected numbers, got complex numbers."),
        (lambda m, folder: m.fit(X, Y.astype("datetime64[D]")), DataError,
         "y: expected numbers, got dtype datetime64[D]."),
        (lambda m, folder: m.fit(X, [object()] * 12), DataError,
         "y: expected numbers, got an object array (rows of different lengths, None or mixed types)."),
        (lambda m, folder: m.fit(X, Y, callbacks=[callbacks.EarlyStopping]), TypeError,
         "callbacks: expected Callback objects, got <class "
         "'tinygraph.nn.callbacks.early_stopping.EarlyStopping'>."),
        (lambda m, folder: m.fit(X, Y, class_weight="balanced"), DataError,
         "class_weight: expected a dict {label: weight}, got str."),
        (lambda m, folder: m.fit(batch for batch in [3]), DataError,
         "fit, epoch 1, step 1: expected a batch (x, y) or (x, y, sample_weight), got x alone."),
        (lambda m, folder: m.set_weights(3), ValueError,
         "Sequential 'm': expected a list of 5 arrays, got int."),
        (lambda m, folder: m.set_weights([np.full(w.shape, "a") for w in m.get_weights()]), ValueError,
         "Sequential 'm': enc/kernel expects shape (3, 16), got strings."),
        (lambda m, folder: metrics.MeanAbsoluteError().update_state([1.0], None), GraphError,
         "MeanAbsoluteError: expected numbers as y_pred, got None."),
        (lambda m, folder: losses.MeanSquaredError()([1.0], [2.0]), GraphError,
         "MeanSquaredError: expected nodes, got list; see tg.constant."),
        (lambda m, folder: initializers.Constant("a"), ValueError,
         "Constant: expected a number or an array of numbers, got strings."),
        (lambda m, folder: tg.draw(3), TypeError,
         "draw: expected a model, a graph, a node, or a list or dict of nodes, got int."),
        (lambda m, folder: tg.memory_chart(5), TypeError,
         "memory_chart: expected a model, a graph, a node, or a list or dict of nodes, got int."),
        (lambda m, folder: make_windows(["a", "b"], length=1), ValueError,
         "series: expected real numbers, got dtype <U1; turn the values into floats first."),
    ],
    "value": [
        (lambda m, folder: tg.tanh([[1.0], [1.0, 2.0]]), GraphError,
         "tanh: expected numbers, got rows of different lengths; pad them."),
        (lambda m, folder: tg.sum(x, axis=5), GraphError,
         "sum: needs an axis of 2 axes, not 5, got (2, 3); inputs x."),
        (lambda m, folder: tg.clip(x, 2.0, 1.0), GraphError,
         "clip: needs low <= high, not 2.0 and 1.0, got (2, 3); inputs x."),
        (lambda m, folder: tg.cast(x, dtype="flaot32"), GraphError,
         "cast: expected dtype float32, float64, int32, int64 or bool, got 'flaot32', got (2, 3); inputs "
         "x."),
        (lambda m, folder: tg.input("x", (2, None)), GraphError,
         "input 'x': needs a shape of whole numbers >= 0, not (2, None)."),
        (lambda m, folder: tg.compile(ids)(ids=[1.5, 2.0]), GraphError,
         "input 'ids': expected int64, got float64."),
        (lambda m, folder: tg.set_seed(-1), ValueError,
         "set_seed: expected a whole number >= 0, got -1."),
        (lambda m, folder: tg.set_floatx("float16"), ValueError,
         "set_floatx: expected one of float32, float64, got 'float16'."),
        (lambda m, folder: Dense(0, name="d"), ValueError,
         "Dense 'd': units must be a whole number of at least 1, got 0."),
        (lambda m, folder: LSTM(4, dropout=1.5, name="l"), ValueError,
         "LSTM 'l': dropout must be a number in [0, 1], got 1.5."),
        (lambda m, folder: nn.Embedding(3, 3, name="e")(np.array([[5]])), ValueError,
         "Embedding 'e', input 0: expected ids from 0 to 2, the vocabulary of Embedding 'e'; got 5 at "
         "index (0, 0)."),
        (lambda m, folder: m.fit(bad(X, (3, 1, 2), np.nan), Y), DataError,
         "x: expected finite numbers, got nan at index (3, 1, 2)."),
        (lambda m, folder: m.fit(bad(X, (2, 0, 1), 1e300), Y), DataError,
         "x: 1e+300 at index (2, 0, 1) is too large for float32; scale it."),
        (lambda m, folder: m.fit(X, bad(Y, 7, np.inf)), DataError,
         "y: expected finite numbers, got inf at index (7, 0)."),
        (lambda m, folder: m.fit(X, Y, epochs=0), ValueError,
         "fit: epochs must be a whole number of at least 1, got 0."),
        (lambda m, folder: m.fit(X, Y, validation_split=1.0), ValueError,
         "fit: validation_split must be a number in [0, 1), got 1.0."),
        (lambda m, folder: m.fit(X, Y, class_weight={0: -1.0}), DataError,
         "class_weight: expected whole numbers as labels and finite weights of at least 0, got 0: -1.0."),
        (lambda m, folder: setattr(m.optimizer, "learning_rate", np.nan), ValueError,
         "Adam: learning_rate must be a number in [0, inf), got nan."),
        (lambda m, folder: optimizers.Adam(-1.0), ValueError,
         "Adam: learning_rate must be a number in [0, inf), got -1.0."),
        (lambda m, folder: optimizers.Adam(beta_1=1.5), ValueError,
         "Adam: beta_1 must be a number in [0, 1), got 1.5."),
        (lambda m, folder: optimizers.SGD(nesterov="yes"), ValueError,
         "SGD: nesterov must be True or False, got 'yes'."),
        (lambda m, folder: schedules.ExponentialDecay(0.1, 0, 0.9), ValueError,
         "ExponentialDecay: decay_steps must be a number in (0, inf), got 0."),
        (lambda m, folder: schedules.PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3]), ValueError,
         "PiecewiseConstantDecay: boundaries must rise, got [2, 1]."),
        (lambda m, folder: losses.BinaryCrossentropy(label_smoothing=2), ValueError,
         "BinaryCrossentropy: label_smoothing must be a number in [0, 1], got 2."),
        (lambda m, folder: losses.CategoricalCrossentropy(axis=9)(x, x), GraphError,
         "CategoricalCrossentropy: axis 9 is none of y_pred (2, 3)."),
        (lambda m, folder: metrics.AUC(num_thresholds=0), ValueError,
         "AUC: num_thresholds must be a whole number of at least 2, got 0."),
        (lambda m, folder: metrics.BinaryAccuracy(threshold="a"), ValueError,
         "BinaryAccuracy: threshold must be a number in (-inf, inf), got 'a'."),
        (lambda m, folder: initializers.RandomNormal(stddev=-1), ValueError,
         "RandomNormal: stddev must be a number in [0, inf), got -1."),
        (lambda m, folder: initializers.GlorotUniform()((3, -1)), ValueError,
         "GlorotUniform: expected a shape of whole numbers >= 0, got (3, -1)."),
        (lambda m, folder: regularizers.L2(-1), ValueError,
         "L2: l2 must be a number in [0, inf), got -1."),
        (lambda m, folder: constraints.MinMaxNorm(2.0, 1.0), ValueError,
         "MinMaxNorm: max_value must be a number in [2.0, inf), got 1.0."),
        (lambda m, folder: make_windows(series, length=0), ValueError,
         "length: expected a positive integer, got 0."),
        (lambda m, folder: make_windows(bad(series, 3, np.nan), length=2), ValueError,
         "series: expected finite float32 numbers, got nan at index [3] (1 such in all); fill or drop them"
         " first."),
    ],
    "empty": [
        (lambda m, folder: tg.concat([]), GraphError,
         "concat: needs at least one input, got none."),
        (lambda m, folder: tg.max(tg.ones((0, 3)), axis=0), GraphError,
         "max: needs at least one element along the axes, got (0, 3); inputs constant."),
        (lambda m, folder: tg.input("", (2,)), GraphError,
         "input '': expected a string as name, got ''."),
        (lambda m, folder: Dense(4, name=""), ValueError,
         "Dense: expected a string as name, got ''."),
        (lambda m, folder: Dense(4, name="d")(np.ones((0, 3))), GraphError,
         "Dense 'd', input 0: expected at least one sample, got an empty array of (0, 3)."),
        (lambda m, folder: Sequential(name="s").predict(X), GraphError,
         "Sequential 's': there is no layer to build; add one first."),
        (lambda m, folder: m.fit([], Y), DataError,
         "x: expected at least one sample, got an empty array of shape (0,)."),
        (lambda m, folder: m.fit(X[:0], Y[:0]), DataError,
         "x: expected at least one sample, got an empty array of shape (0, 5, 3)."),
        (lambda m, folder: m.fit(iter([])), DataError,
         "fit, epoch 1: expected at least one batch, got none."),
        (lambda m, folder: m.evaluate(X, None), DataError,
         "y: expected an array, got None."),
        (lambda m, folder: m.predict(None), DataError,
         "x: expected an array, got None."),
        (lambda m, folder: make_windows([], length=2), ValueError,
         "series: expected at least length + horizon = 3 time steps, got 0; give a longer series or ask "
         "for shorter windows."),
    ],
    "configuration": [
        (lambda m, folder: tg.tanh(x, x), TypeError,
         "tanh: takes (x), got too many arguments."),
        (lambda m, folder: tg.sum(x, keepdim=True), TypeError,
         "sum: does not know 'keepdim'; it takes (x, *, axis=None, keepdims=False)."),
        (lambda m, folder: tg.compile(x, backend="cuda"), BackendError,
         "backend 'cuda': expected one of numpy, cupy."),
        (lambda m, folder: tg.compile(x, dtype="bla"), GraphError,
         "compile: expected dtype float32 or float64, got bla."),
        (lambda m, folder: tg.compile(x, jit_compile="yes"), ValueError,
         "compile: expected jit_compile True, False or 'auto', got 'yes'."),
        (lambda m, folder: tg.compile(x, rewrite="no"), ValueError,
         "compile: expected rewrite True or False, got 'no'."),
        (lambda m, folder: tg.compile(x, guard="a"), GraphError,
         "compile: the guard 'a' is not among the outputs output."),
        (lambda m, folder: tg.compile(tg.tanh(x))(y=1), GraphError,
         "run: expected the inputs x, got y."),
        (lambda m, folder: Dense(4, activation="rleu"), ValueError,
         "unknown activation 'rleu'; did you mean 'relu'?"),
        (lambda m, folder: Dense(4, kernel_initializer="glort"), ValueError,
         "unknown initializer 'glort'; did you mean 'glorot_normal'?"),
        (lambda m, folder: Dense(4, kernel_constraint="maxnorm"), ValueError,
         "unknown constraint 'maxnorm'; did you mean 'max_norm'?"),
        (lambda m, folder: Dense(4, use_bias="no", name="d"), ValueError,
         "Dense 'd': use_bias must be True or False, got 'no'."),
        (lambda m, folder: LSTM(4, implementation=3, name="l"), ValueError,
         "LSTM 'l': implementation must be 1 or 2, got 3."),
        (lambda m, folder: nn.Bidirectional(LSTM(3), merge_mode="summ", name="b"), ValueError,
         "Bidirectional 'b': merge_mode must be one of 'concat', 'sum', 'mul', 'ave', None, got 'summ'."),
        (lambda m, folder: nn.Conv1D(3, 2, padding="sam", name="c"), ValueError,
         "Conv1D 'c': padding must be 'valid' or 'same' or 'causal', got 'sam'."),
        (lambda m, folder: Sequential([Dense(3, name="a"), Dense(3, name="a")], name="s"), GraphError,
         "Sequential 's': two layers are named 'a'; give one another name."),
        (lambda m, folder: nn.Model(nn.Input((3,), name="i"), nn.Input((3,), name="j"), name="n"), GraphError,
         "Model 'n': the outputs need the Input 'j', which is not among the inputs i; add it, or use one "
         "that is."),
        (lambda m, folder: m.compile("adem", "mse"), ValueError,
         "unknown optimizer 'adem'; did you mean 'adam'?"),
        (lambda m, folder: m.compile("adam", "msee"), ValueError,
         "unknown loss 'msee'; did you mean 'mse'?"),
        (lambda m, folder: m.compile("adam", None), ValueError,
         "Sequential 'm'.compile: needs a loss, for instance loss='mse'."),
        (lambda m, folder: m.compile("adam", "mse", metrics=["mea"]), ValueError,
         "unknown metric 'mea'; did you mean 'mae'?"),
        (lambda m, folder: m.compile("adam", ["mse", "mae"]), ValueError,
         "loss: expected 1, one for each output, got 2."),
        (lambda m, folder: m.fit(X, Y, epoch=3), TypeError,
         "Sequential 'm'.fit: unknown argument 'epoch'; did you mean 'epochs'?"),
        (lambda m, folder: m.fit(X, Y, verbose=7), ValueError,
         "verbose: expected 0, 1, 2 or 'auto', got 7."),
        (lambda m, folder: m.get_layer("encc"), ValueError,
         "Sequential 'm': no layer 'encc'; did you mean 'enc'?"),
        (lambda m, folder: optimizers.Adam(clipnorm=1.0, clipvalue=1.0), ValueError,
         "Adam: only one way to clip, got clipnorm and clipvalue."),
        (lambda m, folder: optimizers.get({"config": {}}), ValueError,
         "deserialize: expected {'class_name': ..., 'config': {...}}, got {'config': {}}."),
        (lambda m, folder: losses.MeanSquaredError(reduction="avg"), ValueError,
         "MeanSquaredError: unknown reduction 'avg'; there are None, mean, mean_with_sample_weight, none, "
         "sum, sum_over_batch_size."),
        (lambda m, folder: losses.SparseCategoricalCrossentropy(from_logits=3), ValueError,
         "SparseCategoricalCrossentropy: from_logits must be True or False, got 3."),
        (lambda m, folder: metrics.AUC(curve="R0C"), ValueError,
         "AUC: unknown curve 'R0C'; did you mean 'ROC'?"),
        (lambda m, folder: callbacks.EarlyStopping(mode="mx"), ValueError,
         "EarlyStopping: mode must be 'auto', 'min' or 'max', got 'mx'."),
        (lambda m, folder: callbacks.LambdaCallback(on_epoch=print), TypeError,
         "LambdaCallback: unknown argument 'on_epoch'; did you mean 'on_epoch_end'?"),
        (lambda m, folder: initializers.VarianceScaling(mode="fan"), ValueError,
         "VarianceScaling: unknown mode 'fan'; did you mean 'fan_in'?"),
        (lambda m, folder: regularizers.get("l3"), ValueError,
         "unknown regularizer 'l3'; did you mean 'l2'?"),
        (lambda m, folder: tg.draw(m, level="modell"), ValueError,
         "draw: a model has no level 'modell'; take one of 'model', 'unrolled', 'cell', 'ops'."),
        (lambda m, folder: make_windows(series, length=2, target="rain"), ValueError,
         "target: expected an index from 0 to 0, got 'rain'."),
    ],
    "file": [
        (lambda m, folder: m.load_weights(empty(folder)), ModelFormatError,
         "{folder}/empty.safetensors: no whole safetensors file: ..."),
        (lambda m, folder: m.load_weights(text(folder)), ModelFormatError,
         "{folder}/text.safetensors: no whole safetensors file: ..."),
        (lambda m, folder: m.load_weights(archive(folder)), ModelFormatError,
         "{folder}/a.npz: HDF5 or a zip, not a file of tinygraph; if Keras wrote it, name it .weights.h5 or "
         ".keras."),
        (lambda m, folder: m.load_weights(of_another(folder, units=5)), ModelFormatError,
         "{folder}/other.safetensors: the weights of another model: Sequential 'm' expected enc/kernel of "
         "shape (3, 16), float32, got weights/0000/enc/kernel of (3, 20), float32."),
        (lambda m, folder: m.load_weights(of_another(folder, use_bias=False)), ModelFormatError,
         "{folder}/other.safetensors: the weights of another model: Sequential 'm' expected 5 arrays, got "
         "4."),
        (lambda m, folder: m.load_weights(folder / "none.safetensors"), FileNotFoundError,
         "[Errno 2]..."),
        (lambda m, folder: m.load_weights(folder), IsADirectoryError,
         "[Errno 21]..."),
        (lambda m, folder: tg.draw(m, path=folder / "a.bmp"), ValueError,
         "'{folder}/a.bmp': cannot write .bmp; take one of '.svg', '.dot', '.gv', '.tex', '.png', '.pdf'."),
        (lambda m, folder: callbacks.ModelCheckpoint(3), ValueError,
         "ModelCheckpoint: filepath must be the name of a file, got 3."),
        (lambda m, folder: callbacks.ModelCheckpoint(folder / "w.safetensors", save_freq="batch"), ValueError,
         "ModelCheckpoint: save_freq, if not 'epoch', must be a whole number of at least 1, got 'batch'."),
        (lambda m, folder: callbacks.BackupAndRestore(3), ValueError,
         "BackupAndRestore: backup_dir must be the name of a folder, got 3."),
        (lambda m, folder: m.fit(X, Y, callbacks=[callbacks.CSVLogger(folder)]), IsADirectoryError,
         "[Errno 21]..."),
    ],
    "exchange": [
        (lambda m, folder: m.save(3), ValueError,
         "Sequential 'm'.save: filepath must be the name of a file, got 3."),
        (lambda m, folder: m.save(""), ValueError,
         "Sequential 'm'.save: filepath must be the name of a file, got ''."),
        (lambda m, folder: m.save(folder / "m.onnx"), ValueError,
         "Sequential 'm'.save: a file whose name ends in .onnx is written by export."),
        (lambda m, folder: m.save(folder / "m.h5"), ValueError,
         "Sequential 'm'.save: a file whose name ends in .h5 is written by save_weights, as .weights.h5."),
        (lambda m, folder: m.save(folder / "m.tiny", overwrite="no"), ValueError,
         "Sequential 'm'.save: overwrite must be True or False, got 'no'."),
        (lambda m, folder: m.save(empty(folder), overwrite=False), FileExistsError,
         "Sequential 'm'.save: there is a file '{folder}/empty.safetensors' already; write over it with "
         "overwrite=True."),
        (lambda m, folder: Sequential([Dense(1)], name="u").save(folder / "u.tiny"), GraphError,
         "Sequential 'u': its shapes are not known yet; call build(shape), or fit it."),
        (lambda m, folder: m.save(folder), IsADirectoryError,
         "[Errno 21] Is a directory: '{folder}'"),
        (lambda m, folder: m.save_weights(None), ValueError,
         "Sequential 'm'.save_weights: filepath must be the name of a file, got None."),
        (lambda m, folder: m.save_weights(folder / "m.keras"), ValueError,
         "Sequential 'm'.save_weights: a file whose name ends in .keras is written by save."),
        (lambda m, folder: m.load_weights(b"m.weights.h5"), ValueError,
         "Sequential 'm'.load_weights: filepath must be the name of a file, got b'm.weights.h5'."),
        (lambda m, folder: m.load_weights(text(folder, "m.weights.h5")), ModelFormatError,
         "{folder}/m.weights.h5: no weights of Keras: ..."),
        (lambda m, folder: m.load_weights(of_another(folder, units=5, end=".weights.h5")), ModelFormatError,
         "{folder}/other.weights.h5: LSTM 'enc': expected variables of [(3, 16), (4, 16), (16,)] at "
         "layers/lstm/cell/vars, got [(3, 20), (5, 20), (20,)]. These are the weights of another model."),
        (lambda m, folder: m.load_weights(text(folder, "m.keras")), ModelFormatError,
         "{folder}/m.keras: no weights of Keras: ..."),
        (lambda m, folder: tg.load(["m.tiny"]), ValueError,
         "load: path must be the name of a file, got ['m.tiny']."),
        (lambda m, folder: tg.load("m.tiny", custom_objects=[Dense]), ValueError,
         "load: custom_objects must be classes or functions by name, got [<class "
         "'tinygraph.nn.layers.core.Dense'>]."),
        (lambda m, folder: tg.load("m.tiny", compile="no"), ValueError,
         "load: compile must be True or False, got 'no'."),
        (lambda m, folder: tg.load(of_another(folder)), ModelFormatError,
         "{folder}/other.safetensors: it has weights and no model; make the model, and take them with "
         "model.load_weights."),
        (lambda m, folder: tg.load(text(folder, "m.keras")), ModelFormatError,
         "{folder}/m.keras: no .keras file: it does not begin as a zip does."),
        (lambda m, folder: m.export(3), ValueError,
         "Sequential 'm'.export: filepath must be the name of a file, got 3."),
        (lambda m, folder: m.export("m.pb"), ValueError,
         "Sequential 'm'.export: expected a name that ends in .onnx or .gguf, or a format, got 'm.pb'."),
        (lambda m, folder: m.export("m", "ggf"), ValueError,
         "Sequential 'm'.export: unknown format 'ggf'; did you mean 'gguf'?"),
        (lambda m, folder: m.export("m", 3), ValueError,
         "Sequential 'm'.export: unknown format 3; there are gguf, onnx."),
        (lambda m, folder: m.export_numpy(None), ValueError,
         "Sequential 'm'.export_numpy: path must be the name of a file, got None."),
        (lambda m, folder: m.export_numpy("predict.txt"), ValueError,
         "Sequential 'm'.export_numpy: expected a name such as predict.py, got 'predict.txt'."),
        (lambda m, folder: torch.load_state_dict(m, "state.npz"), TypeError,
         "load_state_dict: expected arrays by name, got str."),
        (lambda m, folder: torch.load_state_dict(m, {}), ValueError,
         "load_state_dict: Sequential 'm' has weights in enc, out; the state dict has the modules none. Make "
         "them as many, load layer by layer, or say with modules={'module': 'layer', ...} which is which."),
        (lambda m, folder: torch.load_state_dict(m, torch.state_dict(m) | {"out.bias": ["a"]}), ValueError,
         "load_state_dict: out.bias: expected numbers, got strings."),
        (lambda m, folder: torch.load_state_dict(m, torch.state_dict(m) | {"out.bias": [1, 2]}), ValueError,
         "load_state_dict: Sequential 'm': expected out.bias of shape (1,), got (2,). Modules were taken for "
         "layers so: enc for ['enc'], out for ['out']; say with modules= if it should be otherwise."),
        (lambda m, folder: torch.load_state_dict(m, torch.state_dict(m) | {"out.scale": [1]}), ValueError,
         "load_state_dict: Sequential 'm': out.scale left over. Modules were taken for layers so: enc for "
         "['enc'], out for ['out']; say with modules= if it should be otherwise."),
        (lambda m, folder: torch.state_dict(3), TypeError,
         "exchange.torch: expected a model or a layer, got int."),
        (lambda m, folder: torch.state_dict(m, {"rnn": 3}), TypeError,
         "modules: expected names of layers by names of modules, got {'rnn': 3}."),
        (lambda m, folder: torch.state_dict(m, {"rnn": "enc", "fc": "enc"}), ValueError,
         "modules: layer 'enc' of Sequential 'm' is in two modules; name it once."),
        (lambda m, folder: torch.state_dict(m, {"rnn": ["enc", "out"]}), ValueError,
         "LSTM 'enc', Dense 'out': only recurrent layers can be one module of PyTorch together."),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def m():
    return trained()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [pytest.param(*case, id=f"{kind}-{k}") for kind, cases in CASES.items() for k, case in enumerate(cases)],
)
def test_a_bad_input_is_refused_and_leaves_no_trace(m, tmp_path, call, error, message):
    before, history = state(m), m.history
    with pytest.raises(error) as caught:
        call(m, tmp_path)
    assert type(caught.value) is error
    found = str(caught.value).replace(str(tmp_path), "{folder}")
    assert found == message or (message.endswith("...") and found.startswith(message[:-3]))
    assert state(m) == before
    assert m.history is history


def test_the_model_can_be_trained_on(m):
    m.fit(X, Y, verbose=0)


def test_there_are_ninety_of_all_kinds():
    counts = {kind: len(cases) for kind, cases in CASES.items()}
    assert counts.keys() == {"shape", "type", "value", "empty", "configuration", "file", "exchange"}
    assert sum(counts.values()) >= 90
    assert min(counts.values()) >= 10
