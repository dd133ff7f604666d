"""What it costs to draw, stage by stage, as the boxes grow; nothing is written to disk and no ``dot`` is run.

A chain of operations; LSTM, LSTM and Dense with a box for each layer and step, and for each operation; the
same with its gradients. Every box is drawn, whatever their number; the last rows leave all but the ends out,
as drawings do by default. Numbers are milliseconds of the processor, medians; "layout, svg" is their sum,
beside it in microseconds a box, and that by the one of the row above: 1 where the time is linear.

    python examples/bench_draw.py [--rounds 7] [--quick]
"""

import argparse
import sys
import time
from statistics import median

from bench.machine import described
from bench.table import table

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Sequential
from tinygraph.viz.layout import layout
from tinygraph.viz.svg import svg

HEADER = ["ms", "boxes", "edges", "outline", "layout", "svg", "layout, svg", "µs a box", "ratio"]
ALL = 10**9
CHAINS, STEPS = (1250, 2500, 5000, 10_000), (75, 150, 300)


def main(arguments):
    """Print the table."""
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    made.add_argument("--rounds", type=int, default=7)
    made.add_argument("--quick", action="store_true", help="a few boxes, to see that it runs")
    options = made.parse_args(arguments)
    chains, steps = ((5, 10), (2, 4)) if options.quick else (CHAINS, STEPS)
    print(*described([sys.executable]), sep="\n", end="\n\n")
    rows = []
    for kind in (
        of_chains(chains),
        unrolled(steps),
        operations(steps),
        training(steps),
        collapsed(chains, steps),
    ):
        before = None
        for name, thing, how in kind:
            *row, each = measured(thing, how, options.rounds)
            rows.append([name, *row, each, each / before if before else None])
            before = each
    print(table(HEADER, rows), flush=True)


def of_chains(lengths):
    """Yield chains of operations."""
    for length in lengths:
        node = tg.input("x", (2,))
        for _ in range(length - 1):
            node = tg.tanh(node)
        yield f"chain of {length}", node, {"limit": ALL}


def unrolled(lengths):
    """Yield models with a box for each layer and step."""
    for length in lengths:
        yield f"unrolled, T={length}", network(length), {"level": "unrolled", "steps": length, "limit": ALL}


def operations(lengths):
    """Yield models with a box for each operation."""
    for length in lengths:
        yield f"ops, T={length}", network(length), {"level": "ops", "steps": length, "limit": ALL}


def training(lengths):
    """Yield models with their gradients, a box for each layer and step."""
    how = {"level": "unrolled", "pass_": ["forward", "backward"], "limit": ALL}
    for length in lengths:
        yield f"training, T={length}", network(length), how | {"steps": length}


def collapsed(chains, steps):
    """Yield the largest of them, drawn as they are by default."""
    *_, (name, chain, _) = of_chains(chains)
    yield f"{name}, its ends", chain, {}
    for level in ("unrolled", "ops"):
        yield f"{level}, T={steps[-1]}, its ends", network(steps[-1]), {"level": level}


def network(length):
    """Return a model of two recurrent layers."""
    model = Sequential([LSTM(16, return_sequences=True, input_shape=(length, 4)), LSTM(16), Dense(1)])
    model.compile("adam", "mse")
    return model


def measured(thing, how, rounds):
    """Return boxes, edges, the milliseconds of each stage and the microseconds of each box."""
    drawn = [stages(thing, how) for _ in range(rounds + 1)][1:]
    outline, *_ = drawn[0]
    boxes = len(outline.boxes)
    make, place, write = (1e3 * median(times) for times in list(zip(*drawn, strict=True))[1:])
    return boxes, len(outline.edges), make, place, write, place + write, 1e3 * (place + write) / boxes


def stages(thing, how):
    """Draw once; return the outline and the seconds that it, its layout and the SVG took."""
    began = time.process_time()
    outline = tg.draw(thing, **how).outline
    made = time.process_time()
    placed = layout(outline)
    laid_out = time.process_time()
    svg(placed)
    return outline, made - began, laid_out - made, time.process_time() - laid_out


if __name__ == "__main__":
    main(sys.argv[1:])
