"""Lesson 1: a formula is a graph, and so is its derivative.

We take f(x) = x · exp(-x), which a class can differentiate by hand: f'(x) = (1 - x) · exp(-x) and
f''(x) = (x - 2) · exp(-x). tinygraph does it by the chain rule, one operation at a time, and writes what it
finds as more nodes of the same graph. Three pictures show the graph growing.

    python examples/lessons/1_derivative.py [folder for the pictures]
"""

import sys
from pathlib import Path

import numpy as np

import tinygraph as tg

AT = 0.8


def declare():
    """Return f, f' and f'' as nodes, which have no values yet. float64, for we shall look at small errors."""
    x = tg.input("x", (), dtype="float64")
    f = x * tg.exp(-x)
    (df,) = tg.gradients(f, [x])
    (d2f,) = tg.gradients(df, [x])  # a gradient is a node like any other: differentiate it again
    return {"f": f, "f'": df, "f''": d2f}


def by_hand(x):
    """Return what calculus says."""
    return {"f": x * np.exp(-x), "f'": (1 - x) * np.exp(-x), "f''": (x - 2) * np.exp(-x)}


def show_growth(nodes, folder):
    """Draw f; f and f'; all three. Each picture has the numbers at x = AT in it."""
    print("1. Every derivative is more nodes of the same graph")
    for k, name in enumerate(("expression", "derivative", "second_derivative"), start=1):
        so_far = dict(list(nodes.items())[:k])
        graph = tg.Graph(so_far)
        kinds = ", ".join(f"{times} {kind}" for kind, times in graph.count().items())
        print(f"   {', '.join(so_far):11} {len(graph.nodes):2} nodes: {kinds}")
        tg.draw(so_far, values={"x": AT}, path=folder / f"{name}.svg")


def compare(run):
    """Print what the graph gives beside what calculus gives."""
    print(f"\n2. The graph and calculus agree, at x = {AT}")
    found, expected = run(x=AT), by_hand(AT)
    for name in found:
        print(f"   {name:4} graph {found[name]:+.15f}   by hand {expected[name]:+.15f}")
    return found, expected


def nudge(run):
    """Print how far the slope between x - h and x + h is from f'(x), for smaller and smaller h."""
    print("\n3. Finite differences: f'(x) is about (f(x + h) - f(x - h)) / 2h. How small should h be?")
    exact, errors = run(x=AT)["f'"], {}
    for power in range(-1, -14, -2):
        h = 10.0**power
        slope = (run(x=AT + h)["f"] - run(x=AT - h)["f"]) / (2 * h)
        errors[h] = abs(slope - exact)
        print(f"   h = 1e{power:<4} error {errors[h]:.1e}  {'#' * round(16 + np.log10(errors[h] + 1e-16))}")
    best = min(errors, key=errors.get)
    print(f"   Best at h = {best:.0e}. With a larger one the curve bends between the two points; with a")
    print("   smaller one both values share most digits, and the difference keeps only the others.")
    print("   The graph has no h: it is exact but for rounding. Finite differences are for testing it.")
    return errors


def main(folder):
    """Differentiate, compare, check."""
    folder.mkdir(parents=True, exist_ok=True)
    nodes = declare()
    show_growth(nodes, folder)
    run = tg.compile(nodes)
    found, expected = compare(run)
    errors = nudge(run)
    print(f"\nLook at {folder}/expression.svg, derivative.svg and second_derivative.svg, in this order.")
    return found, expected, errors


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "lessons_out"))
