"""Every example runs, and reaches what it promises."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from distribute.launch import mpirun

EXAMPLES = Path(__file__).parent.parent / "examples"


def load(name):
    """Import an example as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def float32():
    import tinygraph as tg

    tg.set_floatx("float32")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path_factory, monkeypatch):
    """Where an example runs; it leaves no file there but those that it was told to write elsewhere."""
    folder = tmp_path_factory.mktemp("where_it_runs")
    monkeypatch.chdir(folder)
    yield
    assert not list(folder.iterdir())


def test_el_nino_beats_persistence_and_comes_near_the_autoregression(tmp_path, capsys):
    scores, history = load("el_nino").main(tmp_path)
    persistence, autoregression, lstm = scores.values()
    assert persistence == pytest.approx(1.173, abs=0.002)
    assert autoregression == pytest.approx(0.517, abs=0.002)
    assert lstm < 0.6 * persistence
    assert lstm < 1.05 * autoregression
    assert history.history["loss"][-1] < 0.2 * history.history["loss"][0]
    drawn = sorted(path.name for path in tmp_path.iterdir())
    assert drawn == [
        "el_nino_layers.dot",
        "el_nino_layers.svg",
        "el_nino_unrolled.dot",
        "el_nino_unrolled.svg",
    ]
    assert "epoch" in capsys.readouterr().out


def test_functional_learns_both_outputs():
    judged = load("functional").main()
    assert judged["total_mae"] < 0.1
    assert judged["faster_accuracy"] > 0.9


def test_graph_tour_agrees_with_the_nudged_slope():
    result, nudged = load("graph_tour").main()
    assert nudged == pytest.approx(result["dw"][0, 0], abs=2e-3)


def test_speakers_beats_its_baselines_and_masks_make_the_place_of_the_padding_irrelevant():
    scores, change, unmasked_moved = load("speakers").main()
    same, mean, neighbour, warping, lstm, unmasked = scores.values()
    assert same == pytest.approx(31 / 370)
    assert mean == pytest.approx(342 / 370, abs=0.003)
    assert neighbour == pytest.approx(357 / 370, abs=0.003)
    assert warping == pytest.approx(355 / 370, abs=0.003)
    assert lstm > 0.95  # other seeds, and so other rounding, give 0.96 to 0.98
    assert change < 1e-5
    assert unmasked_moved < unmasked - 0.05


def test_characters_beats_the_trigrams_and_lives_by_its_state(capsys):
    scores, written = load("characters").main()
    names, bits = list(scores), list(scores.values())
    assert names[:6] == ["uniform guess", "1-gram", "2-gram", "3-gram", "4-gram", "5-gram"]
    assert bits[:6] == sorted(bits[:6], reverse=True)
    assert bits[-2] < scores["3-gram"] - 0.2
    assert bits[-1] > bits[-2] + 0.1
    assert written.startswith("The ")
    assert len(written) == 404
    assert "epoch" in capsys.readouterr().out


def test_attention_translates_dates_that_it_never_saw(capsys):
    scores = load("seq2seq_attention").main()
    commonest, plain, attention, told = (whole for whole, _ in scores.values())
    assert commonest < plain + 0.01 < 0.3
    assert attention > 0.95
    assert told == 1.0
    assert "Where it looked in" in capsys.readouterr().out


def test_a_search_on_a_cluster_is_the_search_in_one_process(capsys):
    serial, spread, threads, done = load("dask_sweep").main()
    assert list(threads.values()) == [1, 1]
    assert 0 < sum(done.values()) <= 12  # joblib may put several short fits in one task
    assert set(done) <= set(threads)
    for name, scores in serial.cv_results_.items():
        if name.endswith("test_score"):
            np.testing.assert_array_equal(scores, spread.cv_results_[name])
    assert len(set(serial.cv_results_["mean_test_score"])) > 1
    assert serial.best_params_ == spread.best_params_
    assert serial.best_score_ > 0.85
    assert "the same to the last bit" in capsys.readouterr().out


def test_the_search_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(
        SystemExit, match=r"dask_sweep: .*dask.distributed.* nothing was run. pip install 'tiny"
    ):
        load("dask_sweep")


def test_data_parallel_is_the_same_on_two_ranks_as_on_one(capsys):
    pytest.importorskip("mpi4py")
    alone = load("data_parallel").main()
    printed = capsys.readouterr().out.splitlines()
    assert alone["val_loss"][-1] < 0.5 * alone["val_loss"][0]
    together = mpirun(2, EXAMPLES / "data_parallel.py").stdout.splitlines()
    assert len(together) == len(printed) == 16  # root's alone
    losses = [ast.literal_eval(lines[-1]) for lines in (printed, together)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_every_example_is_among_the_tests(path):
    assert f'("{path.stem}"' in Path(__file__).read_text(encoding="utf-8") or path.stem.startswith("bench_")


def in_a_process(name, *arguments):
    """Run an example in a process of its own, and return what it printed."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def trains_in(size, allowed):
    """Limit the memory of a process, and return the losses."""
    pytest.importorskip("resource")
    printed = in_a_process("larger_than_memory", size, allowed)
    assert f"{size} GB do not fit in {allowed} GB" in printed
    return map(float, re.search(r"windows; (.+) -> (.+)", printed).groups())


def test_a_series_larger_than_memory_is_learned():
    first, last = trains_in("0.6", "0.4")
    assert last < 0.03 < first


@pytest.mark.large
def test_a_series_of_10_gb_is_learned_in_1_gb():
    first, last = trains_in("10", "1")
    assert last < 0.03 < first
