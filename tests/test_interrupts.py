"""Ctrl-C: an update of many parameters is whole, or not begun."""

import os
import signal
import threading

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.interrupts import interrupts_held


def test_the_interrupt_comes_after_the_block():
    done = []

    def interrupted():
        with interrupts_held():
            os.kill(os.getpid(), signal.SIGINT)
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_ctrl_c_is_ignored_it_stays_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts_held():
            os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_have_nothing_to_hold():
    ran = []

    def work():
        with interrupts_held():
            ran.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran == [True]


def test_an_update_is_never_half_applied():
    weights = [tg.param(f"w{k}", 0.0) for k in range(40)]
    step = tg.compile(weights[0] + 0.0, updates={w: w + 1.0 for w in weights})
    calls = step.program.commit.calls
    calls[20:20] = [lambda: os.kill(os.getpid(), signal.SIGINT)]
    with pytest.raises(KeyboardInterrupt):
        step()
    assert {float(w.value) for w in weights} == {1.0}
    del calls[20]
    np.testing.assert_array_equal(step(), 1.0)
