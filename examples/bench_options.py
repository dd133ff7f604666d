"""A training step of LSTMs that leave the conditions of cuDNN, beside the plain one.

Keras and PyTorch have fast paths for the plain LSTM: tanh, sigmoid, a bias, no recurrent dropout, masks with
their padding at the end. Here every graph takes the same path; this is what each option costs. Each column is
a library, with milliseconds of the processor, of all threads (the clock would count what others compute), and
after × how many times its own plain LSTM that is. A ratio is the median of those of each round; the libraries
take turns, each in a process of its own.

    python examples/bench_options.py [--sizes 1 2] [--threads 1] [--rounds 15] [--quick] [--python PATH]
"""

import sys

from bench.contenders import CATALOG, OPTIONS
from bench.machine import described
from bench.options import parsed, parser
from bench.processes import built, clock_and_processor, interleaved, interpreters, medians, missing, workers
from bench.table import ratio, table, text

SIZES = ((32, 10, 32, 64), (32, 50, 64, 128))
QUICK = ((2, 4, 2, 4),)
NAMES = [name for name in CATALOG if name not in ("JAX", "torch.compile")]


def main(arguments):
    """Print a table for each size."""
    made = parser(__doc__, turn=0.05)
    made.add_argument("--sizes", nargs="+", type=int, choices=(1, 2), default=[1, 2], help=f"among {SIZES}")
    made.add_argument("--threads", type=int, default=1)
    options = parsed(made, arguments)
    pythons = interpreters(options.python)
    print(*described(pythons), *missing(NAMES, pythons), sep="\n")
    sizes = QUICK if options.quick else [SIZES[k - 1] for k in options.sizes]
    for size in sizes:
        spec = dict(zip(("batch", "time", "features", "units"), size, strict=True))
        print(
            f"\n{', '.join(f'{name} {n}' for name, n in spec.items())}; threads {options.threads}, ", end=""
        )
        print(f"ms of the processor a step, medians of {options.rounds}\n", flush=True)
        with workers(NAMES, pythons, options.threads) as started:
            print(measured(started, spec, options), flush=True)


def measured(started, spec, options):
    """Measure each option in all libraries; return the table."""
    calls, failed = {}, {}
    for option in OPTIONS:
        first, _, problems = built(started, option, spec | {"option": option}, options.turn)
        failed |= dict.fromkeys(problems)
        for worker in first:
            calls[option, worker.name] = lambda w=worker, o=option: w.ask("train", key=o)
    _, steps = clock_and_processor(interleaved(calls, options.rounds))
    middle = medians(steps)
    names = [worker.name for worker in started if ("plain", worker.name) in steps]

    def cell(option, name):
        if (option, name) not in steps:
            return None
        times = ratio(steps[option, name], steps["plain", name])
        return f"{text(middle[option, name] * 1e3)} ×{times:.2f}"

    rows = [[option, *(cell(option, name) for name in names)] for option in OPTIONS]
    return "\n".join([table(["", *names], rows), *failed])


if __name__ == "__main__":
    main(sys.argv[1:])
