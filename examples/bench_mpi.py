"""What a training step costs on several ranks that share a batch, a model of it, and what that predicts.

For p ranks, a batch of B samples and n bytes of gradients, losses and the like,

    step(p) = computing(B / p) + latency ceil(log2 p) + 2 n (p - 1) / p / bandwidth

``computing`` is what one rank takes for so few samples, measured for 1, 2, 4, ... and straight between them;
``latency`` and ``bandwidth`` are fitted to sums of several sizes by two ranks; those of networks are assumed,
not measured. "ms" are milliseconds that a tenth of the steps stay below, in the round that was fastest: a
median would tell of others that use the machine. "shared" is one batch for all ranks, "grown" a batch of B
for each.

    python examples/bench_mpi.py [--batch 256] [--units 128] [--time 50] [--ranks 2 4] [--quick]
"""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from bench.machine import described
from bench.options import parsed, parser
from bench.table import table

import tinygraph as tg

#: seconds of latency, bytes a second: what is commonly said of them
NETWORKS = {"10 Gbit/s Ethernet": (30e-6, 1.1e9), "100 Gbit/s InfiniBand": (3e-6, 11e9)}
MORE = (8, 16, 32, 64, 128, 256, 512, 1024)
#: Open MPI wants to be told that it may run as root, and more ranks than there are cores.
ENVIRONMENT = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


def main(arguments):
    """Print what was measured, and a table of predictions for each way to communicate."""
    made = parser(__doc__, rounds=5, turn=2.0)
    made.add_argument("--batch", type=int, default=256)
    made.add_argument("--units", type=int, default=128)
    made.add_argument("--time", type=int, default=50)
    made.add_argument("--ranks", type=int, nargs="+", default=[2, 4])
    options = parsed(made, arguments)
    if options.quick:
        options.batch, options.units, options.time = 16, 4, 3
    print(*described([sys.executable]), sep="\n")
    single, several = measured(options)
    cost = {found["batch"]: found["computing"] for found in single}
    link, bytes_ = network(several[0]), single[-1]["bytes"]
    model = f"LSTM of {options.units} units, {options.time} steps"
    print(f"\n{model}, batch {options.batch}; sums of {bytes_} bytes\n")
    rows = [[found["ranks"], *parts(found, cost, link)] for found in [single[-1], *several]]
    print(table(["ranks", "step ms", "computing", "waiting", "sum", "model"], rows))
    print("\nsamples of one rank, and its ms\n")
    print(table(list(cost), [[1e3 * seconds for seconds in cost.values()]]))
    for name, each in {"shared memory": link, **NETWORKS}.items():
        print(f"\n{name}: latency {each[0] * 1e6:.3g} µs, bandwidth {each[1] / 1e9:.3g} GB/s\n")
        lines = predictions(options.batch, bytes_, cost, each)
        print(table(["ranks", "shared ms", "speedup", "grown ms", "efficiency"], lines), flush=True)


def measured(options):
    """What one rank measures for smaller batches, the whole one last, and what several do, in turns."""
    halves = [options.batch >> k for k in range(options.batch.bit_length())][::-1]
    runs = [(1, batch) for batch in halves] + [(ranks, options.batch) for ranks in options.ranks]
    rounds = [[run(ranks, batch, options) for ranks, batch in runs] for _ in range(options.rounds)]
    found = [fewest(each) for each in zip(*rounds, strict=True)]
    return found[: len(halves)], found[len(halves) :]


def run(ranks, batch, options):
    """What so many ranks measure."""
    beside, here = Path(sys.executable).parent / "mpirun", Path(__file__).parent
    command = [str(beside) if beside.exists() else "mpirun", "-n", str(ranks), sys.executable]
    command += [str(here / "bench" / "ranks.py"), str(batch), str(options.units), str(options.time)]
    done = subprocess.run(
        [*command, str(options.turn)],
        env=os.environ | ENVIRONMENT | {"PYTHONPATH": str(Path(tg.__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def fewest(rounds):
    """What was measured in the round of the fastest steps, and the fastest sum of each size."""
    found = min(rounds, key=lambda one: one["whole"])
    return found | {"sums": {size: min(one["sums"][size] for one in rounds) for size in found["sums"]}}


def network(found):
    """Latency and bandwidth: a line through the sums of two ranks, where 2 n (p - 1) / p is n."""
    seconds = np.array(list(found["sums"].values()))
    byte, latency = np.polyfit([float(size) for size in found["sums"]], seconds, 1, w=1 / seconds)
    return latency, 1 / byte


def predicted(ranks, batch, bytes_, cost, link):
    """The seconds of a step."""
    latency, bandwidth = link
    summing = latency * math.ceil(math.log2(ranks)) + 2 * bytes_ * (ranks - 1) / ranks / bandwidth
    return float(np.interp(batch / ranks, list(cost), list(cost.values()))) + summing


def parts(found, cost, link):
    """Milliseconds of a step and its parts, and what the model says."""
    told = predicted(found["ranks"], found["batch"], found["bytes"], cost, link)
    return [1e3 * seconds for seconds in (*(found[k] for k in ("whole", "computing", "wait", "sum")), told)]


def predictions(batch, bytes_, cost, link):
    """Rows of the table; a batch cannot be shared by more ranks than it has samples."""
    alone = predicted(1, batch, bytes_, cost, link)
    for ranks in MORE:
        shared = predicted(ranks, batch, bytes_, cost, link)
        grown = predicted(ranks, batch * ranks, bytes_, cost, link)
        either = [1e3 * shared, alone / shared] if ranks <= batch else [None, None]
        yield [ranks, *either, 1e3 * grown, f"{100 * alone / grown:.0f} %"]


if __name__ == "__main__":
    main(sys.argv[1:])
