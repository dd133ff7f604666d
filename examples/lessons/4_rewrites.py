"""Lesson 4: what the rewrites do to a graph, and why it then runs faster.

An LSTM is written as in the textbook, one time step after another; so it has many small products of matrices.
Rewrites turn the graph into one that computes the same with fewer and larger operations. We count what each
of them does, look at it, and take the time. With the extra `fast` the graph becomes machine code as well.

    python examples/lessons/4_rewrites.py [folder for the pictures]
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Sequential
from tinygraph.plan import plan
from tinygraph.rewrites import passes

BATCH, TIME, FEATURES, UNITS = 32, 20, 16, 32


def network(time, features, units):
    """Return a model that is ready to be trained."""
    tg.set_seed(0)
    lstm = LSTM(units, input_shape=(time, features), name="lstm")
    model = Sequential([lstm, Dense(1, name="dense")], name="network")
    model.compile("sgd", "mse")
    return model


def line(name, graph):
    """Print how large a graph is; return the four numbers. A call is one of NumPy, or of fused code."""
    products = sum(node.op.name in ("matmul", "affine") for node in graph.nodes)  # affine: a + x w
    made = plan(graph)
    print(f"   {name:14} {len(graph.nodes):6,} {products:9} {made.calls:6,} {made.arena:10,}")
    return len(graph.nodes), products, made.calls, made.arena


def count(graph):
    """Apply one rewrite after another, and print what is left after each that changed something."""
    print("1. The loss and its gradients after each rewrite, which is tinygraph/rewrites/<name>.py")
    print(f"   {'':14} {'nodes':>6} {'products':>9} {'calls':>6} {'bytes':>10}")
    counts = {"declared": line("declared", graph)}
    for rewrite in (*passes.PASSES, *passes.FUSING):
        before, graph = graph, rewrite(graph)
        if graph is not before and graph.count() != before.count():
            counts[rewrite.__name__] = line(rewrite.__name__, graph)
    print("   products, siblings: many small products become a large one, as x W of all time steps.")
    print("   For that, values that could share memory stand side by side: the buffers' bytes grow.")
    print("   From apart on it is for machine code, where a call costs little: products may be small")
    print("   again, which saves memory, and chains makes one loop of all that a step's gates need.")
    return counts


def take_time(graph, feeds, rounds=40):
    """Print the median time of each form of a graph; return by how much their results differ."""
    # Without machine code there are the rewrites of passes.CALLING, which spare calls of NumPy.
    forms = {"declared": {"rewrite": False}, "rewritten": {"jit_compile": False}}
    if find_spec("llvmlite"):
        forms["machine code"] = {"jit_compile": True}
    run = {name: tg.compile(graph.outputs, **options) for name, options in forms.items()}
    results = {name: function(**feeds) for name, function in run.items()}
    times = {name: [] for name in run}
    for _ in range(rounds):  # they take turns, so that whatever else runs here disturbs all alike
        for name, function in run.items():
            start = perf_counter()
            function(**feeds)
            times[name].append(perf_counter() - start)
    print(f"\n2. Time for the loss and its gradients on this machine, median of {rounds} turns")
    taken = {name: median(each) for name, each in times.items()}
    for name, seconds in taken.items():
        print(f"   {name:14} {1e3 * seconds:7.2f} ms   {taken['declared'] / seconds:4.1f} times as fast")
    if "machine code" not in run:
        print("   pip install 'tinygraph[fast]' adds machine code to this table.")
    if taken["rewritten"] > taken["declared"]:
        print("   Slower? A large product is shared among threads, which then wait for a busy machine:")
        print("   try again with the environment variable OPENBLAS_NUM_THREADS=1.")
    declared = results["declared"]
    apart = max(float(np.abs(r[name] - declared[name]).max()) for r in results.values() for name in declared)
    print(f"   All give the same but for the order of sums: the largest difference is {apart:.0e}.")
    return apart


def draw(graph, folder):
    """Draw stages of a network that is small enough to be seen, and the memory of the large one."""
    small = network(time=3, features=2, units=4)
    pictures = {
        "hoisted": {"pass_": "forward", "stage": ("declared", "rewritten")},
        "fused": {"pass_": "forward", "stage": ("rewritten", "chains")},
        "backward": {"pass_": ("forward", "backward"), "stage": ("differentiated", "rewritten")},
    }
    for name, options in pictures.items():
        small.draw(level="unrolled", **options, path=folder / f"{name}.svg")
    chart = tg.memory_chart(graph)
    chart.save(folder / "memory.svg")
    print("\n3. Memory: buffers are used again when nobody reads their value any more, so")
    print(f"   {chart.separate.arena:,} bytes of values take {chart.reused.arena:,} bytes of memory. The")
    print("   forward pass fills them; the backward pass reads what it left and frees it, last step first.")
    print(f"\nLook at {folder}/hoisted.svg, fused.svg, backward.svg and memory.svg.")


def main(folder):
    """Count, take the time, draw."""
    folder.mkdir(parents=True, exist_ok=True)
    model = network(TIME, FEATURES, UNITS)
    step = model.training_step(BATCH)
    graph = tg.Graph({"loss": step.loss, **{weight.label: node for weight, node in step.gradients.items()}})
    counts = count(graph)
    random = np.random.default_rng(0)
    apart = take_time(graph, {leaf.name: random.normal(size=leaf.shape) for leaf in graph.inputs})
    draw(graph, folder)
    return counts, apart


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "lessons_out"))
