"""A chain of 100,000 nodes goes through everything, at the default recursion limit and on a small stack.

Each script runs in a process of its own: a recursion in C (freeing nodes that hold nodes) ends a process
without an exception, and may do so as late as when the interpreter exits.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

HEAD = """
import copy, gc, sys, threading
import numpy as np
import tinygraph as tg
from tinygraph.rewrites.retype import retype

assert sys.getrecursionlimit() == 1000
DEPTH = 100_000
x, w = tg.input("x", (1,)), tg.param("w", [0.5])

def chain(last=x, length=DEPTH, grow=tg.sin):
    for _ in range(length):
        last = grow(last)
    return last

def main():
"""
TAIL = """
failed = []
def guarded():
    try:
        main()
        print("done", flush=True)
    except BaseException as problem:
        failed.append(problem)
threading.stack_size(128 * 1024)
thread = threading.Thread(target=guarded)
thread.start()
thread.join()
if failed:
    raise failed[0]
"""


def run(body: str) -> None:
    script = HEAD + textwrap.indent(textwrap.dedent(body), "    ") + TAIL
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout.strip()) == (0, "done"), done.stderr[-2000:]


def test_declare_count_copy_and_free():
    run("""
        y = chain()
        graph = tg.Graph({"y": y})
        assert graph.count() == {"input": 1, "sin": DEPTH}
        assert copy.copy(graph).outputs["y"] is y
        assert copy.deepcopy(graph).nodes[-1] is y
        assert copy.deepcopy([y])[0] is y
        del graph, y
        gc.collect()
    """)


def test_differentiate_plan_run_and_free():
    run("""
        y = chain(x * w)
        (slope,) = tg.gradients(y, [w])
        step = tg.compile({"y": y}, {w: w - 0.1 * slope})
        first = step(x=[0.3])["y"]
        assert 0 < step(x=[0.3])["y"] != first or w.value != 0.5
        assert step.first_nonfinite(x=[0.3]) is None
        del y, slope, step
        gc.collect()
    """)


def test_substitute_and_retype():
    run("""
        y = chain()
        graph = tg.Graph({"y": y})
        other = graph.substitute({x: tg.input("other", (1,))})
        assert other.count() == graph.count()
        assert [leaf.name for leaf in other.leaves] == ["other"]
        double = retype(graph, np.dtype("float64"))
        assert double.outputs["y"].dtype == "float64"
        assert len(double.nodes) == DEPTH + 1
        del graph, y
        gc.collect()
        assert len(tg.toposort([double.outputs["y"]])) == DEPTH + 1
    """)


def test_a_chain_of_views():
    run("""
        y = chain(tg.tanh(x), grow=lambda last: tg.reshape(last, (1,)))
        np.testing.assert_allclose(tg.compile(y + 0.0)(x=[0.3]), np.tanh([0.3]), rtol=1e-6)
        v = chain(w, grow=lambda last: last[...])
        assert tg.compile({"v": v}, {w: w + 1.0})()["v"] == 0.5
    """)


@pytest.mark.parametrize(
    "held",
    [
        "y = chain()",
        "graph = tg.Graph({'y': chain()}); graph.nodes",
        "f = tg.compile(chain(length=20_000)); f(x=[0.3])",
        "y = chain(length=50_000); (slope,) = tg.gradients(y, [x])",
    ],
)
def test_the_interpreter_exits_with_a_chain_alive(held):
    run(f"""
        {held}
        sys.modules["__main__"].alive = dict(locals())
    """)


def test_a_sum_of_very_many():
    run("""
        terms = [tg.sin(x) for _ in range(20_000)]
        total = tg.add_n(terms)
        (slope,) = tg.gradients(total, [x])
        value, slope = tg.compile([total, slope])(x=[0.0])
        assert (value, slope) == (0.0, 20_000.0)
    """)
