"""A training step and a prediction of an LSTM, beside other libraries.

The model is LSTM and Dense(1), mean squared error, Adam. Each library runs in a process of its own and they
take turns, so what slows the machine slows all of them: the ratios mean more than the milliseconds. Ratios
are medians of those of each round; above 1 a library takes longer than the first row.

"step" is one of an epoch of ``fit`` of several steps, where there is a ``fit``; in PyTorch and JAX of the
usual loop. "cpu ms" is the processor's time of a step, of all threads: where others use the cores too, the
clock counts their work as well. "products alone" is the floor of our program: its matrix products, as many
and of the same shapes, and nothing else. "MB" is the most that training takes beyond the imported library.
"first s" are the seconds from the declaration of the model to the end of its first step.

    python examples/bench_lstm.py [--sizes 1 4] [--threads 1 2] [--rounds 15] [--profile] [--quick]
        [--device cuda] [--python PATH]
"""

import sys

from bench.contenders import CATALOG, GPU
from bench.machine import described
from bench.options import parsed, parser
from bench.processes import (
    built,
    clock_and_processor,
    found,
    interleaved,
    interpreters,
    medians,
    missing,
    workers,
)
from bench.table import ratio, spread, table

SIZES = ((32, 10, 32, 64), (32, 20, 1, 16), (1, 10, 32, 64), (32, 50, 64, 128), (64, 100, 32, 256))
QUICK = ((2, 3, 2, 4),)
FLOOR = "products alone"


def main(arguments):
    """Print a table for each size and number of threads."""
    options = read(arguments)
    pythons = interpreters(options.python)
    names = CATALOG if options.device == "cpu" else GPU
    print(*described(pythons), *missing(names, pythons), sep="\n")
    if next(iter(names)) not in found(names, pythons):
        sys.exit("ours is among them: there is nothing to compare with")
    sizes = QUICK if options.quick else [SIZES[k - 1] for k in options.sizes]
    for threads in options.threads:
        for size in sizes:
            spec = dict(zip(("batch", "time", "features", "units"), size, strict=True))
            print(f"\n{', '.join(f'{name} {n}' for name, n in spec.items())}; threads {threads}, ", end="")
            print(f"medians of {options.rounds}\n", flush=True)
            with workers(names, pythons, threads) as started:
                print(measured(started, spec, options), flush=True)


def read(arguments):
    made = parser(__doc__)
    made.add_argument(
        "--sizes", nargs="+", type=int, choices=range(1, 6), default=[1, 2, 3, 4, 5], help=f"among {SIZES}"
    )
    made.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    made.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="cuda: an NVIDIA GPU")
    made.add_argument("--profile", action="store_true", help="show what the operations of ours take")
    options = parsed(made, arguments)
    if options.device == "cuda" and options.profile:
        made.error("--profile times each call alone, which on a GPU is over before its work is")
    options.threads = [1] if options.quick or options.device == "cuda" else options.threads
    return options


def measured(started, spec, options):
    """Measure all libraries on one size; return the table."""
    first, count, failed = built(started, "", spec, options.turn)
    calls = {worker.name: (lambda w=worker: w.ask("train", key="")) for worker in first}
    if options.device == "cpu":
        calls[FLOOR] = lambda w=started[0]: w.ask("floor", key="")
    steps, work = clock_and_processor(interleaved(calls, options.rounds))
    calls = {worker.name: (lambda w=worker: w.ask("predict", key="")) for worker in first}
    predictions, _ = clock_and_processor(interleaved(calls, options.rounds))
    memory = {worker.name: worker.ask("memory", key="") for worker in first}
    seconds = {worker.name: value for worker, value in first.items()}
    base = started[0].name
    rows = []
    for name, step in medians(steps).items():
        row = [name, step * 1e3, ratio(steps[name], steps[base]), spread(steps[name])]
        row += [medians(work)[name] * 1e3, ratio(work[name], work[base])]
        if name in predictions:
            predict = predictions[name]
            row += [medians(predictions)[name] * 1e3, ratio(predict, predictions[base])]
        else:
            row += [None, None]
        rows.append([*row, memory.get(name), seconds.get(name)])
    header = ["", "step ms", "ratio", "±", "cpu ms", "ratio", "predict ms", "ratio", "MB", "first s"]
    ours = [worker for worker in first if worker.name.startswith("tinygraph")]
    facts = [described_program(worker) for worker in ours]
    if options.profile:
        failed += [profiled(worker) for worker in ours]
    return "\n".join([table(header, rows), *facts, f"{count} steps a turn", *failed])


def described_program(worker):
    """Return a line about what our program consists of."""
    facts = worker.ask("facts", key="")
    return (
        f"{worker.name}: {facts['calls']} kernel calls a step, {facts['products']} of them products; "
        f"{facts['planned MB']:.2f} MB planned"
    )


def profiled(worker):
    """Return a table of the operations that take the longest, each call timed alone."""
    found = worker.ask("profile", key="")
    whole = sum(seconds for _, _, seconds in found)
    rows = [[name, calls, seconds * 1e3, f"{seconds / whole:.0%}"] for name, calls, seconds in found[:8]]
    return "\n" + table([f"{worker.name}, operations", "calls", "ms", "share"], rows)


if __name__ == "__main__":
    main(sys.argv[1:])
