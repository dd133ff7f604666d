"""Notebooks show drawings of nodes, graphs and models; terminals, and what cannot be drawn, the text."""

import subprocess
import sys

import pytest
from viz import models

import tinygraph as tg
from tinygraph.nn import Dense, Sequential
from tinygraph.viz.draw import draw

NODE = tg.tanh(tg.input("x", (4, 3)))


@pytest.mark.parametrize("thing", [NODE, models.gradient(), models.one_lstm(), models.two_inputs()], ids=repr)
def test_the_picture_is_the_drawing(thing):
    assert thing._repr_svg_() == draw(thing).svg()


@pytest.mark.parametrize("thing", [Sequential([Dense(2)], name="net"), tg.Graph({})], ids=repr)
def test_what_cannot_be_drawn_has_no_picture(thing):
    assert thing._repr_svg_() is None


def test_a_notebook_gets_picture_and_text_and_a_terminal_the_text_alone():
    formatters = pytest.importorskip("IPython.core.formatters", reason="IPython is not installed here")
    notebook, terminal = formatters.DisplayFormatter(), formatters.DisplayFormatter()
    terminal.active_types = ["text/plain"]
    for thing in (NODE, models.one_lstm()):
        shown, _ = notebook.format(thing)
        assert shown == {"text/plain": repr(thing), "image/svg+xml": draw(thing).svg()}
        assert terminal.format(thing)[0] == {"text/plain": repr(thing)}


def test_importing_the_package_imports_no_drawing():
    script = (
        "import sys, tinygraph; assert 'tinygraph.viz.draw' not in sys.modules; tinygraph.Node._repr_svg_"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
