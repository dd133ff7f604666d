"""Lesson 2: one LSTM cell, gate by gate.

An LSTM carries two states: h, what it says, and c, what it remembers. At each time step three gates between 0
and 1 decide: f how much of c is kept, i how much of the new g is written into c, o how much of c is said.
We write the equations down in NumPy, run the layer, and compare every gate at every step. Then we set the
weights by hand, so that the cell is a memory that we can write to.

    python examples/lessons/2_gates.py [folder for the pictures]
"""

import sys
from pathlib import Path

import numpy as np

import tinygraph as tg
from tinygraph.nn import LSTM, Sequential

#: At each of six time steps a value, and whether it is one to remember.
VALUE, WRITE = [0.9, 0.3, -0.5, -0.8, 0.1, 0.6], [1, 0, 0, 1, 0, 0]
SERIES = np.array([VALUE, WRITE], dtype="float32").T[None]  # (batch, time, features)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def by_the_equations(series, kernel, recurrent_kernel, bias):
    """Run an LSTM over (batch, time, features): the textbook's equations, one time step after another."""
    h = c = np.zeros((len(series), len(recurrent_kernel)))
    steps = []
    for t in range(series.shape[1]):
        a = series[:, t] @ kernel + h @ recurrent_kernel + bias  # one product for all four
        i, f, g, o = np.split(a, 4, axis=1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * c + i * g  # what is kept, and what is written
        h = o * np.tanh(c)  # what is said of it
        steps.append({"i": i, "f": f, "g": g, "o": o, "c": c, "h": h})
    return {name: np.stack([step[name] for step in steps], axis=1) for name in steps[0]}


def compare(lstm):
    """Print every gate and state of the layer; return them, and the largest difference from the equations."""
    traced = lstm.trace(SERIES)  # what the layer itself computes: arrays (batch, time, units) by name
    expected = by_the_equations(SERIES, *lstm.get_weights())
    print("     t  value  write" + "".join(f"{name:>8}" for name in expected))
    for t, (value, write) in enumerate(SERIES[0]):
        numbers = "".join(f"{traced[name][0, t, 0]:8.3f}" for name in expected)
        print(f"   {t:3} {value:6.1f} {write:6.0f}{numbers}")
    worst = max(float(np.abs(traced[name] - expected[name]).max()) for name in expected)
    print(f"   Largest difference from the equations, of all these numbers: {worst:.0e}")
    return traced, worst


def as_memory(lstm):
    """Set the weights by hand: where `write` is 1 the cell takes the value, else it keeps what it has."""
    kernel = [[0, 0, 1, 0], [20, -20, 0, 0]]  # rows: value, write; columns: i, f, g, o
    bias = [-10, 10, 0, 10]  # without `write`: i shut, f open; o always open
    lstm.set_weights([np.array(kernel), np.zeros((1, 4)), np.array(bias)])


def main(folder):
    """Compare before and after the weights are set, and draw the cell."""
    folder.mkdir(parents=True, exist_ok=True)
    tg.set_seed(3)
    lstm = LSTM(1, input_shape=(6, 2), name="lstm")
    model = Sequential([lstm], name="cell")
    print("1. A cell as it begins, with random weights. In every row c = f · (c before) + i · g.")
    _, worst = compare(lstm)
    model.draw(level="cell", steps=1, values=SERIES, path=folder / "cell_random.svg")

    as_memory(lstm)
    print("\n2. Weights set by hand: a memory. Look at i and f where write is 1, at c where it is 0.")
    traced, still = compare(lstm)
    print("   At a write f forgets the old value and i lets tanh(value) in; else c stays as it is.")
    print("   Training finds weights by itself: gates are smooth, so the gradient can show the way.")
    model.draw(level="cell", steps=3, values=SERIES, path=folder / "cell_writes.svg")
    model.draw(level="cell", steps=4, values=SERIES, path=folder / "cell_keeps.svg")
    print(
        f"\nLook at {folder}/cell_random.svg, then at cell_writes.svg and cell_keeps.svg beside each other."
    )
    return traced, max(worst, still)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "lessons_out"))
