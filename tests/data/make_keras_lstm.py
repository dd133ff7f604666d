"""Makes keras_lstm.npz: outputs and gradients of keras.layers.LSTM alone, in float64.

    KERAS_BACKEND=jax python tests/data/make_keras_lstm.py [folder]

"config" of a case holds the keyword arguments of LSTM. Its arrays, in the layer's own order:

    x            input (batch, time, features); with "initial_state": true also h0 and c0
    w0, w1, w2   kernel, recurrent_kernel, bias (no w2 with use_bias=False)
    bias_init    the bias before it was overwritten by w2 (shows unit_forget_bias)
    y0, y1, y2   the outputs: y, or y, h, c with return_state=True
    g0, g1, g2   a random cotangent for each output; loss = sum_k sum(y_k * g_k)
    dx, dw0, ..  gradients of that loss, also dh0 and dc0 where there is an initial state
"""

import itertools

import keras
import numpy as np
from reference import Cases, gradients, to_numpy, use_float64

SMOOTH = ["tanh", "sigmoid", "linear", "softsign", "gelu", "softplus", "silu"]
PIECEWISE = ["relu", "elu", "selu", "hard_sigmoid"]
RECURRENT = ["sigmoid", "hard_sigmoid", "tanh", "linear", "softsign", "hard_tanh"]
RETURNS = [(False, False), (True, False), (False, True), (True, True)]  # sequences, state
SHAPES = [(3, 5, 2), (1, 4, 3), (7, 3, 1), (2, 6, 5), (5, 1, 4), (4, 8, 2), (6, 2, 3)]


def lstm_config(units, sequences, state, **others):
    """The keyword arguments of LSTM, only those that matter to the case."""
    config = {"units": units, "return_sequences": sequences, "return_state": state}
    return config | others


def configurations():
    """(name, config, (batch, time, features)) of every case; names need not be unique."""
    shapes = itertools.cycle(SHAPES)
    units = itertools.cycle([3, 1, 5, 2, 8, 4, 7, 6])
    returns = itertools.cycle(RETURNS[::-1])
    for size, (sequences, state) in itertools.product(range(1, 9), RETURNS):
        yield "units", lstm_config(size, sequences, state), next(shapes)
    for steps in (1, 2, 7, 11, 12):
        yield "time", lstm_config(next(units), *next(returns)), (3, steps, 2)
    for batch in range(1, 8):
        yield "batch", lstm_config(next(units), *next(returns)), (batch, 4, 3)
    for bias in ({"use_bias": False}, {"unit_forget_bias": False}):
        for sequences, state in RETURNS:
            config = lstm_config(next(units), sequences, state, **bias)
            yield next(iter(bias)), config, next(shapes)
    for name in SMOOTH + PIECEWISE:
        config = lstm_config(next(units), *next(returns), activation=name)
        yield f"act_{name}", config, next(shapes)
    for name in RECURRENT:
        config = lstm_config(next(units), *next(returns), recurrent_activation=name)
        yield f"rec_{name}", config, next(shapes)
    for name, gate in itertools.product(["relu", "elu", "linear"], ["hard_sigmoid", "sigmoid"]):
        others = {"activation": name, "recurrent_activation": gate, "use_bias": gate == "sigmoid"}
        yield f"mix_{name}_{gate}", lstm_config(next(units), True, True, **others), (5, 6, 2)
    for sequences, state in RETURNS:
        config = lstm_config(next(units), sequences, state, go_backwards=True)
        yield "backwards", config, next(shapes)
    for sequences, state in RETURNS:
        yield "initial_state", lstm_config(next(units), sequences, state), next(shapes)


def draw(rng, config, shape):
    """Random x and weights, with relu kept off its kink.

    With relu a first step of negative candidates gives c = 0, on the kink of relu(c). A first
    step of positive candidates makes every c positive; later candidates keep either sign.
    """
    units, features = config["units"], shape[-1]
    x = rng.normal(size=shape)
    weights = [
        rng.normal(size=(features, 4 * units)) / np.sqrt(features),
        rng.normal(size=(units, 4 * units)) * 0.7 / np.sqrt(units),
        rng.normal(size=4 * units) * 0.5,
    ]
    if config.get("activation") == "relu":
        candidate = np.s_[..., 2 * units : 3 * units]
        x[:, 0] = np.abs(x[:, 0])
        weights[0][candidate] = np.abs(weights[0][candidate])
        weights[2][candidate] = np.abs(weights[2][candidate])
    return x, weights[: 3 if config.get("use_bias", True) else 2]


def run(rng, config, shape, with_state):
    """The arrays of one case."""
    x, weights = draw(rng, config, shape)
    layer = keras.layers.LSTM(**config)
    layer.build(shape)
    arrays = {"bias_init": to_numpy(layer.cell.bias)} if len(weights) == 3 else {}
    names = ["x"] + [f"w{i}" for i in range(len(weights))] + ["h0", "c0"] * with_state
    states = [rng.normal(size=(shape[0], config["units"])) for _ in range(2 * with_state)]
    inputs = [x, *weights, *states]

    def call(x, *others):
        weights_now, state = others[: len(weights)], list(others[len(weights) :])
        frozen = layer.non_trainable_variables
        kwargs = {"initial_state": state} if state else {}
        outputs, _ = layer.stateless_call(list(weights_now), frozen, x, **kwargs)
        return outputs if config["return_state"] else [outputs]

    outputs = [to_numpy(y) for y in call(*map(keras.ops.convert_to_tensor, inputs))]
    cotangents = [rng.normal(size=y.shape) for y in outputs]

    def loss(*tensors):
        pairs = zip(call(*tensors), map(keras.ops.convert_to_tensor, cotangents), strict=True)
        return sum(keras.ops.sum(y * g) for y, g in pairs)

    arrays |= dict(zip(names, inputs, strict=True))
    arrays |= {f"y{k}": y for k, y in enumerate(outputs)}
    arrays |= {f"g{k}": g for k, g in enumerate(cotangents)}
    grads = gradients(loss, inputs)
    return arrays | {f"d{name}": grad for name, grad in zip(names, grads, strict=True)}


def main():
    """Run every configuration and save."""
    use_float64()
    cases = Cases()
    for seed, (name, config, shape) in enumerate(configurations()):
        batch, steps, features = shape
        returns = ["last", "seq"][config["return_sequences"]] + "_state" * config["return_state"]
        case_id = f"{name}-u{config['units']}-b{batch}-t{steps}-f{features}-{returns}"
        with_state = name == "initial_state"
        arrays = run(np.random.default_rng(seed), config, shape, with_state)
        cases.add({"id": case_id, "config": config, "initial_state": with_state}, arrays)
    cases.save("keras_lstm.npz")


if __name__ == "__main__":
    main()
