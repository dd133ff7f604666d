"""The two process-wide defaults: the float type and the seed."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.defaults import next_seed, seeded


def test_floatx_is_float32_until_it_is_set():
    assert tg.floatx() == "float32"
    tg.set_floatx("float64")
    assert tg.floatx() == "float64"


@pytest.mark.parametrize("dtype", ["float16", "int64", "", None, 64])
def test_floatx_is_one_of_two(dtype):
    with pytest.raises(ValueError, match="set_floatx: expected one of float32, float64"):
        tg.set_floatx(dtype)
    assert tg.floatx() == "float32"


def test_nodes_keep_the_type_that_they_were_declared_with():
    x = tg.input("x", (2,))
    tg.set_floatx("float64")
    assert (x.dtype, (x * 0.5).dtype) == ("float32", "float32")


def test_a_seed_gives_the_same_seeds_again_and_each_once():
    tg.set_seed(3)
    first = [next_seed() for _ in range(100)]
    tg.set_seed(3)
    assert [next_seed() for _ in range(100)] == first
    assert len(set(first)) == 100
    assert all(0 <= seed < 2**63 for seed in first)


def test_other_seeds_give_other_seeds():
    tg.set_seed(3)
    first = {next_seed() for _ in range(100)}
    tg.set_seed(np.int64(4))
    assert first.isdisjoint(next_seed() for _ in range(100))


@pytest.mark.parametrize("seed", [-1, 1.0, "7", None, True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match="set_seed: expected a whole number >= 0, got"):
        tg.set_seed(seed)


def in_a_new_process(lines: str) -> str:
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    return done.stdout


def test_two_processes_with_one_seed_get_the_same_bits():
    lines = (
        "import tinygraph as tg; from tinygraph.defaults import next_seed; tg.set_seed(11)\n"
        "print([next_seed() for _ in range(3)])\n"
        "print(tg.compile(tg.uniform(tg.counter('n'), (3,), seed=next_seed(), dtype='float64'))().tolist())"
    )
    first = in_a_new_process(lines)
    assert first == in_a_new_process(lines)
    tg.set_seed(11)
    assert first.splitlines()[0] == str([next_seed() for _ in range(3)])


def test_without_a_seed_two_processes_differ():
    lines = "from tinygraph.defaults import next_seed; print(next_seed())"
    assert in_a_new_process(lines) != in_a_new_process(lines)


def test_a_seed_within_is_of_its_thread_alone():
    tg.set_seed(1)
    expected = [next_seed() for _ in range(2)]
    tg.set_seed(1)
    with seeded(2):
        inside = next_seed()
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(next_seed).result() == expected[0]
    assert next_seed() == expected[1]
    with seeded(2):
        assert next_seed() == inside
    assert inside not in expected
