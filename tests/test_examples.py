"""Every example runs, and reaches what it promises."""

import importlib.util
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_every_example_is_among_the_tests(path):
    assert f'load("{path.stem}")' in Path(__file__).read_text(encoding="utf-8") or path.stem.startswith(
        "bench_"
    )
