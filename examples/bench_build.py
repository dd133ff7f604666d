"""What it costs to build a training step, stage by stage, as the time steps grow; nothing is run.

The model is LSTM and Dense(1), mean squared error, Adam. Numbers are milliseconds of the processor, medians;
"a time step" is the sum by the number of time steps. The second table is with machine code, whose kernels are
compiled, or read from disk, in a round before the first that counts.

    python examples/bench_build.py [--time 10 50 200 1000] [--units 64] [--rounds 7] [--quick]
"""

import argparse
import sys
import time
from statistics import median

from bench.machine import described
from bench.table import table

import tinygraph as tg
from tinygraph import backends
from tinygraph.collector import collector_paused
from tinygraph.nn import LSTM, Dense, Sequential
from tinygraph.nn.tracing import Trace
from tinygraph.plan import plan
from tinygraph.rewrites import passes
from tinygraph.run import Program

BATCH, FEATURES = 32, 16


def main(arguments):
    """Print a table for plain NumPy, and one for machine code where it can be had."""
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    made.add_argument(
        "--time", nargs="+", type=int, default=[10, 50, 200, 1000], help="numbers of time steps"
    )
    made.add_argument("--units", type=int, default=64)
    made.add_argument("--rounds", type=int, default=7)
    made.add_argument("--quick", action="store_true", help="3 and 5 time steps, to see that it runs")
    options = made.parse_args(arguments)
    lengths = [3, 5] if options.quick else options.time
    print(*described([sys.executable]), sep="\n")
    for machine_code in (False, True) if backends.compiles("numpy") else (False,):
        columns = [measured(length, options.units, machine_code, options.rounds) for length in lengths]
        rows = [[stage, *(column[stage] for column in columns)] for stage in columns[0]]
        print("\ntinygraph[fast]\n" if machine_code else "\ntinygraph\n")
        print(table(["ms", *lengths], rows), flush=True)


def measured(length, units, machine_code, rounds):
    """Return the milliseconds of each stage, and of all of them for each time step."""
    made = [built(length, units, machine_code) for _ in range(rounds + 1)][1:]
    stages = {stage: median(each[stage] for each in made) for stage in made[0]}
    return stages | {"a time step": median(sum(each.values()) for each in made) / length}


@collector_paused()
def built(length, units, machine_code):
    """Build a training step once and return the milliseconds of each stage."""
    model = Sequential([LSTM(units, input_shape=(length, FEATURES)), Dense(1)])
    model.compile("adam", "mse")
    true = tg.input("true", (BATCH, 1))
    clock = Clock()
    with Trace(training=True):
        (y,) = model.lowered(model.input_nodes(BATCH), True).values()
    loss = tg.mean((y - true) * (y - true))
    clock.ends("trace")
    slopes = tg.gradients(loss, model.trainable_weights)
    clock.ends("gradients")
    graph = tg.Graph({"loss": loss}, model.optimizer.updates(model.trainable_weights, slopes))
    clock.ends("update")
    for rewrite in passes.PASSES + (passes.FUSING if machine_code else passes.CALLING):
        graph = rewrite(graph)
        clock.ends(rewrite.__name__)
    planned = plan(graph)
    clock.ends("plan")
    backend = backends.get("numpy")
    Program(planned, backend.compiled() if machine_code else backend)
    clock.ends("bind")
    return clock.stages


class Clock:
    """The milliseconds that each stage takes; a stage that comes twice is told by its number."""

    def __init__(self):
        self.stages = {}
        self.began = time.process_time()

    def ends(self, stage):
        """Note that ``stage`` ends here and the next one begins."""
        now = time.process_time()
        name = stage if stage not in self.stages else f"{stage} 2"
        self.stages[name] = (now - self.began) * 1e3
        self.began = time.process_time()


if __name__ == "__main__":
    main(sys.argv[1:])
