"""Every lesson runs, what it tells a class is so, and it leaves what its README promises."""

import importlib.util
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import tinygraph as tg

LESSONS = Path(__file__).parent.parent / "examples" / "lessons"
README = (LESSONS / "README.md").read_text(encoding="utf-8")
#: What each lesson leaves, by its row in the README.
PROMISED = {
    row[1]: sorted(re.findall(r"`([\w.]+)`", row[2]))
    for row in re.finditer(r"^\| `(\w+)\.py` \|[^|]*\|([^|]*)\|", README, flags=re.MULTILINE)
}


@pytest.fixture
def taught(request, tmp_path, monkeypatch, capsys):
    """What the lesson of this test returns, and what it prints; it wrote what it should and nothing else."""
    monkeypatch.chdir(tmp_path)
    tg.set_floatx("float32")
    name = request.param
    spec = importlib.util.spec_from_file_location(name, LESSONS / f"{name}.py")
    lesson = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lesson)
    result = lesson.main(tmp_path / "left")
    assert [path.name for path in tmp_path.iterdir()] == ["left"]
    left = sorted(path.name for path in (tmp_path / "left").iterdir())
    assert left == PROMISED[name]
    printed = capsys.readouterr().out
    for path in (tmp_path / "left").iterdir():
        assert path.name in printed
        assert path.stat().st_size < 1e6
        if path.suffix == ".svg":
            ElementTree.parse(path)
    return result


def lesson(name):
    """A test of one lesson."""
    return pytest.mark.parametrize("taught", [name], indirect=True)


def test_readme_tells_of_every_lesson():
    assert sorted(PROMISED) == sorted(path.stem for path in LESSONS.glob("*.py"))
    assert [int(number) for number in re.findall(r"^\*\*(\d)\.\*\*", README, flags=re.MULTILINE)] == [
        int(name[0]) for name in sorted(PROMISED)
    ]


@lesson("1_derivative")
def test_derivatives_agree_with_calculus_and_with_finite_differences(taught):
    found, expected, errors = taught
    assert found == pytest.approx(expected, rel=1e-12)
    assert errors[1e-1] / errors[1e-3] == pytest.approx(1e4, rel=0.05)  # the error is that of h²
    assert min(errors, key=errors.get) in (1e-5, 1e-7)
    assert errors[1e-5] < 1e-9
    assert errors[1e-13] > 1e-6  # rounding


@lesson("2_gates")
def test_cell_follows_the_equations_and_remembers_what_was_written(taught):
    traced, worst = taught
    assert worst < 1e-6
    written = np.tanh([0.9, 0.9, 0.9, -0.8, -0.8, -0.8])
    np.testing.assert_allclose(traced["c"][0, :, 0], written, atol=1e-3)


@lesson("3_through_time")
def test_gradient_survives_where_forget_gates_are_open_and_there_it_is_learned(taught):
    found, by_hand, left = taught
    np.testing.assert_allclose(by_hand, found["SimpleRNN"]["rnn"]["h"], rtol=1e-4)
    far = {name: layers["lstm" if "LSTM" in name else "rnn"]["h"][0] for name, layers in found.items()}
    assert far["LSTM_bias_4"] > 20 * far["SimpleRNN"]
    assert far["SimpleRNN"] > 20 * far["LSTM_bias_1"]
    assert max(left["LSTM_bias_4"]) < 0.1
    assert np.mean(left["LSTM_bias_4"]) < np.mean(left["SimpleRNN"]) < np.mean(left["LSTM_bias_1"])


@lesson("4_rewrites")
def test_rewrites_leave_fewer_products_and_calls_more_bytes_and_the_same_numbers(taught):
    counts, apart = taught
    nodes, products, calls, arena = zip(*counts.values(), strict=True)
    steps = list(counts)
    assert products[steps.index("siblings")] < products[0] / 2
    assert calls[steps.index("chains")] < calls[0] / 5
    assert nodes[-1] < nodes[0] / 2
    assert arena[steps.index("rows")] > arena[0]
    assert products[steps.index("apart")] > products[steps.index("rows")]
    assert arena[steps.index("apart")] < arena[steps.index("rows")]
    assert apart < 1e-5


@lesson("5_el_nino")
def test_units_follow_season_change_and_anomaly_and_some_are_not_missed(taught):
    error, same, found = taught
    assert same == pytest.approx(1.17, abs=0.02)
    assert error < 0.6 * same
    assert max(of["season"] for of in found) > 0.77  # more than the temperature itself
    # One tells spring from autumn: it follows the change, and not the temperature.
    assert any(abs(of["change"]) > 0.7 > 0.3 > abs(of["temperature"]) for of in found)
    assert max(abs(of["anomaly"]) for of in found) > 0.5
    assert min(of["without"] for of in found) < 1.1 * error
    assert max(of["without"] for of in found) > 1.3 * error
