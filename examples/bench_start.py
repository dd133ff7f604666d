"""How long it takes from nothing: import, a first training step, a fit of 5 epochs, each in a new process.

The model is LSTM(64) and Dense(1) on series of 10 steps of 32 features: a batch of 32 for the first step, 500
samples for the fit. Seconds are of the whole process, from its start to its end; one of Python that does
nothing stands above. Each round runs all of them once, in another order; the round before the first is not
counted, so that files are in the system's cache. Ratios are to ours, round by round.

"machine code kept" finds the kernels that an earlier process compiled, "compiled anew" finds none;
"tinygraph" is what a user has who installed no extra.

    python examples/bench_start.py [--rounds 7] [--quick] [--python PATH]
"""

import os
import subprocess
import sys
import tempfile
import time
from functools import partial

from bench.contenders import CATALOG
from bench.machine import described
from bench.options import parsed, parser
from bench.processes import environment, found, interleaved, interpreters, medians, missing
from bench.table import ratio, spread, table

DATA = """
import numpy as np
random = np.random.default_rng(0)
x, y = random.normal(size=(500, 10, 32)).astype("float32"), random.normal(size=(500, 1)).astype("float32")
"""
KERAS = """
model = Sequential([Input((10, 32)), LSTM(64), Dense(1)])
model.compile("adam", "mse"{how})
"""
TORCH = """
lstm, dense = torch.nn.LSTM(32, 64, batch_first=True), torch.nn.Linear(64, 1)
optimizer = torch.optim.Adam([*lstm.parameters(), *dense.parameters()])
x, y = torch.from_numpy(x), torch.from_numpy(y)
def step(x, y):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(dense(lstm(x)[0][:, -1]), y).backward()
    optimizer.step()
"""
IMPORTS = {
    "tinygraph": "from tinygraph.nn import LSTM, Dense, Input, Sequential",
    "torch": "import torch",
    "keras": "from keras import Input, Sequential\nfrom keras.layers import LSTM, Dense",
}
TORCH_EPOCHS = """
for _ in range(5):
    for k in range(0, 500, 32):
        step(x[k : k + 32], y[k : k + 32])
"""
STEPS = {
    "torch": ("step(x[:32], y[:32])", TORCH_EPOCHS),
    "keras": ("model.train_on_batch(x[:32], y[:32])", "model.fit(x, y, epochs=5, verbose=0)"),
}
STAGES = ("import", "first step", "5 epochs")
PEERS = ("PyTorch", "Keras/JAX", "Keras/PyTorch", "Keras/TensorFlow")
BASE, KEPT, ANEW = "tinygraph", "tinygraph[fast], machine code kept", "tinygraph[fast], compiled anew"


def scripts(module, how=""):
    """Return a script for each stage."""
    start = IMPORTS[module]
    model = TORCH if module == "torch" else KERAS.format(how=how)
    return [
        start,
        *(DATA + start + model + last for last in STEPS["torch" if module == "torch" else "keras"]),
    ]


def main(arguments):
    """Print the table."""
    options = parsed(parser(__doc__, rounds=7), arguments)
    pythons = interpreters(options.python)
    names = ["tinygraph", "tinygraph[fast]", *PEERS]
    print(*described(pythons), *missing(names, pythons), sep="\n")
    print(f"\nseconds of a whole process, threads 1, medians of {options.rounds}\n", flush=True)
    with tempfile.TemporaryDirectory() as kept:
        runs = {("Python alone", STAGES[0]): partial(seconds, sys.executable, "pass", environment(1, kept))}
        for name, python in found(names, pythons).items():
            runs |= runs_of(name, python, kept)
        if options.quick:
            runs = {
                key: run
                for key, run in runs.items()
                if key[1] != STAGES[2] and key[0] in ("Python alone", BASE, ANEW)
            }
        else:
            interleaved(runs, 1)
        print(report(interleaved(runs, options.rounds)))


def runs_of(name, python, kept):
    """Return the calls that run each stage of a library."""
    variables = environment(1, kept) | CATALOG[name].variables
    if name == "tinygraph[fast]":
        those = scripts("tinygraph", ", jit_compile=True")[1:]
        runs = {
            (KEPT, s): partial(seconds, python, t, variables) for s, t in zip(STAGES[1:], those, strict=True)
        }
        return runs | {(ANEW, s): partial(anew, python, t) for s, t in zip(STAGES[1:], those, strict=True)}
    if name == "tinygraph":
        those = scripts("tinygraph", ", jit_compile=False")
    else:
        those = scripts("torch" if name == "PyTorch" else "keras")
    return {(name, s): partial(seconds, python, t, variables) for s, t in zip(STAGES, those, strict=True)}


def seconds(python, script, variables):
    """Return how long a process takes that runs a script; raises if it fails."""
    start = time.perf_counter()
    subprocess.run([python, "-c", script], env=variables, check=True, capture_output=True, cwd=os.sep)
    return time.perf_counter() - start


def anew(python, script):
    """Return likewise, with no machine code kept."""
    with tempfile.TemporaryDirectory() as cache:
        return seconds(python, script, environment(1, cache))


def report(times):
    """Return the table."""
    middle = medians(times)
    rows = []
    for name in dict.fromkeys(name for name, _ in times):
        row = [name]
        for stage in STAGES:
            if (name, stage) in times:
                base = times.get((BASE, stage))
                row += [middle[name, stage], ratio(times[name, stage], base), spread(times[name, stage])]
            else:
                row += [None, None, None]
        rows.append(row)
    return table(["", *(cell for stage in STAGES for cell in (stage, "ratio", "±"))], rows)


if __name__ == "__main__":
    main(sys.argv[1:])
