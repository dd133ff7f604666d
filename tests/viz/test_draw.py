"""draw: what can be drawn, what is refused and how, and files that are written whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from viz import models

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Sequential
from tinygraph.viz.draw import draw
from tinygraph.viz.drawing import Drawing

x = tg.input("x", (2,))


def test_it_is_exported():
    assert tg.draw is draw


@pytest.mark.parametrize(
    ("thing", "title"),
    [
        (tg.tanh(x), "output"),
        (x, "x"),
        ([tg.tanh(x), tg.exp(x)], "0, 1"),
        ((tg.tanh(x),), "0"),
        ({"y": tg.tanh(x), "z": x}, "y, z"),
        ({str(k): x for k in range(9)}, "0, 1, and 7 more"),
        (tg.Graph({"y": tg.tanh(x)}), "y"),
    ],
)
def test_nodes_in_any_form_are_drawn(thing, title):
    drawing = draw(thing)
    assert drawing.outline.level == "ops"
    assert drawing.outline.title == title


def test_a_model_draws_itself_at_every_level():
    model = models.one_lstm()
    assert [model.draw(level=level).outline.level for level in ("model", "unrolled", "ops")] == [
        "model", "unrolled", "ops",
    ]  # fmt: skip
    assert model.draw().outline.title == "one (Sequential)"
    assert draw(model, level="unrolled").outline.title == "one (Sequential), a batch of 32"


def test_drawing_changes_no_weight():
    model = models.one_lstm()
    before = [weight.tolist() for weight in model.get_weights()]
    draw(model, level="ops").svg()
    assert [weight.tolist() for weight in model.get_weights()] == before


def test_a_notebook_shows_it():
    drawing = draw(tg.tanh(x))
    assert drawing._repr_svg_() == drawing.svg()
    assert repr(drawing) == "<Drawing 'output': 2 boxes, 1 edges>"


@pytest.mark.parametrize(
    ("thing", "how", "error", "message"),
    [
        (x, {"level": "layers"}, ValueError, "no level 'layers'; take one of 'unrolled', 'cell', 'ops'"),
        (x, {"level": "model"}, ValueError, "a graph of nodes has no level 'model'"),
        (
            x,
            {"path": "x.gif"},
            ValueError,
            "'x.gif': cannot write .gif; take one of '.svg', '.dot', '.gv', '.tex'",
        ),
        (x, {"path": "drawing"}, ValueError, "cannot write no suffix"),
        (x, {"steps": 0}, ValueError, "steps must be a whole number of at least 1, got 0"),
        (x, {"steps": True}, ValueError, "got True"),
        (x, {"steps": 2.5}, ValueError, "got 2.5"),
        (3, {}, TypeError, "expected a model, a graph, a node, or a list or dict of nodes, got int"),
        ([x, 3], {}, TypeError, "got list"),
        ([], {}, TypeError, "got list"),
        ({}, {}, TypeError, "got dict"),
        (LSTM(3), {}, TypeError, "got LSTM"),
        (tg.Graph({}), {}, tg.GraphError, "has no nodes"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_way_out(thing, how, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error) as raised:
        draw(thing, **how)
    assert message in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_a_model_lists_its_levels():
    with pytest.raises(
        ValueError, match="a model has no level 'cells'; take one of 'model', 'unrolled', 'cell', 'ops'"
    ):
        draw(models.one_lstm(), level="cells")


def test_a_sequential_that_is_not_built_says_how_to_build_it():
    with pytest.raises(tg.GraphError, match=r"'net' is not built.*input_shape, or call build"):
        draw(Sequential([Dense(2)], name="net"))


@pytest.mark.parametrize("suffix", [".svg", ".dot", ".gv", ".SVG"])
def test_files_hold_the_drawing(suffix, tmp_path):
    path = tmp_path / f"net{suffix}"
    drawing = draw(models.one_lstm(), path=path)
    expected = drawing.svg() if suffix.lower() == ".svg" else drawing.dot().source
    assert path.read_bytes().decode() == expected
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "net.svg"
    path.write_text("old")

    def fails(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        draw(x).save(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        draw(x).save(tmp_path / "nowhere" / "net.svg")


def test_a_drawing_is_the_same_in_every_process():
    """Not the same in this process alone: hashes of strings, and addresses, differ from one to the next."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from viz import models\n"
        "from tinygraph.viz.draw import draw\n"
        "import hashlib\n"
        "for _, thing, how in models.DRAWN:\n"
        "    drawing = draw(thing(), **how)\n"
        "    text = drawing.svg() + drawing.dot().source\n"
        "    print(hashlib.sha256(text.encode()).hexdigest())\n"
    )
    tests = str(Path(__file__).parents[1])
    seen = {
        subprocess.run(
            [sys.executable, "-c", script, tests],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(seen) == 1
    assert len(seen.pop().split()) == len(models.DRAWN)


def test_graphviz_is_imported_for_dot_only():
    script = (
        "import sys, tinygraph as tg\n"
        "drawing = tg.draw(tg.tanh(tg.input('x', (2,))))\n"
        "drawing.svg()\n"
        "assert 'graphviz' not in sys.modules\n"
        "drawing.dot()\n"
        "assert 'graphviz' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_chain_of_100_000_nodes_is_drawn_at_the_default_recursion_limit():
    chain = models.chain(100_000)
    for level in ("ops", "unrolled"):
        drawing = draw(chain, level=level)
        assert isinstance(drawing, Drawing)
        assert len(drawing.outline.boxes) == 25
        assert "100,001" in drawing.svg()
        assert "100,001" in drawing.dot().source


@pytest.mark.parametrize(
    "how", [{"level": "unrolled"}, {"level": "ops", "pass_": "all"}, {"stage": "planned"}]
)
def test_a_drawing_leaves_lasting_states_as_they_are(how):
    model = Sequential([LSTM(2, stateful=True, input_shape=(3, 1), name="memory"), Dense(1)])
    model.compile("sgd", "mse")
    model.predict(np.ones((4, 3, 1)))
    draw(model, **how)
    with pytest.raises(tg.GraphError, match=r"a batch it has run \(sizes: 4\)"):
        model.layers[0].reset_states([np.zeros((32, 2))] * 2)
