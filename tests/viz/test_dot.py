"""DOT: the same boxes and edges, in clusters, with every name quoted; no ``dot`` program is asked for."""

import re

import graphviz
import pytest
from hypothesis import given
from viz import models, nasty
from viz.reading import strings_of
from viz.test_svg import named_everywhere

from tinygraph.viz.draw import draw
from tinygraph.viz.text import visible

#: What remains of DOT source when quoted strings are taken out: words, numbers and signs.
UNQUOTED = re.compile(r"[\w\s.=\-\[\]{}>,#]*")


@pytest.mark.parametrize(
    ("thing", "how"), [case[1:] for case in models.DRAWN], ids=[c[0] for c in models.DRAWN]
)
def test_every_box_and_edge_is_there(thing, how):
    drawing = draw(thing(), **how)
    source = drawing.dot().source
    edges = re.findall(r"^\s*(b\d+|middle) -> (b\d+|middle) ", source, flags=re.MULTILINE)
    assert sorted(edges) == sorted((edge.source, edge.target) for edge in drawing.outline.edges)
    boxes = re.findall(r"^\s*(b\d+|middle) \[", source, flags=re.MULTILINE)
    assert sorted(boxes) == sorted(box.id for box in drawing.outline.boxes)


def test_layers_and_steps_are_clusters():
    source = draw(models.one_lstm(2), level="ops").dot().source
    clusters = re.findall(r"subgraph (\w+)", source)
    assert clusters == ["cluster_g0", "cluster_g0_forward_1", "cluster_g0_forward_2"]


def test_shared_weights_are_one_cylinder_without_edges():
    source = draw(models.stacked(), level="unrolled").dot().source
    assert source.count("_weights") == 2
    assert "recurrent_kernel 4 × 16" in source
    assert not re.search(r"_weights ->|-> \w+_weights", source)


def test_passes_differ_in_their_lines():
    source = draw(models.gradient()).dot().source
    assert re.search(r"b\d+ -> b\d+ \[.*style=dashed", source)
    assert re.search(r"b\d+ -> b\d+ \[.*style=solid", source)


def check_names(name, other):
    for level in ("ops", "unrolled"):
        source = draw(named_everywhere(name, other), level=level).dot().source
        source.encode("utf-8")
        strings = strings_of(source)
        for each in (name, other):
            assert any(visible(each) in string for string in strings) or visible(each) in source.split("=")
        assert UNQUOTED.fullmatch(re.sub(r'"(?:[^"\\]|\\.)*"', "", source)), source


@pytest.mark.parametrize("name", nasty.NAMES, ids=ascii)
def test_nasty_names_are_quoted(name):
    check_names(name, f"{name}!")


@given(nasty.names, nasty.names)
def test_any_names_are_quoted(name, other):
    check_names(name, other if other != name else other + "'")


def test_without_the_dot_program_all_but_rendering_works(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    drawing = draw(models.one_lstm(), level="unrolled")
    assert drawing.dot().source.startswith("digraph tinygraph {")
    for suffix in ("svg", "dot", "gv"):
        assert drawing.save(tmp_path / f"x.{suffix}").stat().st_size > 1000
    with pytest.raises(graphviz.ExecutableNotFound):
        drawing.dot().pipe(format="svg")
