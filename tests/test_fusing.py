"""When a program is compiled, and that nothing but its speed changes when it is."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import BackendError, fusing
from tinygraph.backends.numpy import NumpyBackend
from tinygraph.ops.fused import fused

try:
    import llvmlite  # noqa: F401

    HAVE = True
except ImportError:
    HAVE = False
needs_llvmlite = pytest.mark.skipif(not HAVE, reason="the extra 'fast' is not installed")
ONES = np.ones((4, 3), "float32")


def step(**options):
    """A program that counts up, guarded by an output."""
    x, w = tg.input("x", (4, 3)), tg.param("w", np.zeros((4, 3)))
    count = tg.counter("count")
    new = w + tg.tanh(x) * 0.5
    fine = tg.all_finite(new)
    outputs = {"y": tg.sin(x) * 2.0 + w, "fine": fine, "count": count * 1}
    return tg.compile(outputs, updates={w: new}, guard="fine", **options), w


def is_compiled(function):
    return any(node.op is fused for node in function.plan.schedule)


@pytest.fixture
def impatient(monkeypatch):
    """Everything pays at once."""
    for name in ("A_NODE", "THE_COMPILER", "A_KERNEL", "AN_OPERATION"):
        monkeypatch.setattr(fusing, name, 0.0)


@needs_llvmlite
def test_a_program_is_compiled_after_as_many_runs_as_it_takes_to_pay(monkeypatch):
    monkeypatch.setattr(fusing, "A_CALL", 1e-3)
    changed = []
    for _ in range(2):
        function, w = step()
        runs = 0
        while not is_compiled(function):
            runs += 1
            assert runs < 100
            assert int(function(x=ONES)["count"]) == runs - 1
        changed.append(runs)
        assert function._fusing is None
        np.testing.assert_allclose(w.value, runs * 0.5 * np.tanh(ONES), rtol=1e-5)
    assert changed[0] == changed[1] > 2


@needs_llvmlite
def test_true_compiles_at_once_and_false_never(impatient):
    assert is_compiled(step(jit_compile=True)[0])
    for options in ({"jit_compile": False}, {"rewrite": False}):
        function, _ = step(**options)
        for _ in range(4):
            function(x=ONES)
        assert not is_compiled(function)


@needs_llvmlite
def test_a_guard_still_guards(impatient):
    function, w = step()
    for _ in range(3):
        function(x=ONES)
    assert is_compiled(function)
    before = w.value
    assert not function(x=np.full((4, 3), np.nan))["fine"]
    np.testing.assert_array_equal(w.value, before)
    assert function.first_nonfinite(x=np.full((4, 3), np.nan)).name == "x"
    with np.errstate(over="ignore"):
        assert function.first_nonfinite(x=ONES) is None


@needs_llvmlite
def test_values_stay_while_threads_call(impatient):
    function, w = step()
    wrong = []

    def work():
        for _ in range(50):
            y = function(x=ONES)["y"]
            k = np.rint((y - 2.0 * np.sin(ONES)) / (0.5 * np.tanh(ONES)))
            wrong.extend([k] if k.min() != k.max() else [])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    np.testing.assert_allclose(w.value, 200 * 0.5 * np.tanh(ONES), rtol=1e-4)


def without(monkeypatch):
    def compiled(self):
        raise BackendError("jit_compile: llvmlite cannot be imported.")

    monkeypatch.setattr(NumpyBackend, "compiled", compiled)


def test_without_llvmlite_a_program_stays_as_it_is(impatient, monkeypatch):
    without(monkeypatch)
    function, w = step()
    for _ in range(4):
        function(x=ONES)
    assert not is_compiled(function)
    np.testing.assert_allclose(w.value, 2.0 * np.tanh(ONES), rtol=1e-6)
    with pytest.raises(BackendError, match="llvmlite"):
        step(jit_compile=True)


@needs_llvmlite
def test_a_compiler_that_fails_is_told_of_once(impatient, monkeypatch):
    from tinygraph.backends.fast.machine import Machine

    def fail(self, text):
        raise RuntimeError("LLVM is out of sorts")

    monkeypatch.setattr(Machine, "compile", fail)
    x = tg.input("x", (3,))
    function = tg.compile(tg.sin(x) * 0.98765)
    with pytest.warns(UserWarning, match="out of sorts") as told:
        values = [function(x=np.ones(3)) for _ in range(5)]
    assert len(told) == 1
    np.testing.assert_allclose(values, np.sin(np.ones((5, 3))) * 0.98765, rtol=1e-6)


def test_nothing_to_fuse_is_left_alone(impatient):
    function = tg.compile(tg.input("x", (3, 3)) @ tg.input("y", (3, 3)))
    for _ in range(3):
        function(x=np.eye(3), y=np.eye(3))
    assert function._fusing is None


def test_another_word_is_refused():
    with pytest.raises(ValueError, match="jit_compile"):
        step(jit_compile="sometimes")
    with pytest.raises(ValueError, match="rewrite"):
        step(jit_compile=True, rewrite=False)


def test_llvmlite_is_not_imported_before_it_pays():
    lines = (
        "import sys, numpy as np, tinygraph as tg\n"
        "f = tg.compile(tg.sin(tg.input('x', (3,))) * 2.0)\n"
        "for _ in range(20): f(x=np.ones(3))\n"
        "assert 'llvmlite' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", lines], check=True)
