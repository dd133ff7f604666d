"""Every benchmark runs without any other library, and prints its tables. Nothing is judged by time."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
SCRIPTS = sorted(EXAMPLES.glob("bench_*.py"))
ROWS = {
    "bench_build": ["ms ", "trace ", "gradients ", "dedupe ", "dedupe 2 ", "plan ", "bind ", "a time step "],
    "bench_draw": ["ms ", "chain of 10 ", "unrolled, T=4 ", "training, T=4 ", "ops, T=4, its ends "],
    "bench_lstm": ["tinygraph ", "products alone ", "tinygraph: "],
    "bench_mpi": ["1 ", "2 ", "1024 ", "shared memory: "],
    "bench_options": ["plain ", "relu ", "recurrent_dropout ", "dropout ", "mask ", "use_bias=False ",
                      "return_state ", "go_backwards ", "stateful "],
    "bench_scale": ["time;", "4 tinygraph ", "layers;", "2 tinygraph "],
    "bench_start": ["Python alone ", "tinygraph "],
}  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_prints_machine_and_tables(script, tmp_path):
    if script.stem == "bench_mpi":
        pytest.importorskip("mpi4py")
    done = subprocess.run(
        [sys.executable, "-W", "error", script, "--quick", "--rounds", "1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("tinygraph ")
    assert " cores of " in lines[1]
    assert lines[2].startswith("python ")
    for start in ROWS[script.stem]:
        assert any(line.startswith(start) for line in lines), f"no line begins with {start!r}: {done.stdout}"


def test_a_gpu_that_ours_has_no_use_for_ends_the_benchmark():
    from importlib.util import find_spec

    if find_spec("cupy") is not None:
        pytest.skip("CuPy is installed")
    script = [sys.executable, EXAMPLES / "bench_lstm.py", "--quick", "--device", "cuda"]
    done = subprocess.run(script, capture_output=True, text=True)
    assert "not installed, and so not measured: tinygraph on CuPy" in done.stdout
    assert done.stderr == "ours is among them: there is nothing to compare with\n"
    assert done.returncode == 1


def test_names_libraries_that_are_not_installed(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    from bench import processes
    from bench.contenders import CATALOG

    monkeypatch.setattr(processes, "versions", lambda python: {"numpy": "2", "keras": "3", "jax": "0"})
    assert list(processes.found(CATALOG, ["python"])) == ["tinygraph", "JAX", "Keras/JAX"]
    assert processes.missing(CATALOG, ["python"]) == [
        "not installed, and so not measured: "
        "tinygraph[fast], PyTorch, torch.compile, Keras/PyTorch, Keras/TensorFlow"
    ]
    assert processes.missing(["JAX"], ["python"]) == []


def test_a_library_that_fails_says_why(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    from bench.processes import Failed, workers

    with workers(["tinygraph"], [sys.executable], threads=1) as (worker,):
        with pytest.raises(Failed, match="KeyError"):
            worker.ask("build", key="", spec={})
        first, step = worker.ask("build", key="", spec={"batch": 1, "time": 2, "features": 1, "units": 1})
        assert 0 < step < first
        worker.ask("load", key="", steps=2)
        assert all(seconds > 0 for seconds in worker.ask("train", key=""))
        products = worker.ask("facts", key="")["products"]
        assert ["matmul", products] in [[name, calls] for name, calls, _ in worker.ask("profile", key="")]


def test_tables_and_ratios(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    from bench.table import ratio, spread, table

    assert table(["", "ms"], [["one", 1.23456], ["two", 12345.6], ["three", None]]) == (
        "          ms\none     1.23\ntwo    12346\nthree      -"
    )
    assert ratio([2.0, 4.0, 90.0], [1.0, 2.0, 3.0]) == 2.0
    assert spread([1.0]) is None
    assert spread([1.0, 2.0, 3.0]) == "25 %"
