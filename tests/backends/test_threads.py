"""Threads of the BLAS: one while a program of small products runs, and after it what the user set."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import backends
from tinygraph.backends import threads
from tinygraph.backends.threads import ALONE, LARGE, OneThread
from tinygraph.plan import plan
from tinygraph.run import Program


class Library:
    """A BLAS that remembers every number of threads that it was set to."""

    def __init__(self, count: int):
        self.counts = [count]

    def get_num_threads(self) -> int:
        return self.counts[-1]

    def set_num_threads(self, count: int) -> None:
        self.counts.append(count)


@pytest.fixture
def library(monkeypatch):
    """A BLAS of four threads in place of NumPy's."""
    made = Library(4)
    monkeypatch.setattr(threads, "one_thread", OneThread())
    threads.one_thread.libraries = [made]
    return made


def product(rows: int, depth: int, cols: int) -> tg.Node:
    return tg.input("x", (rows, depth)) @ tg.input("w", (depth, cols))


def run(node: tg.Node) -> None:
    tg.compile(node)(**{leaf.name: np.ones(leaf.shape) for leaf in node.inputs})


def test_a_product_tells_how_many_multiplications_it_takes():
    matmul = product(2, 3, 5).op
    assert matmul.multiplications(product(2, 3, 5)) == 30
    batch = tg.input("x", (7, 2, 3)) @ tg.input("w", (3, 5))
    assert matmul.multiplications(batch) == 210
    affine = tg.affine(product(2, 3, 5).inputs[0], tg.input("w", (3, 5)), tg.input("b", (5,)))
    assert affine.op.multiplications(affine) == 30
    assert tg.tanh(batch).op.multiplications is None


def test_small_products_run_in_one_thread(library):
    run(product(64, 64, 64))
    assert library.counts == [4, 1, 4]


@pytest.mark.parametrize("shape", [(64, 64, 63), (2**13, 64, 64)])
def test_tiny_and_large_products_are_left_to_the_blas(library, shape):
    run(product(*shape))
    assert library.counts == [4]


def test_the_largest_product_of_a_program_decides():
    with_both = {"a": tg.input("a", (64, 64)) @ tg.input("b", (64, 64)), "c": product(2**13, 64, 64)}
    asked = []

    class Asked(backends.get("numpy").__class__):
        def threads(self, largest):
            asked.append(largest)
            return nullcontext()

    Program(plan(tg.Graph(with_both)), Asked())
    Program(plan(tg.Graph({"y": tg.tanh(tg.input("x", (3,)))})), Asked())
    assert asked == [2**25, 0]


def test_one_thread_stays_one_thread(library):
    library.set_num_threads(1)
    assert isinstance(threads.threads(ALONE), nullcontext)
    library.set_num_threads(2)
    assert isinstance(threads.threads(ALONE), OneThread)
    assert isinstance(threads.threads(LARGE), nullcontext)


def test_machine_code_leaves_the_blas_alone(library):
    pytest.importorskip("llvmlite", reason="the extra 'fast' is not installed")
    made = tg.compile(product(64, 64, 64), jit_compile=True)
    assert isinstance(made.program.threads, nullcontext)


@pytest.mark.parametrize(("count", "ours"), [(1, True), (2, False)])
def test_machine_code_leaves_large_products_to_several_threads(library, count, ours):
    call = pytest.importorskip("tinygraph.backends.fast.call", reason="the extra 'fast' is not installed")
    library.set_num_threads(count)
    for shape, machine in [((512, 512, 511), True), ((512, 512, 512), ours)]:
        compiled = tg.compile(tg.tanh(product(*shape)), jit_compile=True)
        found = [
            isinstance(run, call.Call) for node, run in compiled.program.steps() if node.op.multiplications
        ]
        assert found == [machine]


def test_what_the_user_set_between_two_runs_survives(library):
    compiled = tg.compile(product(64, 64, 64))
    feeds = {"x": np.ones((64, 64)), "w": np.ones((64, 64))}
    compiled(**feeds)
    library.set_num_threads(2)
    compiled(**feeds)
    assert library.counts == [4, 1, 4, 2, 1, 2]


def test_it_is_given_back_when_a_run_fails(library):
    made = Program(plan(tg.Graph({"y": product(64, 64, 64)})), backends.get("numpy"))
    made.compute.append(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        made.run({})
    assert library.counts == [4, 1, 4]


def test_of_runs_at_once_the_last_gives_it_back(library):
    with threads.one_thread:
        with threads.one_thread:
            pass
        assert library.get_num_threads() == 1
        assert threads.one_thread.changes  # a program that is bound meanwhile will run in the block, too
    assert library.counts == [4, 1, 4]


def test_numpy_itself_is_told():
    threadpoolctl = pytest.importorskip("threadpoolctl", reason="the extra 'fast' is not installed")
    blas = threadpoolctl.ThreadpoolController().select(user_api="blas")
    if not blas.lib_controllers:
        pytest.skip("threadpoolctl does not know the BLAS of this NumPy")

    def counts():
        return [library.get_num_threads() for library in blas.lib_controllers]

    with blas.limit(limits=2):
        before = counts()
        with threads.one_thread:
            assert set(counts()) == {1}
        assert counts() == before


def test_threadpoolctl_is_not_imported_before_a_program_needs_it_and_may_be_missing():
    lines = """
import sys, numpy as np, tinygraph as tg
from tinygraph.backends.threads import one_thread
def run(n):
    x = tg.input("x", (n, n))
    assert tg.compile(tg.sum(x @ x))(x=np.ones((n, n))) == n**3
run(8)
assert "threadpoolctl" not in sys.modules
sys.modules["threadpoolctl"] = None
run(64)
assert vars(one_thread)["libraries"] == []
"""
    subprocess.run([sys.executable, "-c", lines], check=True)
