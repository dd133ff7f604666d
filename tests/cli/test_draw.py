"""``draw``: the picture that `Model.draw` gives, as a file."""

from pathlib import Path

import pytest

import tinygraph as tg


def test_beside_where_one_is(run, model, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert run("draw", "../m.tiny") == (0, "m.svg\n", "")
    assert Path("m.svg").read_text() == tg.load("../m.tiny").draw().svg()


@pytest.mark.parametrize(
    ("arguments", "how"),
    [
        (["--level", "unrolled", "--steps", "2"], {"level": "unrolled", "steps": 2}),
        (
            ["--level", "cell", "--layer", "lstm", "--steps", "1"],
            {"level": "cell", "layer": "lstm", "steps": 1},
        ),
        (["--level", "ops", "--pass", "backward"], {"level": "ops", "pass_": "backward"}),
        (["--stage", "rewritten"], {"stage": "rewritten"}),
    ],
)
def test_what_to_draw(run, model, arguments, how):
    assert run("draw", "m.tiny", "-o", "p.dot", *arguments) == (0, "p.dot\n", "")
    drawing = tg.load("m.tiny").draw(**how)
    drawing.save("q.dot")
    assert Path("p.dot").read_text() == Path("q.dot").read_text()


def test_what_is_refused(refused, model):
    assert refused("draw", "m.tiny", "--level", "all").startswith("draw: a model has no level 'all'")
    assert refused("draw", "m.tiny", "-o", "m.bmp").startswith("'m.bmp': cannot write .bmp; take one of")
    assert refused("draw", "m.tiny", "--steps", "2").endswith("take level 'unrolled'.")
    assert not Path("m.svg").exists()
