"""Lesson 3: backpropagation through time, and why it forgets what lies far back.

The task: say at the end what the first number was; the 49 numbers after it are noise. To learn that, the loss
at the end must tell the first step what to change. We measure how much of the gradient arrives there: in a
SimpleRNN, in an LSTM as it usually begins, and in an LSTM whose forget gates begin open.

    python examples/lessons/3_through_time.py [folder for the pictures]
"""

import sys
from pathlib import Path

import numpy as np

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Sequential, SimpleRNN, optimizers

TIME, UNITS, SEEDS = 50, 16, (1, 2, 3)
#: The bias of the forget gates is 1 where an LSTM begins here and in Keras: f = sigmoid(1) = 0.73. 4: 0.98.
KINDS = {"SimpleRNN": (SimpleRNN, None), "LSTM_bias_1": (LSTM, 1.0), "LSTM_bias_4": (LSTM, 4.0)}


def recall(samples, seed):
    """Return series that begin with a number between -1 and 1 and go on with noise, and those numbers."""
    random = np.random.default_rng(seed)
    x = random.normal(scale=0.5, size=(samples, TIME, 1)).astype("float32")
    x[:, 0, 0] = random.uniform(-1, 1, size=samples)
    return x, x[:, 0].copy()


def network(name, seed):
    """Return one of the three networks, not trained."""
    tg.set_seed(seed)
    kind, forget_bias = KINDS[name]
    layer = kind(UNITS, input_shape=(TIME, 1), name="rnn" if kind is SimpleRNN else "lstm")
    model = Sequential([layer, Dense(1, name="dense")], name=name)
    if forget_bias:
        kernel, recurrent_kernel, bias = layer.get_weights()
        bias[UNITS : 2 * UNITS] = forget_bias  # i, f, g, o stand beside each other
        layer.set_weights([kernel, recurrent_kernel, bias])
    model.compile(optimizers.Adam(0.01, clipnorm=1.0), "mse")
    return model


def back_by_hand(model, x, y):
    """Backpropagate through a SimpleRNN in NumPy; return the norm of dL/dh_t at every t."""
    rnn, dense = model.layers
    h, u, w = rnn.trace(x)["h"], rnn.get_weights()[1], dense.get_weights()[0]
    slope = 2 * (model.predict(x) - y) / len(x) @ w.T  # the loss, a mean of squares, reads the last h
    norms = [np.linalg.norm(slope)]
    for t in reversed(range(1, TIME)):
        slope = slope * (1 - h[:, t] ** 2) @ u.T  # h_t = tanh(... + h_(t-1) u), one step back
        norms.append(np.linalg.norm(slope))
    return np.array(norms[::-1])


def measure(models, x, y):
    """Print how much gradient arrives at the first step, before any training; return all the norms."""
    print(f"1. The gradient at the last step -> {TIME - 1} steps further back, before training")
    found = {name: tg.gradient_flow(model, x, y).norms for name, model in models.items()}
    for name, layers in found.items():
        for state, norms in next(iter(layers.values())).items():
            factor = (norms[0] / norms[-1]) ** (1 / (TIME - 1))
            print(f"   {name:12} dL/d{state}: {norms[-1]:.0e} -> {norms[0]:.0e}, times {factor:.2f} a step")
    print("   From h to h it goes back through the weights and tanh; from c to c mostly through f:")
    for name in ("LSTM_bias_1", "LSTM_bias_4"):
        f = models[name].layers[0].trace(x)["f"].mean()
        print(f"   {name:12} mean f = {f:.2f}; to the power of {TIME - 1} that is {f ** (TIME - 1):.0e}")
    print("   So an LSTM keeps the gradient where its forget gates are open, and only there.")
    by_hand = back_by_hand(models["SimpleRNN"], x, y)
    apart = np.abs(by_hand / found["SimpleRNN"]["rnn"]["h"] - 1).max()
    print(f"   BPTT by hand in NumPy gives the same for the SimpleRNN, within {apart:.0e} of it.")
    return found, by_hand


def draw(models, x, y, folder):
    """Leave charts of the gradients, the unrolled networks with them as arrows, and a page."""
    simple, usual, opened = models.values()
    tg.gradient_flow(simple, x, y, beside=usual).plot(folder / "flow_usual.svg")
    tg.gradient_flow(simple, x, y, beside=opened).plot(folder / "flow_open.svg")
    for model in (simple, opened):
        drawing = model.draw(level="unrolled", pass_=("forward", "backward"), values=(x, y))
        drawing.save(folder / f"{model.name}.svg")
    opened.explore(x[:1], y[:1], folder / "through_time.html")


def train():
    """Train each network from several seeds; return the share of the variance that it did not learn."""
    print("\n2. Error after 25 epochs, from three seeds: 0 is perfect, 1 is that of always saying 0")
    (x, y), (x_test, y_test) = recall(1000, seed=10), recall(500, seed=11)
    left = {name: [] for name in KINDS}
    for name, errors in left.items():
        for seed in SEEDS:
            model = network(name, seed)
            model.fit(x, y, batch_size=32, epochs=25, verbose=0)
            errors.append(float(np.mean((model.predict(x_test) - y_test) ** 2) / np.mean(y_test**2)))
        print(f"   {name:12} " + "  ".join(f"{error:.2f}" for error in errors))
    print("   Compare with the gradients above: what hardly arrives is lost among the noise.")
    return left


def main(folder):
    """Measure and draw, then train."""
    folder.mkdir(parents=True, exist_ok=True)
    x, y = recall(32, seed=9)
    models = {name: network(name, SEEDS[0]) for name in KINDS}
    found, by_hand = measure(models, x, y)
    draw(models, x, y, folder)
    left = train()
    print(f"\nLook at {folder}/flow_usual.svg and flow_open.svg. In SimpleRNN.svg and LSTM_bias_4.svg the")
    print("thicker an arrow back, the larger its gradient; each has a scale of its own, see its last lines.")
    print("Open through_time.html and play it backwards.")
    return found, by_hand, left


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "lessons_out"))
