"""What a training step costs as one size grows: time steps, units, batch, layers.

One size varies, the others are those of the base. "cpu ms", milliseconds of the processor a step, and "ratio"
(of ours over that of the library: above 1 we take longer) are medians; "GFLOP/s" is the arithmetic of the
matrix products, forward and backward, by the whole time of a step. "MB" is the most that training takes
beyond the imported library, and "kB" that for each sample, time step and layer. "first s" are the seconds
from the declaration to the end of the first step, "build ms" what of it is left for each time step of each
layer without the step itself.

A point whose step is long is measured in fewer rounds.

    python examples/bench_scale.py [--of time units batch layers] [--threads 1] [--quick] [--python PATH]
"""

import sys

from bench.contenders import OURS
from bench.machine import described
from bench.options import parsed, parser
from bench.processes import built, clock_and_processor, interleaved, interpreters, medians, missing, workers
from bench.table import ratio, table

NAMES = [*OURS, "PyTorch", "JAX"]
BASE = {"batch": 16, "time": 20, "features": 16, "units": 32, "layers": 1}
POINTS = {
    "time": (10, 100, 1000, 10_000),
    "units": (8, 32, 128, 512, 1024),
    "batch": (1, 8, 64, 256, 1024),
    "layers": (1, 2, 4, 8),
}
TINY = {"batch": 2, "time": 3, "features": 2, "units": 4, "layers": 1}
TINY_POINTS = {"time": (4,), "layers": (2,)}
LONG = 60.0  # seconds that the rounds of one point may take of ours


def main(arguments):
    """Print a table for each size that varies."""
    made = parser(__doc__, turn=0.05)
    made.add_argument("--of", nargs="+", choices=POINTS, default=list(POINTS), help="what varies")
    made.add_argument("--most", type=int, default=10_000, help="leave out the points beyond")
    made.add_argument("--threads", type=int, default=1)
    options = parsed(made, arguments)
    pythons = interpreters(options.python)
    print(*described(pythons), *missing(NAMES, pythons), sep="\n")
    base, points = (TINY, TINY_POINTS) if options.quick else (BASE, POINTS)
    header = ["", "rounds", "cpu ms", "ratio", "GFLOP/s", "MB", "kB", "first s", "build ms"]
    for name in [name for name in options.of if name in points]:
        others = ", ".join(f"{other} {n}" for other, n in base.items() if other != name)
        print(f"\n{name}; {others}; threads {options.threads}\n", flush=True)
        rows, failed = [], {}
        for value in points[name]:
            if value <= options.most:
                with workers(NAMES, pythons, options.threads) as started:
                    found, problems = measured(started, base | {name: value}, value, options)
                rows += found
                failed |= dict.fromkeys(problems)
        print("\n".join([table(header, rows), *failed]), flush=True)


def measured(started, spec, value, options):
    """Measure one point; return rows and what went wrong."""
    first, count, failed = built(started, "", spec, options.turn)
    calls = {worker.name: (lambda w=worker: w.ask("train", key="")) for worker in first}
    once = interleaved(calls, 1)
    rounds = max(1, min(options.rounds, round(LONG / (once[OURS[0]][0][0] * count))))
    _, steps = clock_and_processor(interleaved(calls, rounds) if rounds > 1 else once)
    cells = spec["time"] * spec["layers"]
    rows = []
    for worker, seconds in first.items():
        step = medians(steps)[worker.name]
        memory = worker.ask("memory", key="")
        rows.append(
            [
                f"{value} {worker.name}",
                rounds,
                step * 1e3,
                ratio(steps[OURS[0]], steps[worker.name]),
                arithmetic(**spec) / step / 1e9,
                memory,
                None if memory is None else memory * 1e3 / (cells * spec["batch"]),
                seconds,
                max(0.0, seconds - step) * 1e3 / cells,
            ]
        )
    return rows, failed


def arithmetic(batch, time, features, units, layers):
    """Return the multiplications and additions in the products of a training step, the Dense left out.

    Forward z = x W + h U; backward as much for the weights, and for h; x has a gradient above layer one.
    """
    recurrent = 3 * units * layers
    inputs = 2 * features + 3 * units * (layers - 1)
    return 2 * batch * time * 4 * units * (recurrent + inputs)


if __name__ == "__main__":
    main(sys.argv[1:])
