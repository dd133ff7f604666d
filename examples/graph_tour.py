"""A tour of the graph, for a class: declare, differentiate twice, run, count the nodes.

Everything tinygraph does turns a graph into a graph. This script shows each stage of a small one.
"""

import textwrap

import numpy as np

import tinygraph as tg


def main():
    """Walk through the stages and print what each one is."""
    print("1. Declare. Nodes have shapes, not values.")
    x = tg.input("x", (4, 3))
    w = tg.param("w", np.full((3, 2), 0.5))
    y = tg.tanh(x @ w)
    loss = tg.mean(y * y)
    declared = tg.Graph({"loss": loss})
    for node in declared.nodes:
        print(f"   {node!r}")

    print("\n2. Differentiate. The gradient is more nodes of the same graph.")
    (dw,) = tg.gradients(loss, [w])
    print(f"   dw is {dw!r}")
    once = tg.Graph({"loss": loss, "dw": dw})
    print(f"   {len(declared.nodes)} nodes have become {len(once.nodes)}: {once.count()}")

    print("\n3. Differentiate again: how the length of the gradient changes with w.")
    (d2w,) = tg.gradients(tg.sum(dw * dw), [w])
    twice = tg.Graph({"loss": loss, "dw": dw, "d2w": d2w})
    print(f"   now there are {len(twice.nodes)} nodes")

    print("\n4. Plan. Values that are never alive together share memory.")
    shared = tg.compile(twice.outputs)
    apart = tg.compile(twice.outputs, reuse=False)
    print(f"   {shared.plan.calls} kernel calls")
    print(f"   {apart.plan.arena} bytes without sharing, {shared.plan.arena} with it")

    print("\n5. Run.")
    values = np.random.default_rng(0).normal(size=(4, 3))
    result = shared(x=values)
    for name, value in result.items():
        print(textwrap.indent(f"{name} =\n{np.round(value, 4)}", "   "))

    print("\n6. Check one slope by hand: move one weight a little, and see how the loss moves.")
    step = 1e-3
    nudged = w.value
    nudged[0, 0] += step
    before = float(result["loss"])
    w.assign(nudged)
    after = float(shared(x=values)["loss"])
    slope = (after - before) / step
    print(f"   (loss after - before) / step = {slope:.4f}, and dw[0, 0] = {result['dw'][0, 0]:.4f}")
    return result, slope


if __name__ == "__main__":
    main()
